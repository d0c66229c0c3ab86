// @ts-check
// Python in a worker of its own: loads Pyodide once, then answers questions one by one.
//
//   in   {id, method, request, numpy}      one question for ninja.dojo.answer; numpy: it needs NumPy
//        {boot: true, numpy}               only get ready
//   out  {stage, done?, total?}            while loading: "download", "start", "numpy"
//        {ready: ms}                       Python is there, and took so long to start
//        {id, running: true}               the reader's code may be running from now on
//        {id, answer, heap}                the answer, and the bytes of memory that are in use
//        {id, failed, dead}                what went wrong; dead: this worker answers no more
import { loadPyodide } from "pyodide";

/* global FILES: the names of what the build has put beside this file (publish/bundle.py) */
const HERE = new URL(".", import.meta.url);
const at = (name) => new URL(name, HERE).href;
const MEMORY = 512; // MB: a greater allocation is a MemoryError, not a dead tab
const STALLED = 30_000; // ms without a byte: the connection is gone
const say = self.postMessage.bind(self);

// ---------------------------------------------------------------- downloads

const realFetch = self.fetch.bind(self);
const coming = new Map(); // address -> the file that is on its way
let done = 0;
let total = 0;

const said = (error) => (error instanceof Error ? error.message : String(error));

/**
 * Begin to fetch a file, before anybody reads it and at full speed: `response` gives it to the one
 * who does, `whole` tells when it is there, or why it will never be.
 */
function download(address, integrity) {
  if (!coming.has(address)) coming.set(address, begun(address, integrity));
  return coming.get(address);
}

function begun(address, integrity) {
  let whole;
  const body = new ReadableStream({
    start(out) {
      whole = copied(address, integrity, out).catch((error) => {
        const problem = new Error(`download of ${address}: ${said(error)}`);
        out.error(problem);
        throw problem;
      });
      whole.catch(() => {}); // whoever waits for it hears of it
    },
  });
  // Compiled while it comes in, also from a host that does not know the type.
  const type = address.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
  return { whole, response: new Response(body, { headers: { "content-type": type } }) };
}

async function copied(address, integrity, out) {
  const response = await realFetch(address, integrity ? { integrity } : {});
  if (!response.ok) throw new Error(`the server answers ${response.status}`);
  const reader = response.body.getReader();
  for (;;) {
    const part = await reader.read();
    if (part.done) return out.close();
    done += part.value.byteLength;
    say({ stage: "download", done, total });
    alive();
    out.enqueue(part.value);
  }
}

/** The response of a download, once: what comes again is fetched again. */
function taken(address) {
  const { response } = download(address);
  coming.delete(address);
  return response;
}

/** Pyodide's own requests get what is under way already. */
self.fetch = async (input) => taken(new URL(input instanceof Request ? input.url : input, HERE).href);

let alive = () => {};

/** What is awaited, or an error when no byte comes for a while, from wherever. */
async function unlessStalled(awaited) {
  let timer;
  const stalled = new Promise((_, reject) => {
    alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => reject(new Error(`download: nothing came for ${STALLED / 1000} seconds`)), STALLED);
    };
  });
  alive();
  try {
    return await Promise.race([awaited, stalled]);
  } finally {
    alive = () => {};
    clearTimeout(timer);
  }
}

// What a reader's code could do harm with, or reach the page and the network by.
const CLOSED = [
  "fetch", "XMLHttpRequest", "WebSocket", "WebSocketStream", "WebTransport", "EventSource", "Worker",
  "BroadcastChannel", "indexedDB", "caches", "postMessage", "close", "importScripts", "eval",
];

/** Python is there and needs none of it any more: nobody gets at it through Python either. */
function shut() {
  const hide = (from, name) => Object.defineProperty(from, name, { value: undefined });
  for (const name of CLOSED) hide(self, name);
  for (const maker of [function () {}, async () => {}, function* () {}, async function* () {}]) {
    hide(Object.getPrototypeOf(maker), "constructor"); // makes code out of text
  }
  py.runPython(`
import sys, pyodide.code
del pyodide.code.run_js
sys.modules["pyodide_js"] = None
`);
}

// ---------------------------------------------------------------- Python

const CORE = at(FILES.core);
const NUMPY = at(FILES.numpy.url);
let py;
let answer;

/** A memory that can only grow so far, whoever makes it. */
function capMemory() {
  const { Memory } = WebAssembly;
  const most = MEMORY * 16; // pages of 64 kB
  WebAssembly.Memory = /** @type {any} */ (
    function (wanted) {
      return new Memory({ ...wanted, maximum: Math.min(wanted.maximum ?? most, most) });
    }
  );
  WebAssembly.Memory.prototype = Memory.prototype;
}

async function boot() {
  total += FILES.size;
  say({ stage: "download", done, total });
  const files = [`${FILES.core}pyodide.asm.wasm`, FILES.stdlib, FILES.ninja].map((name) => download(at(name)).whole);
  capMemory();
  const script = import(`${CORE}pyodide.asm.js`).catch((error) => {
    throw new Error(`download of ${CORE}pyodide.asm.js: ${said(error)}`);
  });
  // Pyodide waits for ever for a file that does not come.
  await Promise.all([script.then(start), unlessStalled(Promise.all([script, ...files]))]);
}

async function start() {
  py = await loadPyodide({
    indexURL: CORE,
    stdLibURL: at(FILES.stdlib),
    lockFileContents: JSON.stringify(FILES.lock),
    stdin: () => null, // input() raises EOFError
    stdout: () => {},
    stderr: () => {},
    jsglobals: { __proto__: null }, // `import js` finds nothing
  });
  say({ stage: "start" });
  const begun = performance.now();
  await unpack(at(FILES.ninja));
  shut();
  answer = py.runPython("from ninja.dojo import answer; answer");
  say({ ready: performance.now() - begun });
}

/** Put a package in place; none of ours needs more than its files. */
async function unpack(address) {
  const bytes = await taken(address).arrayBuffer();
  py.unpackArchive(bytes, "zip", { extractDir: "/lib/python3.13/site-packages" });
}

function fetchNumpy() {
  if (coming.has(NUMPY)) return;
  total = Math.max(total, done) + FILES.numpy.size;
  download(NUMPY, FILES.numpy.hash);
  say({ stage: "download", done, total });
}

async function loadNumpy() {
  try {
    await unlessStalled(download(NUMPY).whole);
  } catch (error) {
    coming.delete(NUMPY); // the next question tries again
    throw error;
  }
  say({ stage: "numpy" });
  await unpack(NUMPY);
  py.runPython("import numpy");
}

// ---------------------------------------------------------------- questions

let booted;
let numpy;

self.onmessage = async ({ data }) => {
  const { id, method, request } = data;
  const fail = (error, dead) => say({ id, failed: said(error).slice(-2000), dead });
  try {
    booted ??= boot();
    if (data.numpy && !numpy) fetchNumpy(); // beside the rest
    await booted;
    if (data.numpy) {
      try {
        await (numpy ??= loadNumpy());
      } catch (error) {
        numpy = undefined;
        return fail(error, false); // what needs no NumPy goes on
      }
    }
    if (data.boot) return;
    say({ id, running: true });
    const answered = answer(method, JSON.stringify(request));
    say({ id, answer: JSON.parse(answered), heap: py._module.HEAPU8.length });
  } catch (error) {
    fail(error, true);
  }
};
