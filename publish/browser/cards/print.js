// Cards on paper. Chromium ignores names in `@page { size: A6 }`, so sizes are in millimetres.
import { copyOf } from "./deck.js";
import { button, dialog, element, open } from "./elements.js";

// Columns and rows of cards, and the margin around them, in millimetres.
const EIGHT = { grid: [2, 4], margin: 8 };
// Width, height and size of type, in millimetres.
const PAPERS = {
  index: { name: "Index cards, 5 × 3 in", size: [127, 76.2], type: 4.4 },
  a6: { name: "A6 cards", size: [148, 105], type: 5.4 },
  a4: { name: "A4, one card on each", size: [297, 210], type: 10.5 },
  letter: { name: "Letter, one card on each", size: [279.4, 215.9], type: 10 },
  a4eight: { name: "A4, eight to cut out", size: [210, 297], type: 3.4, ...EIGHT },
  lettereight: { name: "Letter, eight to cut out", size: [215.9, 279.4], type: 3.4, ...EIGHT },
};
const SIDES = {
  duplex: "Backs on the following page, for printing on both sides",
  fronts: "Questions only",
  both: "Question and answer on one side",
};
const SMALLEST = 0.4; // of the size of type; no card of ours comes to it

/** Ask for paper and sides, then print. */
export function askAndPrint(title, cards) {
  const box = dialog(`Print: ${title}`, "ninja-printing");
  const submit = { type: "submit", class: "md-button md-button--primary" };
  const advice = "The margins are on the cards: let the printer add none, and print in full size.";
  const form = element(
    "form",
    { method: "dialog" },
    choice("Paper", "paper", names(PAPERS)),
    choice("Sides", "sides", SIDES),
    element("p", {}, advice),
    button("Print, or save as PDF", null, submit),
  );
  form.addEventListener("submit", async () => {
    const { paper, sides } = Object.fromEntries(new FormData(form));
    await layOut(cards, PAPERS[paper], sides);
    window.print();
  });
  box.append(form);
  open(box);
}

const names = (papers) => Object.fromEntries(Object.entries(papers).map(([k, p]) => [k, p.name]));

function choice(legend, name, options) {
  const rows = Object.entries(options).map(([value, label], i) => {
    const autofocus = i === 0 && name === "paper";
    const box = element("input", { type: "radio", name, value, checked: i === 0, autofocus });
    return element("label", {}, box, label);
  });
  return element("fieldset", {}, element("legend", {}, legend), ...rows);
}

/** Put the sheets on the page, where only the printer sees them, until they are printed. */
async function layOut(cards, paper, sides) {
  document.querySelector(".ninja-paper")?.remove();
  const [width, height] = paper.size;
  const sheets = leaves(cards, paper, sides).map(({ faces, backs }) => leaf(paper, faces, backs));
  const style = element("style", {}, `@page { size: ${width}mm ${height}mm; margin: 0 }`);
  const pile = element("div", { class: "ninja-paper md-typeset" }, style, ...sheets);
  document.body.append(pile);
  await document.fonts.ready;
  pile.querySelectorAll(".ninja-face").forEach(fit);
  addEventListener("afterprint", () => pile.remove(), { once: true });
}

/** The faces of each side of each sheet, in order. */
function leaves(cards, paper, sides) {
  const [columns, rows] = paper.grid ?? [1, 1];
  const found = [];
  for (let at = 0; at < cards.length; at += columns * rows) {
    const here = cards.slice(at, at + columns * rows);
    const parts = sides === "both" ? ["front", "back"] : ["front"];
    found.push({ faces: here.map((card) => face(card, parts)), backs: false });
    if (sides === "duplex") {
      found.push({ faces: here.map((card) => face(card, ["back"])), backs: true });
    }
  }
  return found;
}

function face(card, parts) {
  const copy = copyOf(card);
  const shown = parts.map((part) => copy.querySelector(`.ninja-card__${part}`));
  const foot = copy.querySelector(".ninja-card__foot");
  foot.querySelector("a").replaceWith(foot.querySelector("a").textContent);
  const text = element("div", { class: "ninja-face__text" }, ...shown);
  return element("article", { class: "ninja-face" }, text, foot);
}

/** One side of a sheet. Backs are mirrored, so that each lies behind its front. */
function leaf(paper, faces, backs) {
  const [columns, rows] = paper.grid ?? [1, 1];
  const margin = paper.margin ?? 0;
  const [width, height] = paper.size;
  const wide = (width - 2 * margin) / columns;
  const high = (height - 2 * margin) / rows;
  const sheet = element("section", { class: "ninja-leaf" });
  // A hair less than the page, which must not spill over into one more.
  sheet.style.width = `${width}mm`;
  sheet.style.height = `${height - 0.2}mm`;
  sheet.style.fontSize = `${paper.type}mm`;
  faces.forEach((each, i) => {
    const column = backs ? columns - 1 - (i % columns) : i % columns;
    place(each, margin + column * wide, margin + Math.floor(i / columns) * high, wide, high);
  });
  sheet.append(...faces, ...(margin ? cutMarks(paper, wide, high) : []));
  return sheet;
}

function place(each, left, top, width, height) {
  const sizes = { left, top, width, height };
  for (const [name, value] of Object.entries(sizes)) each.style[name] = `${value}mm`;
}

/** Short lines in the margin, at each end of every cut. */
function cutMarks({ size: [width, height], grid: [columns, rows], margin }, wide, high) {
  const marks = [];
  const mark = (...box) => {
    const line = element("i", { class: "ninja-cut" });
    place(line, ...box);
    marks.push(line);
  };
  const length = margin - 3;
  for (let i = 0; i <= columns; i += 1) {
    for (const top of [1.5, height - margin + 1.5]) mark(margin + i * wide, top, 0, length);
  }
  for (let i = 0; i <= rows; i += 1) {
    for (const left of [1.5, width - margin + 1.5]) mark(left, margin + i * high, length, 0);
  }
  return marks;
}

/** Make the type smaller until all of a card is on it. */
function fit(each) {
  const text = each.querySelector(".ninja-face__text");
  const wide = [text, ...text.querySelectorAll(".math")];
  const tooLarge = () =>
    text.scrollHeight > text.clientHeight + 1 ||
    wide.some((part) => part.scrollWidth > part.clientWidth + 1);
  for (let size = 1; size > SMALLEST && tooLarge(); size -= 0.04) {
    text.style.fontSize = `${size}em`;
  }
}
