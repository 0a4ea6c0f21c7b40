// Retry and replay of failed messages: sends the request, says what came of it, reads the path anew.
(() => {
  "use strict";
  const say = (near, words, bad) => {
    const line = near.closest("li, td, form").parentElement.querySelector(".toast-line") || near.closest("li, td").querySelector(".toast-line");
    if (!line) return;
    line.textContent = words;
    line.classList.toggle("bad-ink", Boolean(bad));
  };
  const send = async (near, address, body) => {
    const answer = await fetch(address, {
      method: "POST",
      headers: body ? { "Content-Type": "application/json" } : {},
      body: body ? JSON.stringify({ data: body }) : undefined,
    });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      say(near, [said.title, said.detail, said.remedy].filter(Boolean).join(" "), true);
      return;
    }
    const line = near.closest("li, td").querySelector(".toast-line");
    say(near, line ? line.dataset.done : "");
    const path = document.getElementById("path");
    if (path) setTimeout(() => htmx.trigger(path, "refresh"), 1500);
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-retry]");
    if (button) send(button, button.dataset.retry, null);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-replay]");
    if (!form) return;
    event.preventDefault();
    let content;
    try {
      content = JSON.parse(form.elements.data.value);
    } catch (error) {
      say(form, `${form.dataset.broken} ${error.message}`, true);
      return;
    }
    send(form, form.dataset.replay, content);
  });
})();
