// @ts-check
// One exercise on a page: an editor in place of its starter, what can be pressed, and the answer.
import { button, el, siteUrl } from "./dom.js";
import { hunt } from "./hunt.js";
import { ladder } from "./hints.js";
import { makePlain } from "./plain.js";
import { showResult } from "./results.js";
import * as runner from "./runner.js";
import * as store from "./store.js";

const TRIES = 2; // before the solution is offered without a second thought
const SAVE_AFTER = 300; // ms without a key
const STAGES = {
  download: "Downloading Python: some megabytes, the first time only.",
  start: "Starting Python.",
  numpy: "Loading NumPy.",
  running: "Checking.",
};
const BEGIN = /^\s+# Your lines go here/; // where a starter leaves off
const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
const lines = (text) => `${text.replaceAll("\r\n", "\n").trimEnd()}\n`;

/** What the build knows of an exercise: hints, solution, links. One request each, at first need. */
const told = new Map();
export function about(name) {
  if (!told.has(name)) {
    const asked = fetch(siteUrl(`assets/dojo/exercises/${name}.json`)).then((response) => {
      if (!response.ok) throw new Error(`the server answers ${response.status}`);
      return response.json();
    });
    asked.catch(() => told.delete(name)); // so that the next press tries again
    told.set(name, asked);
  }
  return told.get(name);
}

let count = 0;

/**
 * @param {HTMLElement} box  around a <pre>, with data-exercise, and data-numpy where Python needs
 *                           NumPy, data-bug for a bug hunt, data-mend for other code to mend
 */
