// What a reader has learned, in this browser: records by card, and a log of every answer.
// An entry of the log is [moment, card, grade, state before].
import { isRecord } from "./schedule.js";

const KEY = "ninja:cards";
const ASIDE = "ninja:cards:unreadable:"; // and a number
const MISTAKES = "ninja:mistakes"; // written by the exercises: {id: {count, last}}
const VERSION = 1;
const GRADE = new Set([1, 2, 3, 4]);

// What could not be written stays here, for as long as the page lives.
let unwritten = null;

/** {version, cards, log}, as far as it can be read; `problem` says so when it cannot. */
export function read() {
  if (unwritten) return unwritten;
  let text = null;
  try {
    text = localStorage.getItem(KEY);
  } catch {
    return { ...empty(), problem: "This browser keeps nothing: storage is blocked." };
  }
  if (text === null) return empty();
  try {
    return parse(text);
  } catch {
    return { ...empty(), problem: setAside(text) };
  }
}

/** Keep a state. False when the browser does not: it then lasts as long as the page. */
export function write({ cards, log }) {
  const state = { version: VERSION, cards, log };
  try {
    localStorage.setItem(KEY, JSON.stringify(state));
    unwritten = null;
    return true;
  } catch {
    unwritten = state;
    return false;
  }
}

/**
 * A state from text that may come from anywhere; `dropped` counts what in it makes no sense.
 * Throws an Error that says what is wrong.
 */
export function parse(text) {
  let found;
  try {
    found = JSON.parse(text);
  } catch {
    throw new Error("This is not a file of card progress: it is not JSON.");
  }
  if (typeof found?.cards !== "object" || !found.cards || !Array.isArray(found.log)) {
    throw new Error("This is not a file of card progress: it has no cards and no log.");
  }
  if (found.version !== VERSION) {
    const mine = `this page reads ${VERSION}. Reload it, in case it is an old one.`;
    throw new Error(`This progress has version ${found.version}; ${mine}`);
  }
  const brought = Object.entries(found.cards);
  const sound = brought.filter(([, record]) => isRecord(record));
  const log = found.log.filter(isEntry);
  const dropped = brought.length - sound.length + found.log.length - log.length;
  return { version: VERSION, cards: Object.fromEntries(sound), log, dropped };
}

/** Two states as one: of each card the record that was asked last, and every answer once. */
export function merged(one, other) {
  const cards = { ...one.cards };
  for (const [id, record] of Object.entries(other.cards)) {
    if (!cards[id] || cards[id].last < record.last) cards[id] = record;
  }
  const entries = new Map([...one.log, ...other.log].map((entry) => [entry.join(), entry]));
  return { version: VERSION, cards, log: [...entries.values()].sort((a, b) => a[0] - b[0]) };
}

/** What the reader got wrong in the exercises, by the mistake's id. */
export function mistakes() {
  try {
    const found = JSON.parse(localStorage.getItem(MISTAKES)) ?? {};
    const sound = Object.entries(found).filter(([, one]) => Number.isFinite(one?.last));
    return Object.fromEntries(sound.map(([id, one]) => [id.split(":").pop(), one]));
  } catch {
    return {};
  }
}

const empty = () => ({ version: VERSION, cards: {}, log: [] });

const isEntry = (entry) =>
  Array.isArray(entry) && entry.length === 4 && Number.isFinite(entry[0]) && GRADE.has(entry[2]);

function setAside(text) {
  try {
    let n = 1;
    while (localStorage.getItem(ASIDE + n) !== null) n += 1;
    localStorage.setItem(ASIDE + n, text);
    localStorage.removeItem(KEY);
    return `What this browser kept could not be read: it is set aside as “${ASIDE}${n}”. Begin anew.`;
  } catch {
    return "What this browser kept could not be read, and there is no room to set it aside.";
  }
}
