/* The caller's page: keys for outcomes, and the clock of the call. It runs from when the lead was
   handed out, and anew from dialling. */

const page = document.documentElement;
let startedAt = 0;

const form = () => document.querySelector("[data-call-form]");

function seconds() {
  return Math.max(0, Math.floor((Date.now() - startedAt) / 1000));
}

function showClock() {
  const clock = document.querySelector("[data-call-timer]");
  if (!clock || !startedAt) return;
  const passed = seconds();
  const rest = String(passed % 60).padStart(2, "0");
  clock.textContent = `${Math.floor(passed / 60)}:${rest}`;
}

/* Dialling opens another programme, and the page may be loaded anew meanwhile. */
const memory = () => `call-started:${form().dataset.draft}`;

if (form()) {
  const since = Number(form().dataset.callSince) * 1000;
  startedAt = Number(sessionStorage.getItem(memory())) || Math.min(since || Date.now(), Date.now());
  showClock();
  setInterval(showClock, 1000);
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-call-start]") || !form()) return;
  startedAt = Date.now();
  sessionStorage.setItem(memory(), String(startedAt));
  showClock();
});

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-call-form]")) event.target.elements.duration.value = seconds();
});

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat;
  if (isTyping || !isPlain || page.dataset.shortcuts === "off" || document.querySelector("dialog:modal")) return;
  const chosen =
    event.key === "n"
      ? document.querySelector("[data-call-next]")
      : [...document.querySelectorAll("[data-call-key]")].find((one) => one.dataset.callKey === event.key);
  if (!chosen) return;
  event.preventDefault();
  chosen.click();
});
