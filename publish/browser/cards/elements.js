// Small helpers for making elements.

/** An element with attributes and children; a function as an attribute listens, `onclick` say. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter(Boolean)); // so that a child may be `condition && element(...)`
  return made;
}

export function button(label, onclick, attributes = {}) {
  return element("button", { type: "button", onclick, class: "md-button", ...attributes }, label);
}

/** A dialog that is gone when it is closed. No key that is pressed in it reaches the page. */
export function dialog(title, className) {
  const close = button("Close", () => box.close(), { class: "ninja-dialog__close" });
  const heading = element("h2", {}, title);
  const box = element(
    "dialog",
    {
      class: `ninja-dialog md-typeset ${className}`,
      "aria-label": title,
      onkeydown: (event) => event.stopPropagation(),
      onclose: () => box.remove(),
    },
    element("header", {}, heading, close),
  );
  return box;
}

/** Put a dialog on the page, in front of everything. */
export function open(box) {
  document.body.append(box);
  box.showModal();
}

/** "1 card", "2 cards". */
export const count = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;
