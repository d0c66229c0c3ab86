// How it goes: what is learned, answers by day, what is to come; and taking it along as a file.
import { button, count, dialog, element, open } from "./elements.js";
import { DAY, startOfDay } from "./schedule.js";
import { merged, parse, read, write } from "./store.js";

const MATURE = 21; // days of stability from which a card counts as learned for good
const SVG = "http://www.w3.org/2000/svg";

export function showProgress(title, cards, changed) {
  const box = dialog(`Progress: ${title}`, "ninja-progress");
  const shown = element("div");
  const said = element("p", { role: "status" });
  const file = element("input", { type: "file", accept: ".json,application/json", hidden: true });

  const redraw = () => shown.replaceChildren(...figures(cards, read(), Date.now()));
  file.addEventListener("change", async () => {
    try {
      const brought = parse(await file.files[0].text());
      const kept = write(merged(read(), brought));
      said.textContent = `${count(Object.keys(brought.cards).length, "card")} and `
        + `${count(brought.log.length, "answer")} read and merged with what was here.`
        + (brought.dropped ? ` Left out, since damaged: ${brought.dropped}.` : "")
        + (kept ? "" : " But this browser does not keep it: storage is full or blocked.");
    } catch (error) {
      said.textContent = error.message;
    }
    file.value = "";
    redraw();
    changed();
  });
  box.append(
    shown,
    element(
      "div",
      { class: "ninja-stage__buttons" },
      button("Save as a file", () => save(read())),
      button("Read from a file", () => file.click()),
      file,
    ),
    said,
  );
  redraw();
  open(box);
}

function save({ version, cards, log }) {
  const url = URL.createObjectURL(new Blob([JSON.stringify({ version, cards, log })]));
  const day = new Date().toISOString().slice(0, 10);
  element("a", { href: url, download: `backprop-ninja-cards-${day}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function figures(cards, state, now) {
  const ids = new Set(cards.map((card) => card.id));
  const records = cards.map((card) => state.cards[card.id]).filter(Boolean);
  const firm = records.filter((record) => record.stability >= MATURE).length;
  const answers = state.log.filter(([, id]) => ids.has(id));
  const reviews = answers.filter(([moment, , , before]) => before === 2 && moment > now - 30 * DAY);
  const known = reviews.filter(([, , grade]) => grade > 1).length;
  const today = startOfDay(now);
  const dayOf = (moment) => Math.round((startOfDay(moment) - today) / DAY);
  const share = reviews.length ? `${Math.round((100 * known) / reviews.length)} %` : "–";
  const past = tally(answers.map(([moment]) => dayOf(moment) + 29), 30);
  const coming = tally(records.map((record) => Math.max(dayOf(record.due), 0)), 14);
  return [
    state.problem ? element("p", {}, state.problem) : null,
    element(
      "dl",
      { class: "ninja-progress__numbers" },
      number("not met", cards.length - records.length),
      number("in learning", records.length - firm),
      number("firm for three weeks", firm),
      number("remembered, 30 days", share),
    ),
    bars("Answers a day, the last 30 days", past, "29 days ago", "today"),
    bars("Cards that come back, the next 14 days", coming, "today", "in 13 days"),
  ].filter(Boolean);
}

const number = (what, value) =>
  element("div", {}, element("dt", {}, what), element("dd", {}, String(value)));

function tally(places, length) {
  const counts = Array(length).fill(0);
  for (const place of places) if (place >= 0 && place < length) counts[place] += 1;
  return counts;
}

/** A small bar chart; its numbers are its text alternative. */
function bars(title, values, from, to) {
  const most = Math.max(...values, 1);
  const sum = values.reduce((a, b) => a + b, 0);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${values.length * 10} 60`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${title}: ${sum} in all, by day ${values.join(", ")}`);
  values.forEach((value, day) => {
    const height = value ? Math.max((value / most) * 56, 2) : 0.5;
    const bar = document.createElementNS(SVG, "rect");
    const place = { x: day * 10 + 1, y: 60 - height, width: 8, height };
    for (const [name, amount] of Object.entries(place)) bar.setAttribute(name, amount);
    svg.append(bar);
  });
  const below = [from, `most: ${Math.max(...values)}`, to].map((text) => element("span", {}, text));
  const caption = element("figcaption", {}, title);
  return element("figure", {}, caption, svg, element("span", {}, ...below));
}
