// @ts-check
// What is solved, on the pages that list exercises: marks, belts, and the file to take along.
import { button, el, hidden } from "./dom.js";
import * as store from "./store.js";

/** @param {HTMLElement} place  with data-belts: [{"belt", "needs": [exercise, ...]}, ...] */
export function mount(place) {
  const belts = JSON.parse(place.dataset.belts ?? "[]");
  const said = el("p", { class: "ninja-status", role: "status" });
  const summary = el("p", { class: "ninja-belts" });
  const file = el("input", { type: "file", accept: ".json,application/json", class: "ninja-hidden", tabindex: -1, "aria-label": "File with progress", onchange: take });
  place.append(
    summary,
    el("div", { class: "ninja-bar" }, button("Export", give), button("Import", () => file.click()), file),
    said,
  );

  function show() {
    for (const item of document.querySelectorAll("[data-solves]")) mark(item);
    for (const item of document.querySelectorAll("[data-hunts]")) count(item);
    const left = belts.findIndex((belt) => !belt.needs.every(isSolved));
    const held = belts.at(left < 0 ? belts.length - 1 : left - 1);
    const words = [];
    if (held && left !== 0) words.push(el("strong", {}, `You hold the ${held.belt} belt.`), " ");
    if (left >= 0) {
      const { belt, needs } = belts[left];
      words.push(`${needs.filter(isSolved).length} of ${needs.length} exercises solved towards the ${belt} belt.`);
    }
    summary.replaceChildren(...words);
  }

  function give() {
    const address = URL.createObjectURL(new Blob([store.exported()], { type: "application/json" }));
    el("a", { href: address, download: "backprop-ninja-progress.json" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    said.textContent = "Saved as backprop-ninja-progress.json.";
  }

  async function take() {
    const [chosen] = file.files;
    file.value = "";
    if (!chosen) return;
    try {
      const { count, kept } = store.imported(await chosen.text());
      said.textContent = `${count} ${count === 1 ? "entry" : "entries"} taken over from ${chosen.name}.`;
      if (!kept) said.textContent += " This browser keeps them only until you leave the page.";
      show();
    } catch (error) {
      said.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  const unwatch = store.watch(() => (place.isConnected ? show() : unwatch()));
  show();
}

const isSolved = (name) => store.read(name).solved;

/** Say beside a link whether its exercise is solved. */
function mark(item) {
  const { solved, code } = store.read(item.dataset.solves ?? "");
  if (solved) label(item, " ✓", "solved");
  else if (code) label(item, " …", "begun");
  else label(item, "", "");
}

/** Say beside a link how many of its hunts are solved. */
function count(item) {
  const hunts = item.dataset.hunts.split(" ");
  const solved = hunts.filter((id) => isSolved(`bug:${id}`)).length;
  if (solved) label(item, ` ${solved}/${hunts.length}`, solved === hunts.length ? "solved" : "begun");
  else label(item, "", "");
}

function label(item, sign, words) {
  item.querySelector(".ninja-solved")?.remove();
  if (!words) return;
  item.append(
    el("span", { class: `ninja-solved is-${words}` }, el("span", { "aria-hidden": "true" }, sign), hidden(` (${words})`)),
  );
}