export function mount(box) {
  const name = box.dataset.exercise ?? "";
  const { bug, mend } = box.dataset;
  const other = bug ?? mend; // code that is wrong on purpose, kept by itself
  const key = other ? `bug:${name}:${other}` : name;
  const pre = /** @type {HTMLElement} */ (box.querySelector("pre"));
  const code = pre.querySelector("code") ?? pre;
  const starter = lines(code.textContent ?? "");
  const numpy = "numpy" in box.dataset;
  const id = `ninja-${(count += 1)}`;

  // ---------------------------------------------------------------- what there is to see

  const place = el("div", { class: "ninja-editor", hidden: true });
  const offer = el("div", { class: "ninja-offer", hidden: true });
  const status = el("p", { class: "ninja-status", role: "status" });
  const meter = el("progress", { class: "ninja-meter", max: 1, hidden: true, "aria-label": "Download of Python" });
  const answer = el("div", { class: "ninja-answer" });
  const help = el("div", { class: "ninja-help" });
  const press = button("Check", (event) => (busy ? event.detail < 2 && runner.stop(box) : check()), {
    class: "ninja-button ninja-button--main",
    onpointerenter: () => runner.prepare(numpy),
    onfocus: () => runner.prepare(numpy),
  });
  const keys = el("p", { class: "ninja-keys", id: `${id}-keys` }, "Ctrl+Enter checks. To leave the editor: Esc, then Tab.");
  const bar = el(
    "div",
    { class: "ninja-bar", role: "group", "aria-label": `Exercise ${name}` },
    press,
    button("Hint", () => helped(hint)),
    button("Solution", () => helped(solution)),
    button("Reset", reset),
    button("Download", () => helped(downloads)),
    keys,
  );
  const label = `Python code of the exercise ${name}`;
  const shown = /** @type {HTMLElement} */ (pre.closest(".highlight") ?? pre);
  shown.after(place, offer, bar, status, meter, answer, help);
  pre.setAttribute("tabindex", "0");
  pre.setAttribute("role", "group");
  pre.setAttribute("aria-label", label);

  // ---------------------------------------------------------------- the code, kept

  let entry = store.read(key);
  if (entry.code && entry.starter && lines(entry.starter) !== starter) {
    // The exercise has changed since: begin anew, and offer what was written.
    store.change(key, { code: "", starter, earlier: store.offered(entry.earlier, entry.code) });
    entry = store.read(key);
  }
  let text = entry.code || starter;
  if (text !== starter) code.textContent = text;
  offerEarlier();

  let saving = 0;
  function changed(now) {
    text = now;
    clearTimeout(saving);
    saving = setTimeout(save, SAVE_AFTER);
  }
  let known = entry.code; // what was kept when this tab last looked
  function save() {
    clearTimeout(saving);
    saving = 0;
    const theirs = store.read(key);
    const overwrites = theirs.code !== known && theirs.code !== text; // another tab's, meanwhile
    keep(overwrites ? { earlier: store.offered(theirs.earlier, theirs.code) } : {});
  }
  /** Keep the text with more of its entry; false, and said, when it lasts no longer than the page. */
  function keep(more) {
    known = text === starter ? "" : text;
    const kept = store.change(key, { code: known, starter, ...more });
    offerEarlier();
    if (!kept) say("This browser keeps your code only until you leave the page: copy it before.");
    return kept;
  }
  const leaving = () => saving && save();
  addEventListener("pagehide", leaving);

  /** Put other code into the editor; what stood there is on offer. */
  function replace(now, words, earlier = store.offered(store.read(key).earlier, mine())) {
    put(now);
    if (keep({ earlier: earlier.filter((one) => one !== now) })) say(words);
    editor?.focus();
  }
  function put(now) {
    text = now;
    if (editor) editor.set(now);
    else code.textContent = now;
    clearTimeout(saving);
    saving = 0;
  }
  const current = () => editor?.text() ?? text;
  const mine = () => (current() === starter ? "" : current());

  function offerEarlier() {
    const { earlier } = store.read(key);
    offer.hidden = !earlier.length;
    const others = earlier.slice(0, -1);
    const more = others.length ? ` (${earlier.length} texts)` : "";
    offer.replaceChildren(
      el("p", {}, `Other code of yours for this exercise is kept${more}.`),
      // What goes stands first and what comes stood last: pressed again and again, each has its turn.
      button("Exchange it", () => replace(earlier.at(-1), "Your other code is back; what stood here is kept.", [mine(), ...others].filter(Boolean))),
      button("Forget it", () => {
        store.change(key, { earlier: others });
        offerEarlier();
      }),
    );
  }

  const unwatch = store.watch((which) => {
    if (which !== key || !box.isConnected) return;
    const theirs = store.read(key);
    const kept = theirs.code || starter;
    if (kept === current()) return;
    if (saving) return; // this tab is being typed in: saving it keeps the other's on offer
    known = theirs.code;
    put(kept);
    offerEarlier();
    say("Your code was changed in another tab; this is how it stands there.");
  });

  // ---------------------------------------------------------------- the editor, when it is wanted

  /** @type {ReturnType<typeof makePlain> | undefined} */
  let editor;
  /** @type {Promise<void> | undefined} */
  let waking;
  let entered = false;

  function wake() {
    waking ??= import("./editor.js").then(
      ({ makeEditor }) => makeEditor,
      () => makePlain,
    ).then((make) => {
      if (!box.isConnected) return;
      place.hidden = false;
      editor = make({ parent: place, text, label, describedBy: keys.id, changed, check });
      const focused = entered || shown.contains(document.activeElement);
      shown.hidden = true;
      if (!focused) return;
      const here = text === starter ? starter.split("\n").findIndex((line) => BEGIN.test(line)) : -1;
      if (here < 0) editor.focus();
      else editor.goTo(here + 1);
    });
    return waking;
  }
  // Not `pointerenter`: the page may have been exchanged under a pointer that was here already.
  box.addEventListener("pointerover", wake, { once: true });
  box.addEventListener("focusin", wake, { once: true });
  shown.addEventListener("pointerdown", () => {
    entered = true;
    wake();
    runner.prepare(numpy);
  });
  place.addEventListener("focusin", () => runner.prepare(numpy), { once: true });

  // ---------------------------------------------------------------- what Python is doing

  let busy = false;
  const say = (words) => {
    if (status.textContent !== words) status.textContent = words;
  };
  const unlisten = runner.listen(({ stage, done, total }) => {
    const loading = busy && stage === "download" && Boolean(total);
    meter.hidden = !loading;
    if (loading) meter.value = Math.min(1, done / total);
    if (busy && STAGES[stage]) say(STAGES[stage]);
    if (loading) meter.title = `${megabytes(done)} of ${megabytes(total)} MB`;
  });

  // ---------------------------------------------------------------- check

  async function check() {
    if (busy) return;
    busy = true; // also while the editor comes
    await wake();
    if (saving) save();
    await judge(current());
  }

  /** Check a program and show the answer; null when there is none and the reader was told why. */
  async function judge(source) {
    busy = true;
    press.textContent = "Stop";
    box.setAttribute("aria-busy", "true");
    editor?.unmark();
    answer.replaceChildren();
    say("Waiting for Python.");
    const { answer: result, failed } = await runner.ask(box, "check", { exercise: name, source }, numpy);
    busy = false;
    press.textContent = "Check";
    meter.hidden = true;
    box.removeAttribute("aria-busy");
    if (result) return present(result, source);
    say(failed ? failureWords(failed) : "Stopped. Your code is kept.");
    if (failed) answer.append(el("details", {}, el("summary", {}, "What went wrong"), el("pre", {}, failed)));
    return null;
  }

  /** What counts is kept although the reader may have left the page meanwhile. */
  function present(result, source) {
    const { solved, tries } = store.read(key);
    store.change(key, { solved: solved || result.passed, tries: tries + (result.passed ? 0 : 1) });
    if (!other) store.mistaken(result.tensors.flatMap(({ mistake }) => mistake ?? []));
    if (!box.isConnected) return null;
    if (result.error?.line) editor?.mark(result.error.line);
    showResult(answer, result, { goTo: (line) => editor?.goTo(line), probe });
    say(`${result.passed ? "✓" : "✗"} ${result.headline}`);
    suggested = result.hint;
    if (result.passed) about(name).then(onward, () => {});
    box.dispatchEvent(new CustomEvent("ninja:checked", { detail: { result, source }, bubbles: true }));
    return result;
  }

  /** One entry, measured; null when Python is busy or gone. */
  async function probe(tensor, index, trial) {
    if (busy) return null;
    return (await runner.ask(box, "probe", { exercise: name, tensor, index, trial }, numpy)).answer ?? null;
  }

  function onward({ next }) {
    const link = (place) => el("a", { href: siteUrl(place.url) }, place.name);
    const to = bug ? [link({ url: "practice/bug-hunt/", name: "More bugs to hunt" }), "."]
      : next ? ["Next: ", link(next), `. ${next.title}`]
      : ["That was the last exercise."];
    answer.append(el("p", { class: "ninja-onward" }, "Solved. ", ...to));
  }

  // ---------------------------------------------------------------- help

  let suggested = null;
  let ready = null;

  async function helped(give) {
    try {
      give(await about(name));
    } catch (error) {
      say(`This could not be loaded (${error instanceof Error ? error.message : error}). Check the connection and press again.`);
    }
  }

  function hint(known) {
    ready ??= ladder(help, known.hints, {
      shown: store.read(key).hint,
      pieces: known.pieces,
      keep: (shown) => store.change(key, { hint: shown }),
      use: async (order) => {
        await wake();
        replace(program(known, order), "Your order stands in the editor; press Check.");
      },
    });
    ready.more(suggested);
  }

  let sure = false;
  function solution(known) {
    const { tries, solved } = store.read(key);
    if (tries < TRIES && !solved && !sure) {
      sure = true;
      return say("A try or a hint first helps more. Press Solution again to see it.");
    }
    help.querySelector(".ninja-solution")?.remove();
    help.append(
      el(
        "section",
        { class: "ninja-solution", "aria-label": "Solution" },
        el("p", { class: "ninja-title" }, "A solution"),
        el("pre", {}, el("code", {}, known.solution)),
        button("Put it into the editor", async () => {
          await wake();
          replace(lines(known.solution), "The solution stands in the editor; your code is kept.");
        }),
      ),
    );
    say("A solution is shown below.");
  }

  function reset() {
    if (current() === starter) return say("This is the starter.");
    replace(starter, "Begun anew. Your code is kept.");
    editor?.unmark();
    answer.replaceChildren();
  }

  function downloads(known) {
    help.querySelector(".ninja-downloads")?.remove();
    const source = current();
    const file = URL.createObjectURL(new Blob([source], { type: "text/x-python" }));
    const notebook = el("a", { href: siteUrl(known.downloads.notebook), download: true }, "Notebook");
    asNotebook(notebook, lines(known.starter), source);
    help.append(
      el(
        "p",
        { class: "ninja-downloads" },
        "This code as a file: ",
        el("a", { href: file, download: known.file_name }, known.file_name),
        " for the terminal, or as a ",
        notebook,
        ".",
      ),
    );
    help.querySelector(".ninja-downloads a").focus();
  }

  // ---------------------------------------------------------------- the end

  if (bug) hunt(bar, about(name), () => (busy ? null : judge(starter)));

  const gone = new MutationObserver(() => {
    if (box.isConnected) return;
    gone.disconnect();
    leaving();
    removeEventListener("pagehide", leaving);
    unwatch();
    unlisten();
    editor?.destroy();
  });
  const container = document.querySelector("[data-md-component=container]")?.parentElement ?? document.body;
  gone.observe(container, { childList: true, subtree: true });
}

