// A chosen unit of a text says more, and so does a chosen weight.

function followText(text) {
  const output = text.parentElement.querySelector("output");
  const units = [...text.querySelectorAll("i")];
  if (!output || !units.length) return;
  let at = -1;

  function choose(n) {
    if (units[at]) units[at].classList.remove("on");
    at = Math.min(units.length - 1, Math.max(0, n));
    units[at].classList.add("on");
    output.textContent = units[at].dataset.tip;
  }

  for (const [n, unit] of units.entries()) {
    unit.dataset.tip = unit.title;
    unit.removeAttribute("title");
    unit.addEventListener("pointerenter", () => choose(n));
    unit.addEventListener("click", () => choose(n));
  }
  text.addEventListener("focus", () => choose(Math.max(0, at)));
  text.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    choose(at + by);
  });
}

function followWeights(table) {
  const output = table.closest("figure").querySelector("output");
  const box = table.parentElement;
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...table.tBodies[0].rows];
  const word = (cell) => cell.querySelector("span").textContent;
  let [row, column] = [0, 1]; // the cell 0 of each row is its heading
  let on = [];

  function choose(r, c) {
    row = Math.min(rows.length - 1, Math.max(0, r));
    column = Math.min(heads.length - 1, Math.max(1, c));
    const cell = rows[row].cells[column];
    for (const other of on) other.classList.remove("on");
    on = [cell, heads[column], rows[row].cells[0]];
    for (const other of on) other.classList.add("on");
    output.textContent = cell.dataset.tip || `less than 0.01 of “${word(on[2])}” is from “${word(on[1])}”`;
    return cell;
  }

  for (const cell of table.querySelectorAll("td[title]")) {
    cell.dataset.tip = cell.title;
    cell.removeAttribute("title");
  }
  for (const kind of ["pointerover", "click"]) {
    table.tBodies[0].addEventListener(kind, (event) => {
      const cell = event.target.closest("td");
      if (cell) choose(rows.indexOf(cell.parentElement), cell.cellIndex);
    });
  }
  box.addEventListener("focus", () => { if (!on.length) choose(row, column); });
  box.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    choose(row + arrow[0], column + arrow[1]).scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  table.classList.add("live");
}

document.querySelectorAll(".weights").forEach(followWeights);
document.querySelectorAll(".passages pre").forEach(followText);
