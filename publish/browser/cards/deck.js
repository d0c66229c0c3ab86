// The cards of a deck, as objects: {id, digest, about, sentences, element}. `about` has the ids of
// mistakes; `sentences` says what each of them is.

export function cardsIn(deck) {
  const sentences = JSON.parse(deck.dataset.mistakes);
  return [...deck.querySelectorAll(".ninja-card")].map((element) => ({
    id: element.id.replace(/^card-/, ""),
    digest: element.dataset.digest,
    about: element.dataset.about.split(" "),
    sentences,
    element,
  }));
}

/** The cards of other pages. Throws an Error that says what to do when one cannot be had. */
export async function fetchCards(links) {
  const pages = await Promise.all(
    links.map(async (link) => {
      const answer = await fetch(link.href).catch(() => null);
      if (!answer?.ok) {
        const name = link.textContent;
        throw new Error(`“${name}” could not be fetched. Are you online? Try again.`);
      }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const attribute of ["href", "src"]) {
        for (const each of page.querySelectorAll(`.ninja-card [${attribute}]`)) {
          each.setAttribute(attribute, new URL(each.getAttribute(attribute), link.href));
        }
      }
      return cardsIn(page.querySelector(".ninja-deck"));
    }),
  );
  return pages.flat();
}

/** How many sets of numbers a card has. */
export const variants = (card) => 1 + card.element.querySelectorAll("template").length;

/** A copy of a card with its question up, to be shown somewhere else. */
export function copyOf(card, variant = 0) {
  const copy = document.importNode(card.element, true);
  const other = copy.querySelectorAll("template")[variant - 1];
  if (other) {
    copy.querySelector(".ninja-card__front").remove();
    copy.querySelector("details").replaceWith(other.content);
  }
  for (const template of copy.querySelectorAll("template")) template.remove();
  const shown = document.createElement("div");
  shown.className = "ninja-card";
  shown.append(...copy.childNodes);
  shown.querySelector("details").open = false;
  return shown;
}

/** Turn a card over; true when its answer is up. */
export function turn(element) {
  const details = element.querySelector("details");
  details.open = !details.open;
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) {
    const onEdge = { transform: "perspective(60rem) rotateY(-90deg)" };
    const flat = { transform: "perspective(60rem)" };
    element.animate([onEdge, flat], { duration: 220, easing: "ease-out" });
  }
  return details.open;
}

export function shuffled(items) {
  const left = [...items];
  const mixed = [];
  while (left.length) mixed.push(...left.splice(Math.floor(Math.random() * left.length), 1));
  return mixed;
}
