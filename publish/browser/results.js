// @ts-check
// The answer of a check: a row per gradient, coming one by one, and below a wrong one the picture
// of yours minus truth.
import { button, el, inline, still } from "./dom.js";
import { heat } from "./heat.js";

const APART = 90; // ms between two rows

/**
 * @param {HTMLElement} place
 * @param {any} result  what `ninja.dojo.check` answers
 * @param {{goTo: (line: number) => void, probe: Function}} actions
 */
export function showResult(place, result, { goTo, probe }) {
  place.replaceChildren();
  const { error } = result;
  if (error) {
    const line = error.line && button(`Line ${error.line}`, () => goTo(error.line), { class: "ninja-button ninja-button--small" });
    place.append(el("p", { class: "ninja-fault" }, el("strong", {}, error.type), ": ", ...inline(error.message), " ", line));
  }
  const missing = result.tensors.every((tensor) => tensor.verdict === "missing");
  if (result.tensors.length && !missing) place.append(table(result, probe));
  for (const note of result.notes) place.append(el("p", { class: "ninja-note-line" }, ...inline(note)));
  if (result.printed) {
    place.append(
      el(
        "details",
        { class: "ninja-printed", open: true },
        el("summary", {}, "Your code printed"),
        el("pre", {}, el("code", {}, result.printed)),
      ),
    );
  }
}

function table(result, probe) {
  const rows = result.tensors.flatMap((tensor, i) => row(tensor, i, probe));
  return el(
    "div",
    { class: "ninja-results" },
    el(
      "table",
      { class: "ninja-table" },
      el("caption", { class: "ninja-hidden" }, `Your gradients in ${result.exercise}, against the complex step`),
      el("thead", {}, el("tr", {}, ...["Gradient", "Verdict", "Error"].map((title) => el("th", { scope: "col" }, title)))),
      el("tbody", {}, ...rows),
    ),
  );
}

function row(tensor, number, probe) {
  const drawn = picture(tensor);
  const more = el("tr", { class: `is-${tensor.tone} ninja-more`, hidden: true }, el("td", { colspan: 3 }));
  const toggle =
    drawn &&
    button("Compare", () => {
      const opens = more.hidden;
      if (opens && !more.firstChild.hasChildNodes()) more.firstChild.append(heat(tensor, drawn, probe));
      more.hidden = !opens;
      toggle.setAttribute("aria-expanded", String(opens));
    }, { class: "ninja-button ninja-button--small", "aria-expanded": "false", "aria-label": `Compare ${tensor.name} with the truth` });
  const said = el(
    "td",
    {},
    el("span", { class: "verdict" }, `${tensor.mark} ${tensor.words}`),
    tensor.message && " ",
    ...(tensor.message ? inline(tensor.message) : []),
    toggle && " ",
    toggle,
  );
  const shown = el(
    "tr",
    { class: `is-${tensor.tone}` },
    el("th", { scope: "row" }, tensor.name),
    said,
    el("td", { class: "number" }, tensor.max_error === null ? "" : tensor.max_error.toExponential(1)),
  );
  if (!still()) {
    shown.classList.add("ninja-arrives");
    shown.style.animationDelay = `${number * APART}ms`;
  }
  return [shown, more];
}

/** The picture of a tensor that does not pass; entries of another shape have no counterpart. */
function picture({ tone, picture: found }) {
  return tone !== "right" && found?.yours && String(found.yours_shape) === String(found.shape) ? found : null;
}
