/* Selecting leads in the list: ranges, all of the page, all that match, and by key. Without this
   script boxes are boxes, and the bar's buttons open a page that asks. */

const page = document.documentElement;
const bar = () => document.getElementById("bulk");
const boxes = () => [...document.querySelectorAll("#results [name='ids']")];
const matching = () => bar()?.elements.matching;
const pageBox = () => document.querySelector("#results [data-select-page]");

let last = null;

function show() {
  if (!bar()) return;
  const all = boxes();
  const chosen = all.filter((box) => box.checked).length;
  const isAll = Boolean(matching()?.checked);
  bar().querySelector("[data-count]").textContent = isAll ? "" : String(chosen);
  const head = pageBox();
  head.hidden = false;
  head.checked = all.length > 0 && chosen === all.length;
  head.indeterminate = chosen > 0 && chosen < all.length;
  if (chosen || isAll) htmx.trigger(bar(), "selecting");
}

function setAll(isChecked) {
  for (const box of boxes()) box.checked = isChecked;
  if (!isChecked && matching()) matching().checked = false;
}

/* From the box that was ticked last to this one, all like this one. */
function extendTo(box) {
  const all = boxes();
  const from = all.indexOf(last);
  const to = all.indexOf(box);
  if (from < 0 || to < 0) return;
  for (const one of all.slice(Math.min(from, to), Math.max(from, to) + 1)) one.checked = box.checked;
}

document.addEventListener("click", (event) => {
  const box = event.target.closest?.("#results [name='ids']");
  if (!box) return;
  if (event.shiftKey) extendTo(box);
  last = box;
  show();
});

document.addEventListener("change", (event) => {
  const field = event.target;
  if (field.matches("#results [data-select-page]")) setAll(field.checked);
  else if (field === matching() && field.checked) setAll(true);
  /* One lead less than all that match is a selection again. */
  else if (field.matches("#results [name='ids']") && !field.checked && matching()) matching().checked = false;
  else if (field !== matching()) return;
  show();
});

document.addEventListener("reset", (event) => {
  if (event.target !== bar()) return;
  event.preventDefault();
  setAll(false);
  show();
});

let lastRow = null;
const rowOf = (element) => element?.closest?.("#results tbody tr");

document.addEventListener("focusin", (event) => {
  lastRow = rowOf(event.target) || lastRow;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (page.dataset.shortcuts === "off" || document.querySelector("dialog:modal, details.menu[open]")) return;
  if (event.target.closest("input:not([type='checkbox']), textarea, select, [contenteditable]")) return;
  const row = rowOf(document.activeElement) || (lastRow?.isConnected ? lastRow : null);
  const box = row?.querySelector("[name='ids']");
  if (!box) return;
  event.preventDefault();
  box.click();
});

document.addEventListener("htmx:afterSettle", show);
window.addEventListener("pageshow", show);
show();
