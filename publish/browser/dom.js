// @ts-check
// Small things that every part of an exercise is built from. Text from readers and from Python
// becomes text nodes only, never HTML.

/**
 * An element: `on…` attributes listen, true and false switch, null leaves out.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {any}
 */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, String(value));
  }
  made.append(...children.filter((child) => child != null && child !== false));
  return made;
}

/** A button that says what it does. */
export function button(words, press, attributes = {}) {
  return el("button", { type: "button", class: "ninja-button", onclick: press, ...attributes }, words);
}

/** Text with `code` in backticks, as nodes. */
export function inline(text) {
  return text.split("`").map((part, i) => (i % 2 ? el("code", {}, part) : part));
}

/** Paragraphs of such text; a paragraph keeps its line ends. */
export function prose(text) {
  return text.split("\n\n").map((part) => el("p", { class: "ninja-prose" }, ...inline(part)));
}

/** Words for screen readers alone. */
export function hidden(words) {
  return el("span", { class: "ninja-hidden" }, words);
}

/** Whether the reader wants things to stay still. */
export const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

const ROOT = new URL("../../", import.meta.url);

/** The address of a page or file, given relative to the site's root. */
export const siteUrl = (path) => new URL(path, ROOT).href;
