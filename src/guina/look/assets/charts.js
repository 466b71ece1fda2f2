// The pictures beside a confusion table follow the focus.

function followConfusion(table) {
  const links = [...table.querySelectorAll(".matrix a")];
  const openers = [...links, ...table.querySelectorAll(".pairs a")];
  const cells = table.querySelector(".cells");
  if (!cells) return;

  function show(link) {
    const chosen = document.getElementById(link.hash.slice(1));
    for (const cell of cells.children) cell.classList.toggle("on", cell === chosen);
    for (const other of links) other.toggleAttribute("aria-current", other.hash === link.hash);
  }

  function next(link, [down, right]) {
    const at = (a) => [Number(a.dataset.row), Number(a.dataset.column)];
    const [row, column] = at(link);
    const ahead = links.filter((a) => {
      const [r, c] = at(a);
      return down ? c === column && (r - row) * down > 0 : r === row && (c - column) * right > 0;
    });
    const far = (a) => Math.abs(at(a)[0] - row) + Math.abs(at(a)[1] - column);
    return ahead.sort((a, b) => far(a) - far(b))[0];
  }

  for (const link of openers) {
    link.addEventListener("focus", () => show(link));
    link.addEventListener("click", (event) => { event.preventDefault(); show(link); });
  }
  for (const link of links) {
    link.addEventListener("keydown", (event) => {
      const neighbour = ARROWS[event.key] && next(link, ARROWS[event.key]);
      if (ARROWS[event.key]) event.preventDefault();
      if (neighbour) neighbour.focus();
    });
  }
  cells.classList.add("live");
  const linked = openers.find((link) => link.hash === location.hash);
  const first = openers.find((link) => link.hash.slice(1) === cells.firstElementChild.id);
  if (linked || first) show(linked || first);
}

document.querySelectorAll(".confusion").forEach(followConfusion);
