// Rating on a phone. What is filled in stays in localStorage until the server has it; each rating has its id from the
// start, so sending it twice is harmless. Without a signal the drafts wait, and are sent when the phone is online again.
(() => {
  "use strict";
  const root = document.getElementById("rating");
  if (!root) return;
  const words = root.dataset;
  const QUEUE = `tailored.ratings.${words.mentor}`;
  const DRAFT = `tailored.draft.${words.mentor}.${words.week}.`;
  const signal = document.getElementById("signal");
  const list = document.getElementById("list");
  const back = root.querySelector("[data-back]");
  const title = root.querySelector("[data-list-title]");
  const sections = [...root.querySelectorAll("[data-trainee]")];
  const read = (key, other) => { try { return JSON.parse(localStorage.getItem(key)) || other; } catch { return other; } };
  const keep = (key, value) => localStorage.setItem(key, JSON.stringify(value));
  let sending = false;

  const tell = (message) => {
    signal.hidden = !message;
    signal.querySelector("span").textContent = message || "";
  };
  const show = () => {
    const wanted = sections.find((section) => `#${section.id}` === location.hash);
    for (const section of sections) section.hidden = section !== wanted;
    if (list) list.hidden = Boolean(wanted);
    back.hidden = !wanted;
    title.textContent = wanted ? wanted.dataset.title : title.dataset.listTitle;
    window.scrollTo(0, 0);
  };
  const stepsOf = (field) => [...field.querySelectorAll("[data-step]")].map((step) => {
    const said = step.querySelector("input:checked");
    return said && said.value === "1";
  });
  const filled = (form) => [...form.querySelectorAll("[data-competency]")].map((field) => {
    const level = field.querySelector(".rate input:checked");
    const unseen = field.querySelector("input[type=checkbox]").checked;
    const id = field.querySelector("input[name^='id|']").value;
    const steps = stepsOf(field);
    const begun = !unseen && steps.some((one) => one !== null);
    const open = begun && steps.includes(null);
    const given = unseen || (begun ? !open : Boolean(level));
    const comment = field.querySelector("textarea").value.trim();
    return { competency: field.dataset.competency, rating_id: id, level: unseen || begun ? null : level && Number(level.value), steps: begun ? steps : null, comment, open, given };
  });
  const mark = (field) => {
    field.classList.toggle("isna", field.querySelector("input[type=checkbox]").checked);
    const gives = field.querySelector("[data-gives]");
    if (!gives) return;
    const steps = stepsOf(field);
    gives.hidden = steps.includes(null);
    gives.textContent = gives.dataset.gives.replace("{}", 1 + Math.floor(4 * steps.filter(Boolean).length / steps.length + 0.5));
  };
  const clear = (field, which) => { for (const one of field.querySelectorAll(which)) one.checked = false; };
  const restore = (section) => {
    for (const draft of read(DRAFT + section.dataset.trainee, [])) {
      const field = section.querySelector(`[data-competency="${draft.competency}"]`);
      if (!field || !(draft.given || draft.open || draft.comment)) continue;
      field.querySelector("textarea").value = draft.comment || "";
      if (draft.comment) field.querySelector("textarea").closest("details").open = true;
      field.querySelector("input[name^='id|']").value = draft.rating_id;
      field.querySelector("input[type=checkbox]").checked = draft.given && draft.level === null && !draft.steps;
      const level = field.querySelector(`.rate input[value="${draft.level}"]`);
      if (level) level.checked = true;
      const rows = [...field.querySelectorAll("[data-step]")];
      if (draft.steps && draft.steps.length === rows.length) {
        rows.forEach((row, at) => {
          const said = row.querySelector(`input[value="${draft.steps[at] ? 1 : 0}"]`);
          said.checked = draft.steps[at] !== null;
        });
        rows[0].closest("details").open = true;
      }
      mark(field);
    }
  };
  const flush = async () => {
    const waiting = read(QUEUE, []);
    if (!waiting.length || sending) return;
    sending = true;
    try {
      const answer = await fetch("/feedback/v1/ratings/bulk", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ ratings: waiting.slice(0, 500) }),
      });
      const said = await answer.json();
      if (answer.status !== 207) {
        tell(`${words.refused} ${said.title || answer.status} ${said.remedy || ""}`);
        return;
      }
      const heard = new Set(waiting.slice(0, 500).map((one) => one.rating_id));
      keep(QUEUE, read(QUEUE, []).filter((one) => !heard.has(one.rating_id)));
      const refused = said.results.filter((one) => one.status >= 400);
      tell(refused.length ? `${words.refused} ${refused.map((one) => `${one.code} ${one.detail}`).join("; ")}` : words.sent);
      for (const one of waiting) {
        const open = root.querySelector(`[data-open="${one.trainee_id}"]`);
        if (open && !refused.length) open.textContent = words.sent;
      }
    } catch {
      tell(words.kept);
    } finally {
      sending = false;
    }
    if (read(QUEUE, []).length && navigator.onLine && signal.hidden) flush();
  };

  root.addEventListener("change", (event) => {
    const field = event.target.closest("[data-competency]");
    if (!field) return;
    if (event.target.tagName === "TEXTAREA") { /* words leave the answer as it is */ }
    else if (event.target.type === "radio") clear(field, event.target.closest("[data-step]") ? "input[type=checkbox], .rate input" : "input[type=checkbox], [data-step] input");
    else if (event.target.checked) clear(field, "input[type=radio]");
    mark(field);
    const section = field.closest("[data-trainee]");
    keep(DRAFT + section.dataset.trainee, filled(section));
  });
  root.addEventListener("submit", (event) => {
    const section = event.target.closest("[data-trainee]");
    if (!section) return;
    event.preventDefault();
    const fault = section.querySelector("[data-fault]");
    const all = filled(section);
    const ready = all.filter((one) => one.given);
    const open = all.some((one) => one.open);
    const alone = all.some((one) => one.comment && !one.given && !one.open);
    fault.hidden = ready.length > 0 && !open && !alone;
    if (!fault.hidden) { fault.textContent = open ? words.steps : alone ? words.alone : words.choose; return; }
    const rows = ready.map(({ competency, rating_id, level, steps, comment }) => ({ rating_id, trainee_id: section.dataset.trainee, competency, ...(steps ? { steps } : { level }), ...(comment ? { comment } : {}) }));
    const had = read(QUEUE, []);
    const known = new Set(had.map((one) => one.rating_id));
    keep(QUEUE, [...had, ...rows.filter((one) => !known.has(one.rating_id))]);
    localStorage.removeItem(DRAFT + section.dataset.trainee);
    event.target.querySelector("button").disabled = true;
    if (!navigator.onLine) tell(words.kept);
    flush();
    location.hash = section.querySelector(".pbar a").getAttribute("href");
  });
  window.addEventListener("online", flush);
  window.addEventListener("offline", () => tell(words.kept));
  window.addEventListener("hashchange", show);
  sections.forEach(restore);
  show();
  if (!navigator.onLine) tell(words.kept);
  flush();
})();
