/* What others moved or added comes onto the board by itself: never into somebody's hands. Nothing is
   asked for in a tab that nobody sees, under a drag, an open menu or a dialog; what was asked for and
   comes into one of these is left, and asked for again. Scroll and focus stay. */

const HELD = ".card-dragged, .card-moving, dialog[open], details.menu[open]";

const isHandsOff = () => document.hidden || document.querySelector(HELD) !== null;
const isNews = (event) => event.target.matches?.("[data-board-news]");

document.addEventListener("htmx:beforeRequest", (event) => {
  if (isNews(event) && isHandsOff()) event.preventDefault();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (isNews(event) && isHandsOff()) event.detail.shouldSwap = false;
});
document.addEventListener("htmx:afterSwap", (event) => {
  const news = document.getElementById("board-news");
  if (news && event.detail.requestConfig?.elt?.matches("[data-board-news]")) take(news);
});

function take(news) {
  if (news.querySelector("[data-too-much]")) return offerAnew(news);
  const cards = news.querySelector("template[data-cards]");
  if (!cards) return;
  if (!document.querySelector("[data-column]")) {
    htmx.ajax("GET", location.href, { target: "#results", select: "#results", swap: "outerHTML" });
    return;
  }
  const said = [];
  for (const card of [...cards.content.querySelectorAll("[data-card]")]) {
    const line = news.querySelector(`[data-news="${card.dataset.card}"]`);
    if (place(card, "came" in line.dataset)) said.push(line.textContent);
  }
  for (const { dataset } of news.querySelectorAll("[data-gone]")) document.getElementById(`card-${dataset.gone}`)?.remove();
  const several = news.querySelector("[data-several]").textContent;
  if (said.length) document.getElementById("board-said").textContent = said.length > 3 ? several : said.join(" ");
}

/* Whether the card has come to another place than it had in this browser. */
function place(card, came) {
  const old = document.getElementById(card.id);
  const isThere = old?.dataset.status === card.dataset.status;
  if (!old && !came) return false;
  const focused = old?.contains(document.activeElement) ? document.activeElement.className : "";
  if (isThere) old.replaceWith(card);
  else {
    old?.remove();
    const column = document.getElementById(`cards-${card.dataset.status}`);
    if (!column) return false;
    keepingScroll(column.parentElement, () => column.prepend(card));
    card.classList.add("card-news");
  }
  htmx.process(card);
  if (focused) card.querySelector(`.${focused}`)?.focus({ preventScroll: true });
  return !isThere;
}

/* Whoever reads further down goes on reading what they read. */
function keepingScroll(scroller, change) {
  const { scrollTop, scrollHeight } = scroller;
  change();
  if (scrollTop > 0) scroller.scrollTop = scrollTop + scroller.scrollHeight - scrollHeight;
}

function offerAnew(news) {
  const toast = news.querySelector("[data-too-much]").content.firstElementChild;
  toast.querySelector("a").href = location.href;
  document.getElementById("toasts").append(toast);
  news.remove();
}
