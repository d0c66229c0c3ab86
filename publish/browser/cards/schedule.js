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
const LATEST = 8.64e15; // the last moment that a Date can hold
const KEPT = [
  "stability", "difficulty", "scheduled_days", "learning_steps", "reps", "lapses", "state",
];

const scheduler = fsrs({ enable_fuzz: true });

/** The record after a grade from 1 to 4. */
export function graded(record, grade, now, digest) {
  const { card, moment } = asked(record, now);
  const next = scheduler.next(card, moment, grade).card;
  return fromCard(next, record?.first ?? now, digest);
}

/** How long the card would stay away after each grade. */
export function previews(record, now) {
  const { card, moment } = asked(record, now);
  return GRADES.map((_, i) => scheduler.next(card, moment, i + 1).card.due - moment);
}

/** Whether something may be taken for a record: it can come from a file or from a damaged store. */
export function isRecord(value) {
  const counts = (key) => Number.isFinite(value?.[key]) && value[key] >= 0;
  const happened = ["due", "last", "first"].every((key) => counts(key) && value[key] <= LATEST);
  const known = KEPT.every(counts) && value.state in State;
  return happened && known && value.stability > 0 && value.difficulty > 0;
}

/** How many cards were met for the first time on the day of `now`. */
export function begunToday(records, now) {
  const today = startOfDay(now);
  return Object.values(records).filter(({ first }) => startOfDay(first) === today).length;
}

/** The cards that wait today, in the order in which to ask them; `limit` counts new ones a day. */
export function due(cards, records, mistakes, now, limit = NEW_PER_DAY) {
  const midnight = startOfDay(startOfDay(now) + 1.5 * DAY);
  const places = { forward: [], learning: [], review: [], fresh: [], ahead: [] };
  for (const card of cards) {
    const record = records[card.id];
    const learning = record?.state === State.Learning || record?.state === State.Relearning;
    if (mistakeBehind(card, record, mistakes, now)) places.forward.push(card);
    else if (!record) places.fresh.push(card);
    else if (isAhead(record, now)) places.review.push(card);
    else if (learning && record.due <= now) places.learning.push(card);
    else if (learning && record.due <= now + AHEAD) places.ahead.push(card);
    else if (!learning && record.due < midnight) places.review.push(card);
  }
  const byDue = (a, b) => records[a.id].due - records[b.id].due;
  return [
    ...places.forward,
    ...places.learning.sort(byDue),
    ...places.review.sort(byDue),
    ...places.fresh.slice(0, Math.max(limit - begunToday(records, now), 0)),
    ...places.ahead.sort(byDue),
  ];
}

/** The latest mistake that this card is about and that was made after the card was last asked. */
export function mistakeBehind(card, record, mistakes, now) {
  const since = Math.max(record?.last ?? 0, now - RECENT);
  return card.about
    .map((id) => ({ id, ...mistakes[id] }))
    .filter(({ last }) => last > since && last <= now)
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

/** Whether a card was last asked under a clock that was far ahead: its times mean nothing. */
const isAhead = (record, now) => record.last > now + DAY;

/** A card for FSRS, and the moment of asking: a clock set back must not make time run backward. */
function asked(record, now) {
  if (!record) return { card: createEmptyCard(now), moment: now };
  const last = isAhead(record, now) ? now : record.last;
  const card = { ...record, last_review: last, elapsed_days: 0 };
  return { card, moment: Math.max(now, last) };
}

function fromCard(card, first, seen) {
  const kept = Object.fromEntries(KEPT.map((key) => [key, card[key]]));
  return { ...kept, due: Number(card.due), last: Number(card.last_review), first, seen };
}
