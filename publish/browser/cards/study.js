// A session of studying: the cards that are due, graded with 1 to 4, until none is left.
import { variants } from "./deck.js";
import { button, count, element } from "./elements.js";
import { DAY, due, graded, GRADES, mistakeBehind, NEW_PER_DAY } from "./schedule.js";
import { previews, span, startOfDay } from "./schedule.js";
import { Stage } from "./stage.js";
import { mistakes, read, write } from "./store.js";

const NOT_KEPT =
  "This browser does not keep your answers (storage is full or blocked): they last until you " +
  "leave. Progress … can save them as a file.";

export function study(title, cards, changed) {
  const stage = new Stage(title);
  const done = []; // what undo takes back: {id, record before, moment}
  let extra = 0; // new cards beyond those of the day
  let trouble = read().problem ?? "";
  stage.dialog.addEventListener("close", changed);

  function next() {
    const now = Date.now();
    const state = read();
    const waiting = due(cards, state.cards, mistakes(), now, extra);
    stage.where.textContent = `${waiting.length} left · ${count(done.length, "answer")} given`;
    if (waiting.length) ask(waiting[0], state.cards[waiting[0].id], now);
    else end(state);
  }

  function ask(card, record, now) {
    stage.show(card, (record?.reps ?? 0) % variants(card), (answerIsUp) => {
      stage.offer([...(answerIsUp ? grades(card, record) : [turnOver]), ...undoing()]);
    });
    stage.offer([turnOver, ...undoing()]);
    stage.note.textContent = [trouble, ...notes(card, record, now)].filter(Boolean).join(" ");
  }

  const turnOver = ["Turn over", " ", () => stage.turn()];
  const undoing = () => (done.length ? [["Undo", "u", undo]] : []);

  function grades(card, record) {
    const times = previews(record, Date.now());
    return GRADES.map((name, i) => [name, String(i + 1), () => give(card, i + 1), span(times[i])]);
  }

  function give(card, grade) {
    const now = Date.now();
    const state = read(); // again: another tab may have written meanwhile
    const before = state.cards[card.id];
    state.cards[card.id] = graded(before, grade, now, card.digest);
    state.log.push([now, card.id, grade, before?.state ?? 0]);
    done.push({ id: card.id, before, moment: now });
    keep(state);
  }

  function undo() {
    const { id, before, moment } = done.pop();
    const state = read();
    if (before) state.cards[id] = before;
    else delete state.cards[id];
    state.log = state.log.filter((entry) => entry[0] !== moment || entry[1] !== id);
    keep(state);
  }

  function keep(state) {
    trouble = write(state) ? "" : NOT_KEPT;
    next();
  }

  function end(state) {
    const waiting = cards.filter((card) => !state.cards[card.id]).length;
    const later = cards.map((card) => state.cards[card.id]?.due).filter((d) => d > Date.now());
    stage.note.textContent = trouble;
    stage.say(
      element("p", {}, done.length ? "That is all for today." : "Nothing is due today."),
      later.length && element("p", {}, `The next card comes back ${when(Math.min(...later))}.`),
      waiting && element("p", {}, `${count(waiting, "card")} you have not met yet.`),
    );
    const more = () => {
      extra += NEW_PER_DAY;
      next();
    };
    stage.offer([...(waiting ? [["Go on with new ones", "n", more]] : []), ...undoing()]);
    stage.buttons.append(button("Close", () => stage.dialog.close()));
    stage.focus();
  }

  next();
}

/** What to say beside a card. */
function notes(card, record, now) {
  const wrong = mistakeBehind(card, record, mistakes(), now);
  const times = wrong?.count > 1 ? `, ${wrong.count} times so far` : "";
  return [
    wrong && `In an exercise ${ago(wrong.last, now)} you made this mistake: ${wrong.id}${times}.`,
    !record && "New.",
    record && record.seen !== card.digest && "This card was changed since you last saw it.",
  ];
}

function ago(moment, now) {
  const days = Math.round((startOfDay(now) - startOfDay(moment)) / DAY);
  return days < 1 ? "today" : days === 1 ? "yesterday" : `${days} days ago`;
}

function when(moment) {
  const days = Math.round((startOfDay(moment) - startOfDay(Date.now())) / DAY);
  return days < 1 ? "later today" : days === 1 ? "tomorrow" : `in ${days} days`;
}
