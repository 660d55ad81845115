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
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && isTyping(event.target)) event.target.blur();
  const help = document.getElementById("keys");
  if (help.open || isTyping(event.target)) return;
  const shown = [...document.querySelectorAll(`[data-key="${CSS.escape(event.key)}"]`)].filter((e) => e.checkVisibility());
  if (event.key === "?") help.showModal();
  else if (event.key === "j") choose(chosen + 1);
  else if (event.key === "k") choose(chosen - 1);
  else if (shown.length && !event.repeat) shown[0].click();
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

// <form data-draft="flag-13">: what is typed outlasts a lost connection and a session that has ended, until a page
// comes back with data-decided="flag-13".
for (const decided of document.querySelectorAll("[data-decided]")) sessionStorage.removeItem(decided.dataset.decided);
for (const form of document.querySelectorAll("[data-draft]")) {
  const note = form.elements.namedItem("note");
  note.value ||= sessionStorage.getItem(form.dataset.draft) || "";
  note.addEventListener("input", () => sessionStorage.setItem(form.dataset.draft, note.value));
}

function csrf() {
  return document.querySelector("meta[name=csrf]").content;
}

// <span data-renew="/queue/13/renew" data-every="60">: a lease is renewed while its page is looked at; within it stand
// until when (data-until) and how many seconds are left (data-left). What has data-lapsed is shown when it has lapsed.
const renewed = document.querySelector("[data-renew]");

function showLeft(seconds) {
  const ends = Date.now() + seconds * 1000;
  const shown = renewed.querySelector("[data-left]");
  clearInterval(showLeft.timer);
  showLeft.timer = setInterval(() => {
    const left = Math.max(0, Math.round((ends - Date.now()) / 1000));
    shown.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    document.querySelector("[data-lapsed]").hidden = left > 0;
  }, 1000);
}

async function renew() {
  if (document.visibilityState !== "visible") return;
  try {
    const answer = await fetch(renewed.dataset.renew, { method: "POST", headers: { "X-CSRF-Token": csrf() } });
    if (answer.ok && !answer.redirected) {
      const { until, seconds } = await answer.json();
      renewed.querySelector("[data-until]").textContent = until;
      showLeft(seconds);
    } else if (answer.status === 409) showLeft(0);
  } catch {
    // Without a connection the time runs on; the next turn tries again.
  }
}

if (renewed) {
  showLeft(Number(renewed.querySelector("[data-left]").dataset.left));
  setInterval(renew, Number(renewed.dataset.every || 60) * 1000);
  document.addEventListener("visibilitychange", renew);
}
