// Listens to /live, which says only what changed, and fetches the parts of the page anew.
// Many changes at once become one fetch. A page that loses the stream says so and asks every ten seconds.
(() => {
  "use strict";
  const board = document.querySelector("[data-live-kinds]");
  const state = document.getElementById("live-state");
  if (!board || !state || !window.EventSource) return;
  const at = document.getElementById("live-at");
  const GAP = 700;
  const POLL = 10000;
  let paused = false, lost = false, last = 0, later = null;

  const show = () => {
    const name = paused ? "paused" : lost ? "lost" : "live";
    state.className = "live" + (paused ? " paused" : lost ? " off" : "");
    if (state.textContent !== state.dataset[name]) state.textContent = state.dataset[name];
  };
  const refresh = () => {
    later = null;
    last = Date.now();
    if (!paused) htmx.trigger(board, "refresh");
  };
  const changed = () => {
    if (paused || later) return;
    later = setTimeout(refresh, Math.max(0, GAP - (Date.now() - last)));
  };
  const stream = new EventSource("/live");
  stream.onopen = () => { lost = false; show(); };
  stream.onerror = () => { lost = true; show(); };
  for (const kind of board.dataset.liveKinds.split(" ")) stream.addEventListener(kind, changed);
  setInterval(() => { if (lost) changed(); }, POLL);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-live-pause]");
    if (!button) return;
    paused = !paused;
    const other = button.dataset.resume;
    button.dataset.resume = button.textContent;
    button.textContent = other;
    button.setAttribute("aria-pressed", String(paused));
    show();
    if (!paused) refresh();
  });
  board.addEventListener("htmx:afterSwap", () => {
    if (at) at.textContent = `${at.dataset.updated} ${new Date().toLocaleTimeString("en-GB", { timeZone: "Asia/Shanghai" })}`;
  });
  window.addEventListener("pagehide", () => stream.close());
})();
