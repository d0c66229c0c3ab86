// @ts-check
// A bug hunt: the program in the mount has one wrong line. First the reader says which gradients
// it spoils; the checker then judges the program and the prediction; then it is mended.
import { button, el } from "./dom.js";

/**
 * @param {HTMLElement} bar  before which the question is put
 * @param {Promise<{gradients: string[]}>} exercise
 * @param {() => Promise<any> | null} check  the wrong program
 */
export function hunt(bar, exercise, check) {
  const verdict = el("p", { class: "ninja-prediction", role: "status" });
  const choices = el("span", { class: "ninja-choices" });
  const form = el(
    "fieldset",
    { class: "ninja-hunt" },
    el("legend", {}, "Which gradients will turn red?"),
    choices,
    button("Show me", judge, { class: "ninja-button ninja-button--main" }),
    verdict,
  );
  bar.before(form);
  exercise.then(
    (known) => {
      for (const gradient of known.gradients) {
        const tick = el("input", { type: "checkbox", value: gradient });
        choices.append(el("label", {}, tick, " ", el("code", {}, gradient)));
      }
    },
    () => form.remove(), // then it is an exercise like any other
  );

  async function judge() {
    const said = new Set([...choices.querySelectorAll("input:checked")].map((tick) => tick.value));
    const result = await check();
    if (!result) return;
    const red = result.tensors.filter((tensor) => tensor.tone !== "right").map((tensor) => tensor.name);
    verdict.textContent = grade(said, red);
  }
}

/** What a prediction was worth, in a sentence. */
export function grade(said, red) {
  const missed = red.filter((name) => !said.has(name));
  const extra = [...said].filter((name) => !red.includes(name));
  const parts = [];
  if (missed.length) parts.push(`missed: ${missed.join(", ")}`);
  if (extra.length) parts.push(`but right: ${extra.join(", ")}`);
  const rest = "Now mend the line and press Check.";
  return parts.length ? `Not quite (${parts.join("; ")}). ${rest}` : `Exactly as you said. ${rest}`;
}
