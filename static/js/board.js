/* The pipeline: cards moved by mouse and by keys. The server decides about every move; a card that it
   does not take goes back to where it was. Without this script each card's menu is a page of forms. */

const board = () => document.querySelector("[data-board]");
const dialog = () => document.querySelector("#board-dialog dialog");
const columns = () => [...document.querySelectorAll("[data-column]")];

let dragged = null;
/* The card that waits for an answer or for its dialog, and where it came from. */
let moving = null;

function send(card, status) {
  if (moving || card.dataset.status === status) return;
  moving = { card, parent: card.parentElement, next: card.nextElementSibling };
  card.classList.add("card-moving");
  document.getElementById(`cards-${status}`).prepend(card);
  htmx.ajax("POST", `${board().dataset.board}${card.dataset.card}/to/${status}/${location.search}`, {
    source: card,
    target: "#board-dialog",
    swap: "outerHTML",
    values: { expected_status: card.dataset.status, dropped: "yes" },
  });
}

function openMenu(card) {
  if (moving) return;
  htmx.ajax("GET", card.querySelector(".card-move").href, {
    source: card,
    target: "#board-dialog",
    swap: "outerHTML",
  });
  returnTo = card.id;
}

/* A card that the answer did not place anew goes back, unless its dialog is still open. */
function giveBack() {
  if (!moving || dialog()?.open) return;
  const { card, parent, next } = moving;
  moving = null;
  if (!card.isConnected) return;
  card.classList.remove("card-moving");
  parent.insertBefore(card, next?.parentElement === parent ? next : null);
  focusCard(card);
}

const focusCard = (card) => card?.querySelector(".card-name").focus();
let returnTo = "";

/* --- Mouse ------------------------------------------------------------------------------------------ */

function markTarget(column) {
  for (const one of columns()) one.classList.toggle("column-over", one === column);
}

document.addEventListener("dragstart", (event) => {
  const card = event.target.closest?.("[data-card][draggable='true']");
  if (!card) return;
  dragged = card;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", card.querySelector(".card-name").textContent);
  card.classList.add("card-dragged");
});
document.addEventListener("dragover", (event) => {
  const column = dragged && event.target.closest?.("[data-column]");
  if (column) event.preventDefault();
  if (dragged) markTarget(column);
});
document.addEventListener("drop", (event) => {
  const column = dragged && event.target.closest?.("[data-column]");
  if (!column) return;
  event.preventDefault();
  send(dragged, column.dataset.column);
});
document.addEventListener("dragend", () => {
  dragged?.classList.remove("card-dragged");
  dragged = null;
  markTarget(null);
});

/* --- Keys -------------------------------------------------------------------------------------------- */

function neighbour(card, step) {
  const all = columns();
  return all[all.indexOf(card.closest("[data-column]")) + step];
}

function walk(card, key) {
  const cards = [...card.parentElement.children];
  const at = cards.indexOf(card);
  if (key === "ArrowDown" || key === "ArrowUp") return cards[at + (key === "ArrowDown" ? 1 : -1)];
  const step = key === "ArrowRight" ? 1 : -1;
  /* Empty columns are passed over. */
  let column = neighbour(card, step);
  while (column && !column.querySelector("[data-card]")) column = columns()[columns().indexOf(column) + step];
  const there = column ? [...column.querySelectorAll("[data-card]")] : [];
  return there[Math.min(at, there.length - 1)];
}

document.addEventListener("keydown", (event) => {
  if (!board() || event.ctrlKey || event.metaKey || event.altKey) return;
  const options = event.target.closest(".board-targets");
  if (options && event.key.startsWith("Arrow")) {
    const items = [...options.querySelectorAll(".menu-item:not(:disabled)")];
    const step = event.key === "ArrowDown" || event.key === "ArrowRight" ? 1 : -1;
    items[(items.indexOf(document.activeElement) + step + items.length) % items.length]?.focus();
    event.preventDefault();
    return;
  }
  if (event.target.closest("input, textarea, select, dialog")) return;
  const areOn = document.documentElement.dataset.shortcuts !== "off";
  if (event.key === "u" && areOn) {
    [...document.querySelectorAll("[data-undo]")].at(-1)?.click();
    return;
  }
  const card = event.target.closest("[data-card]");
  if (!card) return;
  if (event.key === "m" && areOn && card.draggable) openMenu(card);
  else if (event.key.startsWith("Arrow") && event.shiftKey) {
    const column = card.draggable && neighbour(card, { ArrowRight: 1, ArrowLeft: -1 }[event.key]);
    if (column) send(card, column.dataset.column);
  } else if (event.key.startsWith("Arrow")) focusCard(walk(card, event.key));
  else return;
  event.preventDefault();
});

/* --- Menu, dialogs and answers ------------------------------------------------------------------------- */

document.addEventListener("click", (event) => {
  const button = event.target.closest(".card-move");
  if (!button || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  openMenu(button.closest("[data-card]"));
});

/* "close" does not bubble; a dialog that is replaced by its answer does not close. */
document.addEventListener("close", (event) => {
  if (!event.target.closest("#board-dialog") || event.target.open) return;
  if (moving) giveBack();
  else focusCard(document.getElementById(returnTo));
}, { capture: true });

document.addEventListener("htmx:afterSettle", () => {
  giveBack();
  const placed = document.querySelector("[data-just-moved]");
  if (!placed) return;
  placed.removeAttribute("data-just-moved");
  focusCard(placed);
});
/* A move is taken back once: the offer goes with the answer, whatever it is. */
document.addEventListener("htmx:afterRequest", (event) => {
  const { elt, xhr } = event.detail;
  if (xhr?.status && elt.querySelector?.("[data-undo]")) elt.closest(".toast, .board-undo")?.remove();
});
for (const failure of ["htmx:responseError", "htmx:sendError"]) document.addEventListener(failure, giveBack);

/* The column a phone shows, kept in the address. */
document.addEventListener("change", (event) => {
  if (!event.target.matches(".stage-picker input")) return;
  const address = new URL(location.href);
  address.searchParams.set("stage", event.target.value);
  history.replaceState(history.state, "", address);
  document.querySelector("[data-stage-field]").value = event.target.value;
});
