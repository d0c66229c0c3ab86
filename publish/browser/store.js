// @ts-check
// What a reader has written and solved, kept in this browser alone; nothing is ever dropped:
// a value that cannot be read is set aside, and what another version or tab wrote is offered.

const PREFIX = "ninja:1:";
export const FORMAT = "backprop-ninja progress";

/**
 * @typedef {object} Entry
 * @property {string} code     what stands in the editor
 * @property {string} starter  the text it was begun from
 * @property {boolean} solved
 * @property {number} tries
 * @property {number} hint     rungs of the ladder that were shown
 * @property {string[]} earlier  texts that made way for other code and are on offer, the latest last
 */

/** @returns {Entry} */
const fresh = () => ({ code: "", starter: "", solved: false, tries: 0, hint: 0, earlier: [] });

/** What could not be written, for as long as the page lives. @type {Map<string, Entry>} */
const unsaved = new Map();

/** @returns {Entry} */
export function read(name) {
  const waiting = unsaved.get(name);
  if (waiting) return { ...waiting };
  try {
    const text = localStorage.getItem(PREFIX + name);
    if (text === null) return fresh();
    const entry = understood(text);
    if (entry) return entry;
    setAside(name, text);
  } catch {
    // storage is blocked
  }
  return fresh();
}

/** @returns {Entry | null} */
function understood(text) {
  try {
    return checked(JSON.parse(text));
  } catch {
    return null;
  }
}

/** An entry with what is known of it, or null when it is none. @returns {Entry | null} */
function checked(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const entry = { ...fresh(), ...value };
  entry.earlier = [entry.earlier].flat(); // it was one text once
  const sound = Object.entries(fresh()).every(([key, sample]) => typeof entry[key] === typeof sample);
  return sound && entry.earlier.every((text) => typeof text === "string") ? entry : null;
}

/** The texts on offer with one more; each stands there once. */
export const offered = (earlier, text) => [...earlier.filter((one) => one !== text), text].filter(Boolean);

function setAside(name, text) {
  for (let i = 1; ; i += 1) {
    const key = `${PREFIX}aside:${name}:${i}`;
    if (localStorage.getItem(key) === null) {
      localStorage.setItem(key, text);
      localStorage.removeItem(PREFIX + name);
      return;
    }
  }
}

/** Change an entry; false when the browser does not keep it beyond this page. */
export function change(name, more) {
  const entry = { ...read(name), ...more };
  const kept = write(name, entry);
  for (const tell of listeners) tell(name);
  return kept;
}

function write(name, entry) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(entry));
    unsaved.delete(name);
    return true;
  } catch {
    unsaved.set(name, entry); // blocked or full
    return false;
  }
}

/** @type {Set<(name: string) => void>} */
const listeners = new Set();

/** Be told the name of every entry that changes, here or in another tab; returns how to stop. */
export function watch(tell) {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

addEventListener("storage", ({ key }) => {
  if (!key?.startsWith(PREFIX)) return;
  for (const tell of listeners) tell(key.slice(PREFIX.length));
});

const MISTAKES = "ninja:mistakes"; // {id: {count, last}}, which bring flashcards forward

/** Remember which mistakes a reader has made, for the flashcards. */
export function mistaken(ids) {
  try {
    let made = {};
    try {
      made = Object(JSON.parse(localStorage.getItem(MISTAKES) ?? "{}"));
    } catch {
      // what cannot be read begins anew: it only decides which cards come first
    }
    for (const id of ids) made[id] = { count: (made[id]?.count ?? 0) + 1, last: Date.now() };
    localStorage.setItem(MISTAKES, JSON.stringify(made));
  } catch {
    // storage is blocked or full: the cards come in their usual order
  }
}

/** The names of all entries. */
function names() {
  const found = new Set(unsaved.keys());
  try {
    for (let i = 0; i < localStorage.length; i += 1) {
      const key = localStorage.key(i);
      if (key?.startsWith(PREFIX) && !key.startsWith(`${PREFIX}aside:`)) found.add(key.slice(PREFIX.length));
    }
  } catch {
    // storage is blocked: there is what this page knows
  }
  return [...found].sort();
}

/** All of it as the text of a file, which `backprop-ninja list` and `check` read too. */
export function exported() {
  const exercises = {};
  const bugs = {};
  for (const name of names()) {
    if (name.startsWith("bug:")) bugs[name.slice(4)] = read(name);
    else exercises[name] = read(name);
  }
  return `${JSON.stringify({ format: FORMAT, version: 1, exercises, bugs }, null, 1)}\n`;
}

/**
 * Take in such a file. What is solved stays solved; code that was here makes way and is on offer.
 * @returns {{count: number, kept: boolean}} how many entries it had, and whether they will last
 * @throws {Error} with a sentence for the reader
 */
export function imported(text) {
  let data;
  try {
    data = JSON.parse(text);
  } catch {
    throw new Error("This file is no JSON. Choose one that was saved with “Export” or by the terminal.");
  }
  if (data?.format !== FORMAT || typeof data.exercises !== "object" || data.exercises === null) {
    throw new Error(`This file holds no progress: its "format" should be "${FORMAT}".`);
  }
  if (data.version !== 1) {
    throw new Error(`This file is of version ${data.version}; this page reads version 1. Reload the page.`);
  }
  const found = [
    ...Object.entries(data.exercises),
    ...Object.entries(data.bugs ?? {}).map(([id, entry]) => [`bug:${id}`, entry]),
  ].map(([name, value]) => [name, checked(value)]);
  const bad = found.find(([, entry]) => entry === null);
  if (bad) throw new Error(`In this file the entry “${bad[0]}” cannot be read; nothing was taken over.`);
  const kept = found.map(([name, entry]) => merge(name, entry));
  return { count: found.length, kept: kept.every(Boolean) };
}

function merge(name, theirs) {
  const ours = read(name);
  const code = theirs.code || ours.code;
  const earlier = [...theirs.earlier, ...ours.earlier, ours.code].reduce(offered, []);
  return change(name, {
    ...theirs,
    earlier: earlier.filter((text) => text !== code),
    code,
    starter: theirs.code ? theirs.starter : ours.starter,
    solved: ours.solved || theirs.solved,
    tries: Math.max(ours.tries, theirs.tries),
    hint: Math.max(ours.hint, theirs.hint),
  });
}
