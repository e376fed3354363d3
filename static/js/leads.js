/* The Leads page by keyboard, its preview, and the order of its columns. An enhancement: without it
   rows are links, the preview's link opens the page, and columns keep their usual order. */

const root = document.documentElement;
const panel = () => document.getElementById("preview");
const links = () => [...document.querySelectorAll("#results .row-link")];
const rowOf = (element) => element?.closest("#results tbody tr");

/* --- Moving through the rows: j, k, o, p ------------------------------------------------------- */

let lastRow = null;

const currentRow = () => rowOf(document.activeElement) || (lastRow?.isConnected ? lastRow : null);

function move(step) {
  const all = links();
  if (!all.length) return;
  const at = all.indexOf(currentRow()?.querySelector(".row-link"));
  const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(all.length - 1, at + step));
  all[next].focus();
  all[next].scrollIntoView({ block: "nearest" });
  if (isPreviewed()) preview(rowOf(all[next]));
}

/* --- The preview ---------------------------------------------------------------------------------- */

const isPreviewed = () => panel() && !panel().hidden;

/* Where the panel would cover the list, the lead's own page is the preview. */
const hasRoom = () => matchMedia("(width >= 80rem)").matches;

function preview(row) {
  const link = row?.querySelector(".row-preview");
  if (!link) return;
  if (hasRoom()) link.click();
  else location.assign(link.href);
}

function closePreview() {
  const panelShown = panel();
  panelShown.hidden = true;
  panelShown.replaceChildren();
  markPreviewed();
  lastRow?.querySelector(".row-link")?.focus();
}

function markPreviewed() {
  const number = isPreviewed() ? panel().dataset.preview : "";
  for (const row of document.querySelectorAll("#results tbody tr")) {
    const isShown = number && row.querySelector(".row-link")?.href.endsWith(`/${number}/`);
    row.toggleAttribute("data-previewed", Boolean(isShown));
    if (isShown) lastRow = row;
  }
}

/* --- Columns --------------------------------------------------------------------------------------- */

function showOrderButtons() {
  for (const buttons of document.querySelectorAll("[data-columns] .column-order")) buttons.hidden = false;
}

function moveColumn(button) {
  const item = button.closest("li");
  const other = button.dataset.move === "up" ? item.previousElementSibling : item.nextElementSibling;
  if (!other) return;
  if (button.dataset.move === "up") other.before(item);
  else other.after(item);
  button.focus();
}

/* --- Events ---------------------------------------------------------------------------------------- */

document.addEventListener("focusin", (event) => {
  lastRow = rowOf(event.target) || lastRow;
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button, a");
  if (button?.matches("[data-preview-close]")) closePreview();
  if (button?.matches("[data-move]")) moveColumn(button);
});

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog:modal, details.menu[open]")) return;
  if (event.key === "Escape" && isPreviewed()) {
    closePreview();
    return;
  }
  const isTyping = event.target.closest("input:not([type='checkbox']), textarea, select, [contenteditable]");
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
  if (isTyping || !isPlain || root.dataset.shortcuts === "off") return;
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "o") currentRow()?.querySelector(".row-link")?.click();
  else if (event.key === "p") preview(currentRow());
  else return;
  event.preventDefault();
});

document.addEventListener("htmx:afterSettle", (event) => {
  showOrderButtons();
  markPreviewed();
  /* Opened by mouse or key, it is where one reads on; walking through the rows stays there. */
  if (event.detail.target?.id === "preview" && !rowOf(document.activeElement)?.hasAttribute("data-previewed")) {
    panel()?.focus();
  }
});

showOrderButtons();