function failureWords(failed) {
  if (failed.startsWith("download")) {
    const [what, rest] = /numpy/.test(failed) ? ["NumPy", " Exercises without NumPy go on."] : ["Python", ""];
    return `${what} could not be downloaded. Look at the connection, then press Check again.${rest}`;
  }
  if (/WebAssembly|wasm|CompileError/i.test(failed)) {
    return "This browser does not run WebAssembly here, so Python cannot start. “Download” takes the exercise to the terminal.";
  }
  return "Python stopped unexpectedly. Your code is kept; press Check to start it again.";
}

/** The whole program that the pieces make in this order. */
function program({ pieces, frame: [before, after] }, order) {
  const ordered = order.map((i) => pieces[i]);
  const joined = before.endsWith("\n")
    ? ordered.map((piece) => piece.replaceAll(/^/gm, "    ")).join("\n")
    : ordered.join(" ");
  return lines(`${before}${joined}${after.startsWith("\n") ? "" : "\n"}${after}`);
}

/** Make a link give the notebook with the reader's code where the starter stands. */
async function asNotebook(link, starter, source) {
  try {
    const notebook = await (await fetch(link.href)).json();
    for (const cell of notebook.cells) {
      if (lines([cell.source].flat().join("")) === starter) cell.source = source;
    }
    link.href = URL.createObjectURL(new Blob([JSON.stringify(notebook)], { type: "application/x-ipynb+json" }));
  } catch {
    // the link keeps the notebook as it was built
  }
}
