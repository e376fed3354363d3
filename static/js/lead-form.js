/* What a public form does beyond being a form. All of it is an enhancement. */

const main = document.querySelector("main");

document.querySelector("[data-focus]")?.focus();

/* The second click of a double click must not post a second time. */
document.querySelector("form")?.addEventListener("submit", (event) => {
  const form = event.currentTarget;
  if (form.dataset.sending) event.preventDefault();
  form.dataset.sending = "yes";
  form.querySelector("button").setAttribute("aria-busy", "true");
});
/* Back from the browser's cache: it may be sent again. */
window.addEventListener("pageshow", () => {
  const form = document.querySelector("form[data-sending]");
  if (!form) return;
  delete form.dataset.sending;
  form.querySelector("button").removeAttribute("aria-busy");
});

/* In a frame: tell the page around it how high this is, and when it is done. Nothing a visitor
   typed is in these messages, so any site that may frame the form may hear them. */
if (window.parent !== window) {
  const tell = (message) => window.parent.postMessage({ leadloop: "lead-form", ...message }, "*");
  new ResizeObserver(() => tell({ height: Math.ceil(main.getBoundingClientRect().height) })).observe(main);
  if ("sent" in main.dataset) tell({ sent: true, next: main.dataset.continue || "" });
}
