/* The conversation looks for news every few seconds, but not in a tab that nobody sees, and not
   while something in it is being read: a swap would take a selection or an opened text away. (The
   focus stays: what can have it has an id.) */

function isBeingRead(part) {
  const selection = document.getSelection();
  return (
    part.querySelector("details[open]") !== null ||
    (selection !== null && !selection.isCollapsed && part.contains(selection.anchorNode))
  );
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.detail.elt;
  if (part.matches("[data-refreshes]") && (document.hidden || isBeingRead(part))) event.preventDefault();
});
