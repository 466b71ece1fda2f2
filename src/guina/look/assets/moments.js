// Moments follow each other, by a slider or by themselves.

function playFrames(panel) {
  const player = panel.querySelector(".player");
  if (!player) return;
  const moments = [...panel.querySelectorAll(".moment")];
  const names = moments.map((moment, m) => (moment.querySelector("p") || { textContent: `${m + 1} of ${moments.length}` }).textContent);
  const [button, slider, output] = ["button", "input", "output"].map((tag) => player.querySelector(tag));
  const last = moments.length - 1;
  const pause = Math.min(700, Math.max(120, 8000 / moments.length)); // milliseconds: all of it in eight seconds or so
  let playing = null;

  function show(n) {
    const at = Math.min(last, Math.max(0, n));
    moments.forEach((moment, m) => { moment.hidden = m !== at; });
    slider.value = at;
    slider.setAttribute("aria-valuetext", names[at]);
    output.textContent = names[at];
  }

  function stop() {
    clearInterval(playing);
    playing = null;
    button.classList.remove("on");
    button.setAttribute("aria-label", "play");
  }

  function play() {
    if (Number(slider.value) === last) show(0);
    playing = setInterval(() => {
      show(Number(slider.value) + 1);
      if (Number(slider.value) === last) stop();
    }, pause);
    button.classList.add("on");
    button.setAttribute("aria-label", "pause");
  }

  button.addEventListener("click", () => (playing === null ? play() : stop()));
  slider.addEventListener("input", () => { stop(); show(Number(slider.value)); });
  panel.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || event.target === slider) return; // the slider knows its keys
    event.preventDefault();
    stop();
    show(Number(slider.value) + by);
  });
  output.style.minWidth = `${Math.max(...names.map((name) => name.length))}ch`; // the slider keeps its length
  panel.tabIndex = 0;
  panel.setAttribute("role", "group");
  panel.setAttribute("aria-label", "Moments; the arrow keys move from one to the next.");
  panel.classList.add("live");
  player.hidden = false;
  show(last); // browsers remember where a slider was
}

document.querySelectorAll(".frames").forEach(playFrames);
