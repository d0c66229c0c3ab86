// @ts-check
// The editor where the real one could not be loaded: a text field with the same few methods.
import { el } from "./dom.js";

/** @param {{parent: Element, text: string, label: string, describedBy: string, changed: (text: string) => void, check: () => void}} options */
export function makePlain({ parent, text, label, describedBy, changed, check }) {
  const field = el("textarea", {
    class: "ninja-plain",
    "aria-label": label,
    "aria-describedby": describedBy,
    autocapitalize: "off",
    autocorrect: "off",
    spellcheck: "false",
    rows: text.split("\n").length + 2,
    oninput: () => changed(field.value),
    onkeydown: (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      check();
    },
  });
  field.value = text;
  parent.append(field);
  return {
    text: () => field.value,
    set(now) {
      field.value = now;
      changed(now);
    },
    focus: () => field.focus(),
    mark() {},
    unmark() {},
    goTo(number) {
      const rows = field.value.split("\n");
      const before = rows.slice(0, number - 1).join("\n").length + (number > 1 ? 1 : 0);
      field.focus();
      field.setSelectionRange(before, before + (rows[number - 1] ?? "").length);
    },
    destroy: () => field.remove(),
  };
}
