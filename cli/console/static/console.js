// The keyboard, the copy buttons and the live updates. htmx does the rest.
"use strict";
(() => {
  let key = null; // of the chosen row, which survives a refresh of the list

  const rows = () => [...document.querySelectorAll("[data-key]")];
  const mark = (row, scroll) => {
    rows().forEach(one => one.classList.toggle("chosen", one === row));
    key = row ? row.dataset.key : key;
    if (row && scroll) {
      row.querySelector("a[href^='/event']")?.focus({preventScroll: true});
      row.scrollIntoView({block: "nearest"});
    }
  };
  const move = step => {
    const all = rows();
    const at = all.findIndex(one => one.dataset.key === key);
    const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    if (next) mark(next, true);
  };
  const actions = {
    j: () => move(1),
    k: () => move(-1),
    "/": () => (document.getElementById("search") ?? document.getElementById("jump")).focus(),
    u: () => { location.href = "/"; },
  };
  document.addEventListener("keydown", event => {
    const typing = event.target.matches("input, select, textarea");
    if (event.key === "Escape" && typing) event.target.blur();
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  });

  document.addEventListener("click", async event => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.textContent = "Copied";
  });

  // Opened while the page is seen; a hidden page asks nothing.
  let stream = null;
  const follow = () => {
    const address = document.body.dataset.live;
    if (address === undefined || document.hidden) { stream?.close(); stream = null; return; }
    if (stream) return;
    const light = document.getElementById("live");
    stream = new EventSource(address);
    stream.onopen = () => { light.textContent = "live"; };
    stream.onerror = () => { light.textContent = "not live"; };
    stream.addEventListener("changed", () => htmx.trigger(document.body, "changed"));
  };
  document.addEventListener("visibilitychange", follow);
  document.addEventListener("htmx:afterSettle", () => {
    const row = rows().find(one => one.dataset.key === key);
    if (row) mark(row, false);
  });
  follow();
})();
