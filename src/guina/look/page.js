"use strict";
// Five things move: the pictures beside a confusion table follow the focus, a filter slides over its input, a frame shows
// what a place of a map sees, a chosen unit of a text says more, and moments follow each other. Without this script the
// cells are links to their pictures, and the rest stands still.

const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

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

function slideFilter(panel) {
  const { input, kernel, output, stride, decimals, equals } = JSON.parse(panel.dataset.sliding);
  const [rows, columns, side] = [output.length, output[0].length, kernel.length];
  const size = 38; // pixels of a cell, as in sliding.py
  let [row, column] = [Number(panel.dataset.row), Number(panel.dataset.column)];
  const windows = panel.querySelectorAll(".window");
  const products = panel.querySelector(".cells-products");

  function fixed(value, places) {
    const written = value.toFixed(places);
    return Number(written) === 0 ? (0).toFixed(places) : written.replace("-", "−");
  }

  function factor(value, places) {
    const written = fixed(value, places);
    return written.startsWith("−") ? `(${written})` : written;
  }

  function place(frame, r, c) {
    frame.setAttribute("y", r * size);
    frame.setAttribute("x", c * size);
  }

  function draw() {
    const [top, left] = [row * stride, column * stride];
    place(windows[0], top, left);
    place(windows[1], row, column);
    const terms = [];
    const values = [];
    for (let u = 0; u < side; u++) {
      for (let v = 0; v < side; v++) {
        const x = input[top + u][left + v];
        values.push(x * kernel[u][v]);
        terms.push(`${factor(x, decimals[0])}·${factor(kernel[u][v], decimals[1])}`);
      }
    }
    const most = Math.max(...values.map(Math.abs)) || 1;
    products.querySelectorAll("text").forEach((text, n) => { text.textContent = fixed(values[n], decimals[2]); });
    products.querySelectorAll("rect").forEach((rect, n) => {
      rect.setAttribute("class", values[n] < 0 ? "minus" : "plus");
      rect.setAttribute("fill-opacity", 0.55 * Math.abs(values[n]) / most);
    });
    products.setAttribute("aria-label", `products, ${side} by ${side}: ${values.map((p) => fixed(p, decimals[2])).join(" ")}`);
    panel.querySelector(".sum span").textContent = terms.join(" + ");
    panel.querySelector(".sum b").textContent = fixed(output[row][column], decimals[2]);
    panel.querySelector("output").textContent = `row ${row + 1} of ${rows}, column ${column + 1} of ${columns}`;
  }

  function step(by) {
    const at = (row * columns + column + by + rows * columns) % (rows * columns);
    [row, column] = [Math.floor(at / columns), at % columns];
    draw();
  }

  for (const button of panel.querySelectorAll("button")) {
    button.addEventListener("click", () => step(Number(button.dataset.step)));
  }
  panel.querySelector(".steps").hidden = false;
  panel.tabIndex = 0;
  panel.setAttribute("role", "group");
  panel.setAttribute("aria-label", `A filter on its input; arrow keys move it. The sum ${equals} is written below.`);
  panel.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    row = Math.min(rows - 1, Math.max(0, row + arrow[0]));
    column = Math.min(columns - 1, Math.max(0, column + arrow[1]));
    draw();
  });
}

function followField(journey) {
  const field = journey.querySelector(".field");

  function show(map, column, row) {
    const { width, height } = map.viewBox.baseVal;
    const [start, jump, size] = map.dataset.field.split(" ").map(Number);
    const c = Math.min(width - 1, Math.max(0, column));
    const r = Math.min(height - 1, Math.max(0, row));
    const place = map.querySelector(".place");
    place.setAttribute("x", c);
    place.setAttribute("y", r);
    const whole = field.ownerSVGElement.viewBox.baseVal;
    const [x, y] = [start + c * jump, start + r * jump];
    const [left, top] = [Math.max(0, x), Math.max(0, y)]; // the rest of what it sees is padding
    field.setAttribute("x", left);
    field.setAttribute("y", top);
    field.setAttribute("width", Math.min(whole.width, x + size) - left);
    field.setAttribute("height", Math.min(whole.height, y + size) - top);
  }

  function again(map, down = 0, right = 0) {
    const place = map.querySelector(".place");
    show(map, Number(place.getAttribute("x")) + right, Number(place.getAttribute("y")) + down);
  }

  for (const map of journey.querySelectorAll(".map")) {
    map.addEventListener("click", (event) => {
      const box = map.getBoundingClientRect();
      const { width, height } = map.viewBox.baseVal;
      show(map, Math.floor((event.clientX - box.left) / box.width * width), Math.floor((event.clientY - box.top) / box.height * height));
    });
    map.addEventListener("focus", () => again(map));
    map.addEventListener("keydown", (event) => {
      const arrow = ARROWS[event.key];
      if (!arrow) return;
      event.preventDefault();
      again(map, ...arrow);
    });
  }
}

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
document.querySelectorAll(".passages pre").forEach(followText);
document.querySelectorAll(".journey").forEach(followField);
document.querySelectorAll(".confusion").forEach(followConfusion);
document.querySelectorAll(".sliding").forEach(slideFilter);
