// The frame: menus and dialogs close as one expects, preferences change at once, the composer changes voice.
const root = document.documentElement;

document.addEventListener('click', event => {
  const opener = event.target.closest('[data-opens]');
  const dialog = opener && document.getElementById(opener.dataset.opens);
  if (dialog?.showModal) {
    event.preventDefault();
    opener.closest('details.menu')?.removeAttribute('open');
    dialog.showModal();
    dialog.dispatchEvent(new CustomEvent('doleance:opened', { bubbles: true }));
  }
  for (const menu of document.querySelectorAll('details.menu[open]')) if (!menu.contains(event.target)) menu.open = false;
  const away = event.target.matches('dialog[open]') && event.target;
  if (away && outside(away, event)) away.close();
  const copied = event.target.closest('[data-copy]');
  if (copied) navigator.clipboard?.writeText(copied.dataset.copy).then(() => { copied.dataset.copied = ''; });
});
function outside(element, { clientX: x, clientY: y }) {
  const box = element.getBoundingClientRect();
  return x < box.left || x > box.right || y < box.top || y > box.bottom;
}
document.addEventListener('keydown', event => {
  if (event.key !== 'Escape') return;
  const menu = document.querySelector('details.menu[open]');
  if (!menu) return;
  event.preventDefault();
  menu.open = false;
  menu.querySelector('summary').focus();
});

// Theme, density, shortcuts, language: on this screen at once, in a cookie for the next page; the form works without this.
document.addEventListener('change', event => {
  const form = event.target.closest('form[data-preference]');
  if (!form) return;
  const name = form.dataset.preference, value = event.target.value;
  const usual = form.querySelector('input').defaultValue && form.querySelector('[type=radio]').value;
  value === usual ? delete root.dataset[name] : root.dataset[name] = value;
  document.cookie = `doleance_${name}=${value};path=/;max-age=31536000;samesite=lax${location.protocol === 'https:' ? ';secure' : ''}`;
  if (name === 'language') location.reload(); // its words come from the server
});

// « Répondre », « Note interne »: show the right form of the composer and put the cursor in it.
document.addEventListener('click', event => {
  const asked = event.target.closest('[data-compose]');
  if (!asked) return;
  if (asked.matches('a, button')) event.preventDefault(); // a radio button must keep its own click
  const choice = document.querySelector(`.composer [type=radio][value="${asked.dataset.compose}"]`);
  if (choice) choice.checked = true;
  const box = document.querySelector(`.composer form.${asked.dataset.compose} textarea`);
  box?.focus();
  box?.scrollIntoView({ block: 'nearest' });
});
