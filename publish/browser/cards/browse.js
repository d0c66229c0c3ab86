// All cards of a deck, one after the other, without keeping score.
import { shuffled } from "./deck.js";
import { Stage } from "./stage.js";

export function browse(title, cards) {
  const stage = new Stage(title);
  let order = cards;
  let at = 0;

  const show = (place) => {
    at = (place + order.length) % order.length;
    stage.where.textContent = `Card ${at + 1} of ${order.length}`;
    stage.show(order[at], 0);
  };
  const mix = () => {
    order = shuffled(cards);
    show(0);
  };
  stage.offer([
    ["Previous", "ArrowLeft", () => show(at - 1)],
    ["Turn over", " ", () => stage.turn()],
    ["Next", "ArrowRight", () => show(at + 1)],
    ["Shuffle", "s", mix],
  ]);
  show(0);
}
