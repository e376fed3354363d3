/* The order of a campaign's lists by dragging. An enhancement: without it, and by keyboard, the
   numbers are typed and saved with the button. */

const form = document.querySelector("[data-priorities]");
const rows = () => [...form.querySelectorAll("tr[data-list]")];
let dragged = null;
let place = -1;

/* 1, 2, 3 … from the top, as the rows stand. */
function renumber() {
  rows().forEach((row, place) => {
    row.querySelector("input[type='number']").value = place + 1;
  });
}

function tell(text) {
  form.querySelector("[data-order-told]").textContent = text;
}

async function save() {
  const answer = await fetch(form.action, {
    method: "POST",
    headers: { "HX-Request": "true" },
    body: new FormData(form),
  }).catch(() => null);
  tell(answer?.status === 204 ? form.dataset.saved : form.dataset.failed);
}

function follow(event) {
  const over = document.elementFromPoint(event.clientX, event.clientY)?.closest("tr[data-list]");
  if (!over || over === dragged || !form.contains(over)) return;
  const middle = over.getBoundingClientRect().top + over.offsetHeight / 2;
  if (event.clientY < middle) over.before(dragged);
  else over.after(dragged);
}

/* Listened to on the document: a row that is moved in the page would lose a captured pointer. */
function drop() {
  if (!dragged) return;
  document.removeEventListener("pointermove", follow);
  dragged.classList.remove("is-dragged");
  const wasMoved = place !== rows().indexOf(dragged);
  dragged = null;
  if (!wasMoved) return;
  renumber();
  save();
}

function pick(event) {
  if (event.button !== 0) return;
  event.preventDefault();
  dragged = event.currentTarget.closest("tr");
  place = rows().indexOf(dragged);
  dragged.classList.add("is-dragged");
  document.addEventListener("pointermove", follow);
  document.addEventListener("pointerup", drop, { once: true });
  document.addEventListener("pointercancel", drop, { once: true });
}

if (form) {
  for (const handle of form.querySelectorAll("[data-handle]")) {
    handle.hidden = false;
    handle.addEventListener("pointerdown", pick);
  }
}
