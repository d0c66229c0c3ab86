// @ts-check
// The ladder of hints: each rung says a little more. One of them is the lines of the answer in
// another order, to be sorted by dragging or by keys.
import { button, el, hidden, prose } from "./dom.js";

const CODE = new Set(["line"]);

/**
 * @param {HTMLElement} place
 * @param {{kind: string, title: string, text: string}[]} hints
 * @param {{shown: number, pieces: string[], keep: (shown: number) => void, use: (order: number[]) => void}} options
 */
export function ladder(place, hints, { shown, pieces, keep, use }) {
  const list = el("ol", { class: "ninja-hints" });
  const section = el("section", { class: "ninja-ladder", "aria-label": "Hints", hidden: true }, el("p", { class: "ninja-title" }, "Hints"), list);
  place.append(section);
  let next = 0;

  function reveal(open) {
    const hint = hints[next];
    next += 1;
    const body = hint.kind === "shuffled" ? sorter(pieces, use) : text(hint);
    const title = `${hint.title[0].toUpperCase()}${hint.title.slice(1)}`;
    const rung = el("details", { open }, el("summary", {}, `${title} `, el("small", {}, `hint ${next} of ${hints.length}`)), ...[body].flat());
    list.append(el("li", {}, rung));
    section.hidden = false;
    return rung;
  }

  while (next < Math.min(shown, hints.length)) reveal(false);

  return {
    /** Show the next rung, or go up at once to the one that a check suggests. */
    more(suggested) {
      if (next >= hints.length) {
        list.lastElementChild?.querySelector("summary")?.focus();
        return;
      }
      for (const rung of list.querySelectorAll("details")) rung.open = false;
      while (suggested !== null && next < suggested) reveal(false);
      const rung = reveal(true);
      keep(next);
      rung.querySelector("summary")?.focus();
    },
  };
}

function text(hint) {
  return CODE.has(hint.kind) || hint.kind === "shapes"
    ? el("pre", {}, el("code", {}, hint.text))
    : prose(hint.text);
}

/** Pieces that can be put in order: by the pointer, or with the arrow keys on a piece. */
function sorter(pieces, use) {
  const said = el("p", { class: "ninja-hidden", role: "status" });
  const list = el("ol", { class: "ninja-pieces", "aria-label": "Pieces to put in order" });
  const order = () => [...list.children].map((item) => Number(item.dataset.piece));
  const number = (item) => [...list.children].indexOf(item) + 1;

  function move(item, by) {
    const other = by < 0 ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    if (by < 0) other.before(item);
    else other.after(item);
    item.querySelector("button").focus();
    said.textContent = `Now piece ${number(item)} of ${pieces.length}.`;
  }

  let held = null;
  pieces.forEach((piece, i) => {
    const handle = el(
      "button",
      {
        type: "button",
        class: "ninja-piece",
        onkeydown: (event) => {
          const by = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key];
          if (!by) return;
          event.preventDefault();
          move(item, by);
        },
      },
      el("span", { class: "ninja-grip", "aria-hidden": "true" }, "⠿"),
      el("code", {}, piece),
      hidden(", arrow keys move it"),
    );
    const item = el("li", { "data-piece": i }, handle);
    handle.addEventListener("pointerdown", (event) => {
      // A finger scrolls the page, but on the grip.
      if (event.pointerType === "touch" && event.target.tagName !== "SPAN") return;
      held = item;
      handle.setPointerCapture(event.pointerId);
      item.classList.add("is-held");
    });
    handle.addEventListener("pointermove", (event) => {
      if (held !== item) return;
      const under = document.elementFromPoint(event.clientX, event.clientY)?.closest(".ninja-pieces > li");
      if (!under || under === item || under.parentElement !== list) return;
      if (number(under) < number(item)) under.before(item);
      else under.after(item);
      handle.setPointerCapture(event.pointerId);
      item.scrollIntoView({ block: "nearest" });
    });
    const drop = () => {
      held = null;
      item.classList.remove("is-held");
    };
    handle.addEventListener("pointerup", drop);
    handle.addEventListener("pointercancel", drop);
    list.append(item);
  });
  return [
    el("p", {}, "All of the answer, in another order. Drag a piece by its dots, or move it with the arrow keys."),
    list,
    button("Put them into the editor", () => use(order())),
    said,
  ];
}
