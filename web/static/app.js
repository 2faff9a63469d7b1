// What scripts add to pages that already work without them: CSRF for htmx, focus on errors,
// copy buttons, dialogs, filters that apply at once, row keys that leave input methods alone.
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const keysOff = () => localStorage.getItem("yidan-keys") === "off";

  document.addEventListener("htmx:config:request", (event) => {
    const token = document.querySelector('meta[name="csrf-token"]');
    if (token) event.detail.ctx.request.headers["X-CSRFToken"] = token.content;
  });

  function showKeys(button) {
    document.documentElement.dataset.singleKeys = keysOff() ? "off" : "on";
    button.setAttribute("aria-pressed", keysOff());
    button.textContent = keysOff() ? button.dataset.off : button.dataset.on;
  }

  function prepare(root) {
    all("[data-copy]", root).forEach((button) => { button.hidden = !navigator.clipboard; });
    all("[data-scripted]", root).forEach((part) => { part.hidden = false; });
    all("button[data-keys]", root).forEach((button) => showKeys(button));
    const summary = root.querySelector("[data-focus]");
    if (summary) summary.focus();
  }

  document.addEventListener("click", async (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      await navigator.clipboard.writeText(copy.dataset.copy);
      copy.classList.add("is-done");
      return;
    }
    const opener = event.target.closest("[data-dialog]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.dialog);
      if (!dialog || !dialog.showModal) return;
      event.preventDefault();
      dialog.showModal();
      dialog.addEventListener("close", () => opener.focus(), { once: true });
      return;
    }
    const keys = event.target.closest("button[data-keys]");
    if (keys) {
      localStorage.setItem("yidan-keys", keysOff() ? "on" : "off");
      showKeys(keys);
    }
  });

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-auto-submit]");
    if (form && event.target.matches("select")) form.requestSubmit();
    if (event.target.matches("[data-select-row]")) {
      event.target.closest("tr").classList.toggle("is-selected", event.target.checked);
      countSelected();
    }
    if (event.target.matches("[data-select-all]")) {
      all("[data-select-row]").forEach((box) => {
        box.checked = event.target.checked;
        box.closest("tr").classList.toggle("is-selected", box.checked);
      });
      countSelected();
    }
  });

  // What is noted on a worksheet is kept as it is written; the server says when.
  let saving;
  function keep(form, pause) {
    clearTimeout(saving);
    saving = setTimeout(async () => {
      const answer = await fetch(form.dataset.save, { method: "POST", body: new FormData(form) }).catch(() => null);
      if (answer) all("[data-saved]").forEach(async (place, at) => { place.textContent = at ? "" : await answer.text(); });
    }, pause);
  }
  ["input", "change"].forEach((kind) => document.addEventListener(kind, (event) => {
    const form = event.target.form;
    if (form && form.dataset.save) keep(form, kind === "change" ? 0 : 1500);
  }));

  // 同意 pressed too early leads to the first paper that nobody has seen; pressed again, it is meant.
  document.addEventListener("click", (event) => {
    const button = event.target.closest('button[name="verdict"][value="approve"]');
    const unseen = button && document.querySelector('.checklist input[value="unseen"]:checked:enabled');
    if (!unseen || button.dataset.meant) return;
    event.preventDefault();
    button.dataset.meant = "yes";
    unseen.focus();
    all("[data-unseen]").forEach((note) => { note.textContent = note.dataset.unseen; });
  });

  function countSelected() {
    const count = all("[data-select-row]:checked").length;
    all("[data-selected-count]").forEach((place) => { place.textContent = place.textContent.replace(/\d+/, count); });
  }

  // A form is sent once: the second click of an impatient hand finds the button busy.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method === "dialog" || form.method === "get") return;
    if (form.dataset.sending) { event.preventDefault(); return; }
    form.dataset.sending = "yes";
    setTimeout(() => { delete form.dataset.sending; }, 8000);
  });

  document.addEventListener("keydown", (event) => {
    // 229 is what an input method sends while it composes: j and k belong to pinyin then.
    if (keysOff() || event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog")) return;
    if (event.key === "?") { document.querySelector('[data-dialog="keys"]')?.click(); return; }
    if (event.key === "/") {
      const search = document.querySelector('input[type="search"]');
      if (search) { event.preventDefault(); search.focus(); }
      return;
    }
    // c claims what is selected, else the row of the keyboard.
    if (event.key === "c" && !all("[data-select-row]:checked").length) {
      document.querySelector("tr.is-at [data-select-row]")?.click();
    }
    const named = all("[data-key]").find((place) => place.dataset.key === event.key);
    if (named) { named.click(); return; }
    const rows = all("tr[data-href]");
    if (!rows.length) return;
    const at = rows.findIndex((row) => row.classList.contains("is-at"));
    if (event.key === "j" || event.key === "k") {
      const next = Math.min(Math.max(at + (event.key === "j" ? 1 : -1), 0), rows.length - 1);
      rows.forEach((row, index) => row.classList.toggle("is-at", index === next));
      rows[next].scrollIntoView({ block: "nearest" });
    } else if (at >= 0 && (event.key === "Enter" || event.key === "o")) {
      location.href = rows[at].dataset.href;
    } else if (at >= 0 && event.key === "x") {
      rows[at].querySelector("[data-select-row]")?.click();
    }
  });

  // New work is asked for while somebody looks, and announced; the rows stay where they are.
  async function hearNews() {
    const bar = document.querySelector("[data-news]");
    if (!bar || document.hidden) return;
    const answer = await fetch(bar.dataset.news).catch(() => null);
    const news = answer && answer.ok ? await answer.json().catch(() => null) : null;
    if (!news || !news.words) return;
    bar.querySelector("b").textContent = news.words;
    bar.querySelector("span").textContent = news.detail;
    bar.hidden = false;
  }
  setInterval(hearNews, 45000);
  document.addEventListener("visibilitychange", hearNews);

  document.addEventListener("htmx:after:swap", (event) => prepare(event.target instanceof Element ? event.target : document));
  document.addEventListener("DOMContentLoaded", () => prepare(document));
})();
