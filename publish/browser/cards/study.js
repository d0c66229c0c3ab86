// A session of studying: the cards that are due, graded with 1 to 4, until none is left.
import { variants } from "./deck.js";
import { button, count, element } from "./elements.js";
import { begunToday, DAY, due, graded, GRADES, mistakeBehind } from "./schedule.js";
import { NEW_PER_DAY, previews, span, startOfDay } from "./schedule.js";
import { Stage } from "./stage.js";
import { mistakes, read, write } from "./store.js";

const NOT_KEPT =
  "This browser does not keep your answers (storage is full or blocked): they last until you " +
  "leave. Progress … can save them as a file.";

export function study(title, cards, changed) {
  const stage = new Stage(title);
  const done = []; // what undo takes back: {id, record before, moment}
  let limit = NEW_PER_DAY;
  let trouble = read().problem ?? "";
  stage.dialog.addEventListener("close", changed);

  function next(state = read()) {
    const now = Date.now();
    const waiting = due(cards, state.cards, mistakes(), now, limit);
    stage.where.textContent = `${waiting.length} left · ${count(done.length, "answer")} given`;
    if (waiting.length) ask(waiting[0], state.cards[waiting[0].id], now);
    else end(state);
  }

  function ask(card, record, now) {
    const turned = (answerIsUp) => {
      stage.offer([...(answerIsUp ? grades(card, record) : [turnOver]), ...undoing()]);
      const said = [trouble, ...notes(card, record, now, answerIsUp)];
      stage.note.textContent = said.filter(Boolean).join(" ");
    };
    turned(false);
    stage.show(card, (record?.reps ?? 0) % variants(card), turned);
  }

  const turnOver = ["Turn over", " ", () => stage.turn()];
  const undoing = () => (done.length ? [["Undo", "u", undo]] : []);

  function grades(card, record) {
    const times = previews(record, Date.now());
    return GRADES.map((name, i) => [name, String(i + 1), () => give(card, i + 1), span(times[i])]);
  }

  function give(card, grade) {
    const state = read(); // again: another tab may have written meanwhile
    const before = state.cards[card.id];
    const after = graded(before, grade, Date.now(), card.digest);
    state.cards[card.id] = after;
    state.log.push([after.last, card.id, grade, before?.state ?? 0]);
    done.push({ id: card.id, before, moment: after.last });
    keep(state);
  }

  function undo() {
    const { id, before, moment } = done.pop();
    const state = read();
    if (state.cards[id]?.last === moment) { // else another tab has asked the card since
      if (before) state.cards[id] = before;
      else delete state.cards[id];
      state.log = state.log.filter((entry) => entry[0] !== moment || entry[1] !== id);
    }
    keep(state);
  }

  function keep(state) {
    trouble = write(state) ? "" : NOT_KEPT;
    next(state);
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
      limit = begunToday(state.cards, Date.now()) + NEW_PER_DAY;
      next();
    };
    stage.offer([...(waiting ? [["Go on with new ones", "n", more]] : []), ...undoing()]);
    stage.buttons.append(button("Close", () => stage.dialog.close()));
    stage.focus();
  }

  next();
}

/** What to say beside a card. What the mistake was comes with the answer: it may give it away. */
function notes(card, record, now, answerIsUp) {
  const wrong = mistakeBehind(card, record, mistakes(), now);
  const times = wrong?.count > 1 ? `, ${wrong.count} times so far` : "";
  const sentence = answerIsUp && wrong?.id !== card.id && card.sentences[wrong?.id];
  return [
    wrong && `You made this mistake in an exercise ${ago(wrong.last, now)}${times}.`,
    sentence && `“${sentence}”`,
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
