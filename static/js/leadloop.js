/* What pages do beyond links and forms. Everything here is an enhancement: without it, menus are
   <details>, dialogs open by their address, and forms post as forms. Words shown come from the page. */

const page = document.documentElement;
const YEAR_IN_SECONDS = 31_536_000;

function remember(name, value) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${name}=${value}; path=/; max-age=${YEAR_IN_SECONDS}; samesite=lax${secure}`;
}

/* --- Theme and shortcuts: choices kept in cookies, so that the server renders them ----------- */

function showChoices() {
  const theme = page.dataset.theme || "system";
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme));
  }
  const toggle = document.querySelector("[data-shortcuts-toggle]");
  if (toggle) toggle.checked = page.dataset.shortcuts !== "off";
}

function chooseTheme(theme) {
  if (theme === "system") delete page.dataset.theme;
  else page.dataset.theme = theme;
  remember("theme", theme);
  showChoices();
}

/* --- Messages ---------------------------------------------------------------------------------- */

const TOAST_MILLISECONDS = 7000;

/* A live region speaks only what is added to it while the page stands, so messages that came with
   the page are taken out and put back. Errors stay until they are closed. */
function announce(toast) {
  const region = document.getElementById("toasts");
  toast.dataset.announced = "yes";
  toast.remove();
  setTimeout(() => {
    region.append(toast);
    const lasts = Number(toast.dataset.lasts) || TOAST_MILLISECONDS;
    if (!toast.classList.contains("error")) setTimeout(() => toast.remove(), lasts);
  }, 60);
}

function announceAll() {
  for (const toast of document.querySelectorAll("#toasts > .toast:not([data-announced])")) announce(toast);
}

function showFailure(templateId) {
  announce(document.getElementById(templateId).content.firstElementChild.cloneNode(true));
}

/* --- Menus and dialogs --------------------------------------------------------------------------- */

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except && !menu.contains(except)) menu.open = false;
  }
}

/* Over the page, with the first thing to fill in or to correct under the cursor. */
function show(dialog) {
  dialog.showModal();
  const first = dialog.querySelector("[aria-invalid='true']") || dialog.querySelector(".field :is(input, select, textarea)");
  first?.focus();
}

function openDialog(id, opener) {
  const dialog = document.getElementById(id);
  if (!dialog) return false;
  if (dialog.open) dialog.close();
  dialog.addEventListener("close", () => opener?.focus(), { once: true });
  show(dialog);
  return true;
}

/* A dialog the server rendered open (asked for by the address, or refused with errors). */
function raiseOpenDialogs() {
  for (const dialog of document.querySelectorAll("dialog[open]:not(:modal)")) {
    dialog.close();
    show(dialog);
  }
}

function moveInMenu(menu, event) {
  const items = [...menu.querySelectorAll(".menu-item:not(:disabled)")];
  if (!items.length) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const at = items.indexOf(document.activeElement);
  if (event.key === "Home") items[0].focus();
  else if (event.key === "End") items.at(-1).focus();
  else if (step) items[(at + step + items.length) % items.length].focus();
  else return;
  event.preventDefault();
}

/* --- Drafts: what was typed in a composer survives leaving the page --------------------------------- */

const draftKey = (field) => `draft:${field.form.dataset.draft}:${field.name}`;

function restoreDrafts() {
  for (const field of document.querySelectorAll("form[data-draft] [data-draft-field]")) {
    const draft = sessionStorage.getItem(draftKey(field));
    if (draft && !field.value) field.value = draft;
  }
}

/* The message of a saved entry says so by its class; only then is the draft given up. */
function settleDrafts() {
  if (document.querySelector("#toasts > .composed:not([data-announced])")) {
    for (const field of document.querySelectorAll("form[data-draft] [data-draft-field]")) {
      sessionStorage.removeItem(draftKey(field));
    }
  }
  restoreDrafts();
}

/* --- Events, all on the document: swapped parts need no wiring ------------------------------------------ */

document.addEventListener("click", (event) => {
  const target = event.target.closest("a, button, summary, input") || event.target;
  const dialog = event.target.closest("dialog");
  closeMenus(event.target);

  if (target.dataset?.dialog && !event.ctrlKey && !event.metaKey) {
    const menu = target.closest("details.menu");
    if (openDialog(target.dataset.dialog, menu?.querySelector("summary") || target)) {
      event.preventDefault();
      if (menu) menu.open = false;
    }
  } else if (target.matches?.("[data-dialog-close]") && dialog?.matches(":modal")) {
    event.preventDefault();
    dialog.close();
  } else if (target.matches?.("[data-toast-close]")) target.closest(".toast").remove();
  else if (target.dataset?.themeChoice) chooseTheme(target.dataset.themeChoice);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-shortcuts-toggle]")) {
    page.dataset.shortcuts = event.target.checked ? "on" : "off";
    remember("shortcuts", page.dataset.shortcuts);
  }
});

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.matches("form[data-draft] [data-draft-field]")) return;
  if (field.value) sessionStorage.setItem(draftKey(field), field.value);
  else sessionStorage.removeItem(draftKey(field));
});

/* The second click of a double click must not post a second time. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sending) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.sending = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
}, { capture: true });

function allowSendingAgain(form) {
  delete form.dataset.sending;
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
}

function focusSearch(...selectors) {
  const field = selectors.map((selector) => document.querySelector(selector)).find(Boolean);
  if (!field) return false;
  field.focus();
  field.select();
  return true;
}

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest("details.menu[open]");
  if (menu && event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (menu) moveInMenu(menu, event);

  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey) {
    if (focusSearch("#global-search")) event.preventDefault();
    return;
  }
  const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (isTyping || !isPlain || page.dataset.shortcuts === "off" || document.querySelector("dialog:modal")) return;
  if (event.key === "/" && focusSearch("[data-search-here]", "#global-search")) event.preventDefault();
  if (event.key === "?" && openDialog("dialog-shortcuts")) event.preventDefault();
  if (event.key === "c") document.querySelector("[data-shortcut='c']")?.click();
});

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt.closest?.("form");
  if (form) allowSendingAgain(form);
});
document.addEventListener("htmx:afterSettle", () => {
  settleDrafts();
  announceAll();
  raiseOpenDialogs();
  document.querySelector("[data-focus-on-arrival]")?.focus();
});
/* Empty fields of a filter form stay out of the address, and asking what is shown already (a search
   field that merely loses the focus) makes no entry in the history. */
document.addEventListener("htmx:configRequest", (event) => {
  const { verb, formData, elt } = event.detail;
  if (verb !== "get") return;
  for (const [name, value] of [...formData.entries()]) if (value === "") formData.delete(name);
  const asked = new URLSearchParams(formData).toString();
  if (elt.matches("form") && asked === new URLSearchParams(location.search).toString()) event.preventDefault();
});
/* An answer without the part that was to be replaced (a sign-in page, say) is a page of its own. */
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr, shouldSwap } = event.detail;
  if (shouldSwap && target.id && !xhr.responseText.includes(`id="${target.id}"`)) {
    event.preventDefault();
    location.assign(xhr.responseURL);
  }
});
/* What refreshes by itself fails quietly: it asks again in a few seconds. */
const wasAskedByPerson = (event) => !event.detail.elt.matches?.("[data-quiet]");
document.addEventListener("htmx:sendError", (event) => wasAskedByPerson(event) && showFailure("toast-unreachable"));
document.addEventListener("htmx:responseError", (event) => wasAskedByPerson(event) && showFailure("toast-refused"));
/* Back from the browser's cache: forms may be sent again. */
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach(allowSendingAgain));

showChoices();
settleDrafts();
announceAll();
raiseOpenDialogs();
document.querySelector("[data-focus-on-arrival]")?.focus();
