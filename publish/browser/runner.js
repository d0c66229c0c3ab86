// @ts-check
// The one worker of this page: started at the first wish, kept while pages are exchanged, ended and
// started anew when it falls silent. Questions wait in a line; each gets exactly one answer.

const SILENCE = 6500; // ms; Python stops a loop itself long before, unless it is in C
const SLOW = 4; // a machine where Python starts slowly gets so many times what that took
const HEAP = 256 << 20; // WebAssembly's memory never shrinks: start afresh above this

/** @typedef {{by: object, method: string, request: object, numpy: boolean, settle: (answer: object) => void, id: number}} Job */

/** @type {Worker | undefined} */
let worker;
let ready = false;
/** @type {Job[]} */
const line = [];
/** @type {Job | undefined} */
let current;
let timer = 0;
let patience = SILENCE;
let last = 0;
let withNumpy = false; // whether this page has asked for NumPy
/** @type {Set<(state: {stage: string, done?: number, total?: number}) => void>} */
const listeners = new Set();
let state = { stage: "idle" };

/** Be told what Python is doing; returns how to stop it. */
export function listen(tell) {
  listeners.add(tell);
  tell(state);
  return () => listeners.delete(tell);
}

function now(stage, more = {}) {
  state = { stage, ...more };
  for (const tell of listeners) tell(state);
}

/** Begin to load Python, because somebody is about to need it. */
export function prepare(numpy) {
  withNumpy ||= numpy;
  if (worker) return worker.postMessage({ boot: true, numpy });
  ready = false;
  const started = new Worker(new URL(WORKER, import.meta.url), { type: "module" });
  worker = started;
  started.onmessage = ({ data }) => started === worker && hear(data);
  started.onerror = (event) => started === worker && fail(event.message || "the worker could not start");
  started.postMessage({ boot: true, numpy });
}

/**
 * Ask Python; `by` is who asks. Answers {answer} or {failed} (a sentence from the machinery) or
 * {stopped: true}.
 * @returns {Promise<any>}
 */
export function ask(by, method, request, numpy) {
  return new Promise((settle) => {
    line.push({ by, method, request, numpy, settle, id: ++last });
    next();
  });
}

/** Withdraw what one has asked; Python is ended only when it is at work on that. */
export function stop(by) {
  for (const job of line.filter((one) => one.by === by)) {
    line.splice(line.indexOf(job), 1);
    job.settle({ stopped: true });
  }
  if (current?.by === by) kill();
}

function next() {
  if (current || !line.length) return;
  current = line.shift();
  if (!worker) prepare(current.numpy);
  send();
}

function send() {
  const { id, method, request, numpy } = current;
  worker.postMessage({ id, method, request, numpy });
  if (ready) arm(); // from here on: a worker that was closed says nothing at all
}

function arm() {
  clearTimeout(timer);
  timer = setTimeout(kill, patience);
}

function hear(data) {
  if (data.stage) {
    clearTimeout(timer); // loading takes the time it takes
    now(data.stage, data);
  }
  if (data.ready) {
    ready = true;
    patience = Math.max(SILENCE, SLOW * data.ready);
    now("ready");
  }
  if (data.running) {
    now("running");
    arm();
  }
  if (data.failed !== undefined && data.dead) fail(data.failed);
  else if (data.failed !== undefined && data.id === current?.id) settle({ failed: data.failed });
  if (data.answer !== undefined && data.id === current?.id) {
    settle({ answer: data.answer });
    now("ready");
    if (data.heap > HEAP) restart();
  }
}

function settle(answer) {
  clearTimeout(timer);
  const job = current;
  current = undefined;
  job?.settle(answer);
  queueMicrotask(next);
}

function end() {
  worker?.terminate();
  worker = undefined;
  ready = false;
  now("idle");
}

function restart() {
  end();
  prepare(withNumpy);
}

/** End what Python is doing; while it was still loading, nobody needs to load it again yet. */
function kill() {
  if (ready) restart();
  else end();
  settle({ stopped: true });
}

/** The worker is of no use any more; the next question starts another. */
function fail(message) {
  end();
  settle({ failed: message });
}
