// « Copier » is there only where it can work: the clipboard needs a script, and a page that came safely.
const buttons = document.querySelectorAll('button[data-copy]');
if (navigator.clipboard) buttons.forEach(button => { button.hidden = false; });

document.addEventListener('click', async event => {
  const button = event.target.closest('button[data-copy]');
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    return; // refused: what was to be copied is beside the button, and can be chosen by hand
  }
  const said = document.getElementById(button.getAttribute('aria-describedby'));
  button.dataset.copied = '';
  if (said) said.textContent = button.dataset.done;
});
