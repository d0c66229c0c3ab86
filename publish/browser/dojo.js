// @ts-check
// Comes with every page and does nothing where there is no exercise. Pages are exchanged without a
// reload (instant navigation), so this runs once and looks again each time.

const PARTS = {
  ".ninja[data-exercise]": async () => (await import("./exercise.js")).mount,
  ".ninja-progress": async () => (await import("./overview.js")).mount,
};

async function mountAll() {
  for (const [where, load] of Object.entries(PARTS)) {
    const found = [...document.querySelectorAll(`${where}:not(.is-mounted)`)];
    if (!found.length) continue;
    const mount = await load();
    for (const box of found) {
      if (!box.isConnected || box.classList.contains("is-mounted")) continue;
      box.classList.add("is-mounted");
      mount(box);
    }
  }
}

const pages = /** @type {any} */ (globalThis).document$;
if (pages) pages.subscribe(mountAll);
else mountAll();
