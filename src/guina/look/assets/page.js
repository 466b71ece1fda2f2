"use strict";
// What moves on the page. Without a script nothing is missing: cells are links to their pictures, and the rest stands still.

const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
