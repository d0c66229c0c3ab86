// Lists that can be ticked off, kept in this browser. Without this script they are plain lists.
//
// A page marks such a list with <div class="ninja-ticks"> and gives every item an id, under which
// its tick is kept: an item may be reworded and keeps its tick.
(() => {
  "use strict";

  const KEY = "ninja-ticks";

  function read() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY));
      return new Set(Array.isArray(kept) ? kept : []);
    } catch {
      return new Set(); // storage is blocked, or holds something else
    }
  }

  function keep(ticked) {
    try {
      localStorage.setItem(KEY, JSON.stringify([...ticked]));
      return true;
    } catch {
      return false; // blocked or full: the ticks last as long as the page
    }
  }

  function mount(list, ticked) {
    const boxes = [...list.querySelectorAll("li[id]")].map((item) => {
      const text = document.createElement("span");
      text.id = `${item.id}-text`;
      text.append(...item.childNodes);
      const box = document.createElement("input");
      box.type = "checkbox";
      box.checked = ticked.has(item.id);
      box.setAttribute("aria-labelledby", text.id);
      item.append(box, text);
      return box;
    });

    const state = document.createElement("p");
    state.className = "ninja-ticks__state";
    state.setAttribute("role", "status");
    list.append(state);

    const say = (kept) => {
      const done = boxes.filter((box) => box.checked).length;
      state.textContent = `${done} of ${boxes.length} ticked off`;
      if (!kept) state.textContent += "; this browser keeps them only until you leave the page";
    };

    list.addEventListener("change", () => {
      const now = read();
      for (const each of boxes) now[each.checked ? "add" : "delete"](each.parentElement.id);
      say(keep(now));
    });
    list.classList.add("is-mounted");
    say(true);
  }

  function mountAll() {
    const ticked = read();
    for (const list of document.querySelectorAll(".ninja-ticks:not(.is-mounted)")) {
      mount(list, ticked);
    }
  }

  // The theme exchanges pages without loading them anew, and says so through document$.
  if (typeof document$ === "undefined") mountAll();
  else document$.subscribe(mountAll);
})();
