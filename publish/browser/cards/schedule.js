// When each card comes back: FSRS, and what is due on a day. Nothing here touches the page.
//
// A record is what is known about one card:
//   due, last, first   milliseconds since 1970: when to ask again, last asked, first asked
//   stability, difficulty, scheduled_days, learning_steps, reps, lapses, state   FSRS's own
//   seen               the digest of the card as it was last shown
import { createEmptyCard, fsrs, State } from "ts-fsrs";

export const GRADES = ["Again", "Hard", "Good", "Easy"];
export const NEW_PER_DAY = 20;
export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;
const AHEAD = 20 * MINUTE; // a card that is learned today need not wait until its minute
const RECENT = 14 * DAY; // how long a mistake brings its cards forward
const KEPT = [
  "stability", "difficulty", "scheduled_days", "learning_steps", "reps", "lapses", "state",
];

const scheduler = fsrs({ enable_fuzz: true });

/** The record after a grade from 1 to 4. */
export function graded(record, grade, now, digest) {
  const next = scheduler.next(toCard(record, now), clamped(record, now), grade).card;
  return fromCard(next, record?.first ?? now, digest);
}

/** When the card would come back after each grade. */
export function previews(record, now) {
  const moment = clamped(record, now);
  const card = toCard(record, now);
  return GRADES.map((_, i) => scheduler.next(card, moment, i + 1).card.due - moment);
}

/** Whether something may be taken for a record: it can come from a file or from a damaged store. */
export function isRecord(value) {
  const numbers = [...KEPT, "due", "last", "first"].every((key) => Number.isFinite(value?.[key]));
  return numbers && value.state in State && value.stability > 0 && value.difficulty > 0;
}

/** The cards that wait today, in the order in which to ask them. */
export function due(cards, records, mistakes, now, extra = 0) {
  const midnight = startOfDay(now) + DAY;
  const begun = Object.values(records).filter((r) => r.first >= startOfDay(now)).length;
  const places = { forward: [], learning: [], review: [], fresh: [], ahead: [] };
  for (const card of cards) {
    const record = records[card.id];
    const learning = record?.state === State.Learning || record?.state === State.Relearning;
    if (mistakeBehind(card, record, mistakes, now)) places.forward.push(card);
    else if (!record) places.fresh.push(card);
    else if (learning && record.due <= now) places.learning.push(card);
    else if (learning && record.due <= now + AHEAD) places.ahead.push(card);
    else if (!learning && record.due < midnight) places.review.push(card);
  }
  const byDue = (a, b) => records[a.id].due - records[b.id].due;
  return [
    ...places.forward,
    ...places.learning.sort(byDue),
    ...places.review.sort(byDue),
    ...places.fresh.slice(0, Math.max(NEW_PER_DAY + extra - begun, 0)),
    ...places.ahead.sort(byDue),
  ];
}

/** The latest mistake that this card is about and that was made after the card was last asked. */
export function mistakeBehind(card, record, mistakes, now) {
  return (card.about ?? [])
    .filter((id) => mistakes[id]?.last > Math.max(record?.last ?? 0, now - RECENT))
    .map((id) => ({ id, ...mistakes[id] }))
    .sort((a, b) => b.last - a.last)[0];
}

/** Midnight before a moment, on the reader's clock. */
export const startOfDay = (moment) => new Date(moment).setHours(0, 0, 0, 0);

/** A span of time in words: "10 min", "3 d". */
export function span(milliseconds) {
  const days = milliseconds / DAY;
  if (days < 1 / 24) return `${Math.max(1, Math.round(milliseconds / MINUTE))} min`;
  if (days < 1) return `${Math.round(days * 24)} h`;
  if (days < 60) return `${Math.round(days)} d`;
  return days < 365 ? `${Math.round(days / 30.4)} months` : `${(days / 365).toFixed(1)} years`;
}

/** A clock that was set back must not make time run backward. */
const clamped = (record, now) => Math.max(now, record?.last ?? 0);

function toCard(record, now) {
  if (!record) return createEmptyCard(now);
  return { ...record, last_review: record.last, elapsed_days: 0 };
}

function fromCard(card, first, seen) {
  const kept = Object.fromEntries(KEPT.map((key) => [key, card[key]]));
  return { ...kept, due: Number(card.due), last: Number(card.last_review), first, seen };
}
