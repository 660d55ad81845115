// Keys, and forms that need no new page. Everything works without this file, but for the keys.
// A page declares its keys in its markup: <button data-key="1">, <a data-key="n">; rows stand in <table data-rows>.
"use strict";

const rows = [...document.querySelectorAll("[data-rows] tbody tr")];
let chosen = -1;

function choose(number) {
  if (!rows.length) return;
  rows[chosen]?.classList.remove("chosen");
  chosen = Math.max(0, Math.min(rows.length - 1, number));
  rows[chosen].classList.add("chosen");
  rows[chosen].scrollIntoView({ block: "nearest" });
  rows[chosen].querySelector("a")?.focus({ preventScroll: true });
}

function isTyping(target) {
  return target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select");
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
  const help = document.getElementById("keys");
  if (help.open) return;
  const marked = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (event.key === "?") help.showModal();
  else if (event.key === "j") choose(chosen + 1);
  else if (event.key === "k") choose(chosen - 1);
  else if (marked) marked.click();
  else return;
  event.preventDefault();
});

// <form data-into="#id">: what the form's answer has under that id takes its place here; errors are shown whole.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  const into = form.dataset.into;
  if (!into) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { "X-CSRF-Token": csrf() } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = answer.ok ? page.querySelector(into) : page.querySelector(".problem");
    document.querySelector(into).replaceWith(fresh);
  } catch {
    form.submit();
  }
});

// <body data-renew="/queue/13/renew" data-every="60">: a lease is renewed while its page is looked at.
function csrf() {
  return document.querySelector("meta[name=csrf]").content;
}

const renewed = document.querySelector("[data-renew]");
if (renewed) {
  setInterval(() => {
    if (document.visibilityState !== "visible") return;
    fetch(renewed.dataset.renew, { method: "POST", headers: { "X-CSRF-Token": csrf() } }).catch(() => undefined);
  }, Number(renewed.dataset.every || 60) * 1000);
}
