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
const begun = new Map(); // address -> the response that is on its way
let done = 0;
let total = 0;
let giveUp;
const broken = new Promise((_, reject) => (giveUp = reject));
broken.catch(() => {});

/** Begin to fetch a file before Pyodide asks for it; failures end the boot with a sentence. */
function download(address, integrity) {
  if (!begun.has(address)) begun.set(address, followed(address, integrity));
  return begun.get(address);
}

async function followed(address, integrity) {
  const stop = new AbortController();
  let timer;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      stop.abort();
      giveUp(new Error(`download of ${address}: nothing came for ${STALLED / 1000} seconds`));
    }, STALLED);
  };
  try {
    alive();
    const response = await realFetch(address, { signal: stop.signal, ...(integrity && { integrity }) });
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    const count = new TransformStream({
      transform(chunk, out) {
        alive();
        done += chunk.byteLength;
        say({ stage: "download", done, total });
        out.enqueue(chunk);
      },
      flush: () => clearTimeout(timer),
    });
    // Compiled while it comes in, also from a host that does not know the type.
    const type = address.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
    return new Response(response.body?.pipeThrough(count), { headers: { "content-type": type } });
  } catch (error) {
    clearTimeout(timer);
    const problem = new Error(`download of ${address}: ${error instanceof Error ? error.message : error}`);
    giveUp(problem);
    throw problem;
  }
}

/** A download that is under way, once; what was not begun is begun. */
function taken(address) {
  const coming = download(address);
  begun.delete(address);
  return coming;
}

/** Pyodide's own requests get what is under way already. */
self.fetch = async (input) => taken(new URL(input instanceof Request ? input.url : input, HERE).href);

// What a reader's code could do harm with, or reach the page and the network by.
const CLOSED = [
  "fetch", "XMLHttpRequest", "WebSocket", "WebTransport", "EventSource", "Worker", "BroadcastChannel",
  "indexedDB", "caches", "postMessage", "close", "importScripts",
];

/** Python is there and needs none of it any more: nobody gets at it through Python either. */
function shut() {
  for (const name of CLOSED) Object.defineProperty(self, name, { value: undefined });
  py.runPython(`
import sys, pyodide.code
del pyodide.code.run_js
sys.modules["pyodide_js"] = None
`);
}

// ---------------------------------------------------------------- Python

const NUMPY = at(FILES.numpy.url);
const CORE = at(FILES.core);
let py;
let answer;
let numpyComing;

/** Put a package in place; none of ours needs more than its files. */
async function unpack(address) {
  const bytes = new Uint8Array(await (await taken(address)).arrayBuffer());
  py.unpackArchive(bytes, "zip", { extractDir: "/lib/python3.13/site-packages" });
}

function fetchNumpy() {
  total += FILES.numpy.size;
  download(NUMPY, FILES.numpy.hash).catch(() => {});
}

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

async function boot(numpy) {
  total = FILES.size;
  say({ stage: "download", done, total });
  for (const name of [`${FILES.core}pyodide.asm.wasm`, FILES.stdlib, FILES.ninja]) {
    download(at(name)).catch(() => {});
  }
  if (numpy) fetchNumpy();
  capMemory();
  const script = import(`${CORE}pyodide.asm.js`).catch((error) => {
    throw new Error(`download of ${CORE}pyodide.asm.js: ${error.message}`);
  });
  let started = 0;
  const load = async () => {
    await script;
    py = await loadPyodide({
      indexURL: CORE,
      stdLibURL: at(FILES.stdlib),
      lockFileContents: JSON.stringify(FILES.lock),
      stdin: () => null, // input() raises EOFError
      stdout: () => {},
      stderr: () => {},
      jsglobals: { __proto__: null, Object, Array, setTimeout, clearTimeout }, // `import js` finds nothing
    });
    say({ stage: "start" });
    started = performance.now();
    await unpack(at(FILES.ninja));
    shut();
    if (numpy) await loadNumpy();
    answer = py.runPython("from ninja.dojo import answer; answer");
  };
  await Promise.race([load(), broken]);
  say({ ready: performance.now() - started });
}

const loadNumpy = () => (numpyComing ??= reallyLoadNumpy());
async function reallyLoadNumpy() {
  if (!begun.has(NUMPY)) fetchNumpy();
  await Promise.race([unpack(NUMPY), broken]);
  py.runPython("import numpy");
}

// ---------------------------------------------------------------- questions

let booted;

self.onmessage = async ({ data }) => {
  try {
    booted ??= boot(data.numpy);
    await booted;
    if (data.numpy) {
      if (!numpyComing) say({ stage: "numpy" });
      await loadNumpy();
    }
    if (data.boot) return;
    say({ id: data.id, running: true });
    const answered = answer(data.method, JSON.stringify(data.request));
    say({ id: data.id, answer: JSON.parse(answered), heap: py._module.HEAPU8.length });
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    say({ id: data.id, failed: said.slice(-2000) });
  }
};
