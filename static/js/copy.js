/* Buttons that copy what stands in a field: `data-copy` names it. Without a clipboard (plain http)
   the text is selected, ready for Ctrl-C. The buttons are hidden where there is no script. */
const BACK_AFTER_MILLISECONDS = 2000;

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const label = button.querySelector("span");
  const usual = label.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      return;
    }
    label.textContent = button.dataset.copied;
    setTimeout(() => { label.textContent = usual; }, BACK_AFTER_MILLISECONDS);
  });
}
