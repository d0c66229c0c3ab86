// One card at a time, large, with buttons beneath it and a key for each of them.
import { copyOf, turn } from "./deck.js";
import { button, dialog, element, open } from "./elements.js";

export class Stage {
  constructor(title) {
    this.where = element("p", { class: "ninja-stage__where", role: "status" });
    this.note = element("p", { class: "ninja-stage__note" });
    this.table = element("div", { class: "ninja-stage__table", "aria-live": "polite" });
    this.buttons = element("div", { class: "ninja-stage__buttons" });
    this.dialog = dialog(title, "ninja-stage");
    this.dialog.append(this.where, this.note, this.table, this.buttons);
    this.dialog.addEventListener("keydown", (event) => this.press(event));
    this.table.addEventListener("click", (event) => this.click(event));
    this.keys = {};
    open(this.dialog);
  }

  /** Show a card; `turned` is called each time it has been turned, with what is up now. */
  show(card, variant, turned) {
    this.turned = turned;
    this.table.replaceChildren(copyOf(card, variant));
    this.focus();
  }

  /** Show something else in the place of the card. */
  say(...content) {
    this.turned = null;
    this.table.replaceChildren(element("div", { class: "ninja-stage__end" }, ...content));
  }

  /** Buttons as [label, key, what to do, hint]; the hint is set small. */
  offer(actions) {
    this.keys = Object.fromEntries(actions.map(([, key, act]) => [key, act]));
    this.buttons.replaceChildren(
      ...actions.map(([label, key, act, hint]) => {
        const shown = { ArrowLeft: "←", ArrowRight: "→", " ": "Space" }[key] ?? key;
        const name = button(label, act, { "aria-keyshortcuts": key === " " ? "Space" : key });
        name.append(element("kbd", { "aria-hidden": "true" }, shown));
        if (hint) name.append(element("small", {}, hint));
        return name;
      }),
    );
  }

  focus() {
    (this.table.querySelector("summary") ?? this.buttons.querySelector("button"))?.focus();
  }

  turn() {
    const card = this.table.querySelector(".ninja-card");
    if (!card) return;
    const answerIsUp = turn(card);
    this.turned?.(answerIsUp);
  }

  click(event) {
    if (event.target.closest("summary")) event.preventDefault();
    else if (event.target.closest("a, button") || String(getSelection())) return;
    this.turn();
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const pressable = event.target.closest("button, summary, a");
    if ((event.key === " " || event.key === "Enter") && !pressable) this.turn();
    else if (event.key !== " " && this.keys[event.key]) this.keys[event.key]();
    else return;
    event.preventDefault();
  }
}
