// @ts-check
// Yours minus truth as a map of colours. The entry under the pointer or the arrow keys is said in
// numbers, with the two forward runs that its central difference is made of.
import { el } from "./dom.js";

const WIDEST = 28; // pixels of a square
const PAUSE = 150; // ms on an entry before Python is asked for its two runs
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** A number in a few digits. */
export function short(x) {
  const value = Number(x);
  if (!Number.isFinite(value)) return String(x);
  return value === 0 ? "0" : String(Number(value.toPrecision(5)));
}

/** The place of the k-th number in an array of this shape. */
export function placeOf(k, shape) {
  const index = [];
  for (const size of [...shape].reverse()) {
    index.unshift(k % size);
    k = Math.floor(k / size);
  }
  return index;
}

/**
 * @param {{name: string}} tensor
 * @param {{shape: number[], truth: (number|string)[], yours: (number|string)[], tolerance: number, trial: number, case: string}} drawn
 * @param {Function} probe
 */
export function heat(tensor, drawn, probe) {
  const columns = drawn.shape.at(-1) ?? 1;
  const rows = drawn.truth.length / columns;
  const gaps = drawn.truth.map((truth, k) => Number(drawn.yours[k]) - Number(truth));
  const largest = Math.max(...gaps.filter(Number.isFinite).map(Math.abs), 0) || 1;
  const wrong = gaps.filter((gap) => !(Math.abs(gap) <= drawn.tolerance)).length;
  const canvas = /** @type {HTMLCanvasElement} */ (el("canvas", { "aria-hidden": "true" }));
  const said = el("p", { class: "ninja-entry", role: "status" });
  const map = el("div", {
    class: "ninja-heat",
    tabindex: 0,
    role: "application",
    "aria-roledescription": "map of differences",
    "aria-label":
      `${tensor.name}, yours minus truth: ${wrong} of ${gaps.length} entries differ, ` +
      `${rows} rows, ${columns} columns. Arrow keys go from entry to entry.`,
  }, canvas);

  let at = Math.max(0, gaps.findIndex((gap) => !(Math.abs(gap) <= drawn.tolerance)));
  let timer = 0;

  function draw() {
    const room = map.clientWidth || 320;
    const size = Math.max(3, Math.min(WIDEST, Math.floor(room / columns)));
    const sharp = devicePixelRatio || 1;
    canvas.width = columns * size * sharp;
    canvas.height = rows * size * sharp;
    canvas.style.width = `${columns * size}px`;
    const pen = canvas.getContext("2d");
    if (!pen) return;
    const colour = (name) => getComputedStyle(map).getPropertyValue(`--ninja-${name}`);
    const [more, less, ink, paper, line] = ["gradient", "forward", "ink", "paper", "line"].map(colour);
    pen.scale(sharp, sharp);
    gaps.forEach((gap, k) => {
      const [x, y] = [(k % columns) * size, Math.floor(k / columns) * size];
      pen.globalAlpha = 1;
      pen.fillStyle = paper;
      pen.fillRect(x, y, size, size);
      if (!(Math.abs(gap) <= drawn.tolerance)) {
        pen.fillStyle = Number.isFinite(gap) ? (gap > 0 ? more : less) : ink;
        pen.globalAlpha = Number.isFinite(gap) ? 0.2 + 0.8 * Math.abs(gap / largest) : 1;
        pen.fillRect(x, y, size, size);
      }
      pen.globalAlpha = 1;
      pen.strokeStyle = line;
      pen.lineWidth = 1;
      if (size > 5) pen.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1);
    });
    pen.strokeStyle = ink;
    pen.lineWidth = 2;
    pen.strokeRect((at % columns) * size + 1, Math.floor(at / columns) * size + 1, size - 2, size - 2);
  }

  function tell(now) {
    at = now;
    draw();
    const index = placeOf(at, drawn.shape);
    const entry = index.length ? `[${index.join(", ")}]` : "";
    const first =
      `${tensor.name}${entry}: yours ${short(drawn.yours[at])}, truth ${short(drawn.truth[at])}, ` +
      `difference ${short(gaps[at])}.`;
    said.textContent = first;
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const run = await probe(tensor.name, index, drawn.trial);
      if (!run || at !== now) return;
      said.textContent =
        `${first} Two forward runs, ${run.name} moved by ±${short(run.step)}: ` +
        `(${run.up.toPrecision(10)} − ${run.down.toPrecision(10)}) / ${short(2 * run.step)} = ${short(run.slope)}.`;
    }, PAUSE);
  }

  map.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const row = Math.min(rows - 1, Math.max(0, Math.floor(at / columns) + step[0]));
    const column = Math.min(columns - 1, Math.max(0, (at % columns) + step[1]));
    tell(row * columns + column);
  });
  const pointed = (event) => {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * columns);
    const row = Math.floor(((event.clientY - box.top) / box.height) * rows);
    if (column < 0 || row < 0 || column >= columns || row >= rows) return;
    const now = row * columns + column;
    if (now !== at) tell(now);
  };
  canvas.addEventListener("pointermove", pointed);
  canvas.addEventListener("pointerdown", pointed);
  map.addEventListener("focus", () => tell(at), { once: true });
  new ResizeObserver(draw).observe(map);
  // Light and dark: the canvas is drawn again when the page changes its colours.
  const scheme = new MutationObserver(() => (map.isConnected ? draw() : scheme.disconnect()));
  scheme.observe(document.body, { attributes: true, attributeFilter: ["data-md-color-scheme"] });

  const legend = el(
    "p",
    { class: "ninja-legend" },
    el("span", { class: "ninja-less" }, "yours is less"),
    " ",
    el("span", { class: "ninja-greater" }, "yours is more"),
    ` · on the case “${drawn.case}” · ${wrong} of ${gaps.length} entries differ`,
  );
  queueMicrotask(() => tell(at));
  return el("div", { class: "ninja-compare" }, map, legend, said);
}
