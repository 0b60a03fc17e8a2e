"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const checks = all(".check");
  const search = document.getElementById("search");
  const chips = all(".chip input");
  const shown = document.getElementById("shown");

  // What can be searched is read once: a page may have hundreds of checks.
  const texts = new Map(checks.map((check) => [check, check.textContent.toLowerCase()]));

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = new Set(chips.filter((chip) => chip.checked).map((chip) => chip.value));
    let count = 0;
    for (const check of checks) {
      const text = texts.get(check);
      const wanted = verdicts.has(check.dataset.verdict) && words.every((word) => text.includes(word));
      check.hidden = !wanted;
      count += wanted ? 1 : 0;
    }
    for (const group of all(".family, .suite")) {
      group.hidden = !group.querySelector(".check:not([hidden])");
    }
    shown.textContent = `${count} of ${checks.length} checks shown`;
  }

  function reset() {
    search.value = "";
    for (const chip of chips) chip.checked = true;
    filter();
  }

  // A link to a check opens it; one to an id that has several uses opens the first of them.
  function follow() {
    let id = location.hash.slice(1);
    try { id = decodeURIComponent(id); } catch { return; }
    const target = id && document.getElementById(id);
    if (!target || !target.closest(".suite")) return;
    const check = target.matches(".check") ? target : target.querySelector(".check");
    if (!check) return;
    if (check.hidden) reset();
    for (const other of all(".check.here")) other.classList.remove("here");
    check.classList.add("here");
    check.open = true;
    target.scrollIntoView();
    check.querySelector("summary").focus({ preventScroll: true });
  }

  async function copy(button) {
    const code = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "selected";
    }
    setTimeout(() => { button.textContent = "copy"; }, 2000);
  }

  function move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const here = event.target.closest && event.target.closest(".check > summary");
    if (!step || !here) return;
    const open = checks.filter((check) => !check.hidden);
    const next = open[open.indexOf(here.parentElement) + step];
    if (!next) return;
    event.preventDefault();
    next.querySelector("summary").focus();
  }

  function openAll(open) {
    for (const check of checks) if (!check.hidden) check.open = open;
  }

  for (const tool of all(".tools[hidden], .copy[hidden]")) tool.hidden = false;
  search.addEventListener("input", filter);
  for (const chip of chips) chip.addEventListener("change", filter);
  document.getElementById("open").addEventListener("click", () => openAll(true));
  document.getElementById("close").addEventListener("click", () => openAll(false));
  document.addEventListener("click", (event) => {
    if (event.target.matches(".copy")) copy(event.target);
    const link = event.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) follow();
  });
  document.addEventListener("keydown", move);
  addEventListener("hashchange", follow);
  addEventListener("beforeprint", () => {
    for (const check of checks) if (/missed|unmeasured/.test(check.dataset.verdict)) check.open = true;
  });
  addEventListener("load", follow);  // later than the browser's own idea of where a link leads
  filter();
})();
