// A filter slides over its input; a frame shows what a place of a map sees; a slider uncovers one of two pictures.

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

function uncover(comparison) {
  for (const both of comparison.querySelectorAll(".both")) {
    const slider = both.querySelector("input");
    const show = () => both.style.setProperty("--at", `${slider.value}%`);
    slider.addEventListener("input", show);
    slider.hidden = false;
    slider.value = 50; // browsers remember where a slider was
    both.classList.add("live");
    show();
  }
  comparison.querySelector(".hint").hidden = false;
}

document.querySelectorAll(".comparison").forEach(uncover);
document.querySelectorAll(".journey").forEach(followField);
document.querySelectorAll(".sliding").forEach(slideFilter);
