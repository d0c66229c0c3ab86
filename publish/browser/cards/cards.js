// Decks of cards: they turn, can be studied one at a time, learned for good, and printed.
// Without this script a deck is a list of questions whose answers unfold.
import { browse } from "./browse.js";
import { cardsIn, fetchCards, shuffled, turn } from "./deck.js";
import { button, count, element } from "./elements.js";
import { askAndPrint } from "./print.js";
import { showProgress } from "./progress.js";
import { due } from "./schedule.js";
import { mistakes, read } from "./store.js";
import { study } from "./study.js";

let refresh = () => {}; // say anew what is due

function mount(deck) {
  deck.classList.add("is-mounted");
  const title = deck.dataset.title;
  const grid = deck.querySelector(".ninja-cards");
  const list = deck.querySelector(".ninja-decks");
  const said = element("p", { role: "status", class: "ninja-deck__said" });
  const studying = button("Study", null, { class: "md-button md-button--primary" });
  let ready = grid && Promise.resolve(cardsIn(deck));

  // The cards of all decks are fetched when first asked for. A failure is said, and the next press
  // tries again.
  async function withCards(use) {
    if (!ready) said.textContent = "Fetching the cards …";
    ready ??= fetchCards([...list.querySelectorAll("a")]);
    let cards;
    try {
      cards = await ready;
    } catch (error) {
      ready = null;
      said.textContent = error.message;
      return;
    }
    said.textContent = "";
    if (!document.querySelector(".ninja-dialog")) use(cards); // pressed twice while fetching
  }

  // The list knows of each card its id and the mistakes it is about.
  const rows = [...(list?.children ?? [])].map((row) => [
    row,
    row.dataset.cards.split(" ").map((card) => {
      const [id, ...about] = card.split(",");
      return { id, about };
    }),
  ]);
  const all = grid ? cardsIn(deck) : rows.flatMap(([, cards]) => cards);

  function sayWhatIsDue() {
    const state = read();
    const waiting = new Set(due(all, state.cards, mistakes(), Date.now()));
    if (state.problem) said.textContent = state.problem;
    studying.textContent = `Study: ${waiting.size} for today`;
    for (const [row, cards] of rows) {
      const here = cards.filter((card) => waiting.has(card)).length;
      const known = cards.filter(({ id }) => state.cards[id]).length;
      row.querySelector(".ninja-decks__count").textContent =
        `${count(cards.length, "card")} · ${known} begun` + (here ? ` · ${here} for today` : "");
    }
  }
  refresh = sayWhatIsDue;

  studying.addEventListener("click", () =>
    withCards((cards) => study(title, cards, sayWhatIsDue)),
  );
  const tools = element(
    "div",
    { class: "ninja-deck__tools" },
    studying,
    button("One at a time", () => withCards((cards) => browse(title, cards))),
    grid && button("Shuffle", () => grid.append(...shuffled([...grid.children]))),
    button("Print …", () => withCards((cards) => askAndPrint(title, cards))),
    button("Progress …", () => withCards((cards) => showProgress(title, cards, sayWhatIsDue))),
  );
  deck.querySelector(".ninja-deck__about").after(tools, said);
  if (grid) makeCardsTurn(grid);
  sayWhatIsDue();
}

/** A click anywhere on a card turns it, and the arrow keys go from card to card. */
function makeCardsTurn(grid) {
  grid.addEventListener("click", (event) => {
    const summary = event.target.closest("summary");
    if (summary) event.preventDefault();
    else if (event.target.closest("a, button") || String(getSelection())) return;
    const card = event.target.closest(".ninja-card");
    if (card) turn(card);
  });
  grid.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const card = event.target.closest(".ninja-card");
    if (!step || !card || event.target.matches(".math")) return;
    const next = step > 0 ? card.nextElementSibling : card.previousElementSibling;
    next?.querySelector("summary").focus();
  });
}

function mountAll() {
  // A link in a dialog leads to another page, and what stands beside the page stays behind.
  document.querySelectorAll(".ninja-dialog, .ninja-paper").forEach((left) => left.remove());
  document.querySelectorAll(".ninja-deck:not(.is-mounted)").forEach(mount);
}

// Another tab may study, or a night pass.
addEventListener("storage", () => refresh());
document.addEventListener("visibilitychange", () => document.hidden || refresh());

// The theme exchanges pages without loading them anew, and says so through document$.
if (typeof document$ === "undefined") mountAll();
else document$.subscribe(mountAll);
