// The search index is as heavy as a page and its pictures, so it comes when somebody searches.
//
// The theme asks for it as soon as a page is there, and has no setting for that. Its request is held
// back here until the search field is used, or until the address of the page asks for search.
(() => {
  "use strict";

  const { open, send } = XMLHttpRequest.prototype;
  const held = new Set();
  const asked = new URLSearchParams(location.search);
  let wanted = asked.has("q") || asked.has("h");

  XMLHttpRequest.prototype.open = function (method, url, ...rest) {
    if (!wanted && String(url).endsWith("/search/search_index.json")) held.add(this);
    return open.call(this, method, url, ...rest);
  };

  XMLHttpRequest.prototype.send = function (...body) {
    if (!held.has(this)) send.apply(this, body);
  };

  function release({ target }) {
    if (!target.matches("[data-md-component=search-query]")) return;
    document.removeEventListener("focusin", release);
    wanted = true;
    const requests = [...held];
    held.clear();
    for (const request of requests) request.send();
  }

  document.addEventListener("focusin", release);
})();
