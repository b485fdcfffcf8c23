// Toasts: said politely once, with a bar that follows the server's own countdown, gone when it is too late to undo.
const place = document.getElementById('toasts');
const pace = 250; // ms between two moves of the bar; readers are told nothing of it

function start(toast) {
  if (toast.dataset.started) return;
  toast.dataset.started = 'yes';
  const bar = toast.querySelector('progress');
  const end = performance.now() + 1000 * (Number(toast.dataset.toast) || 8);
  const move = setInterval(() => {
    const left = (end - performance.now()) / 1000;
    if (bar) bar.value = Math.max(0, left);
    if (left <= 0) toast.querySelector('[data-undo]')?.setAttribute('disabled', '');
    if (left > 0 || toast.matches(':hover, :focus-within')) return;
    clearInterval(move);
    toast.remove();
    document.body.dispatchEvent(new CustomEvent('doleance:settled', { bubbles: true }));
  }, pace);
}

// A status region says what changes in it: one that came with the page is put back, so that it is heard.
for (const toast of place?.querySelectorAll('.toast') ?? []) {
  toast.remove();
  setTimeout(() => { place.append(toast); start(toast); }, 120);
}
document.addEventListener('htmx:load', ({ target }) => {
  for (const toast of document.querySelectorAll('#toasts .toast')) start(toast);
});
