// What htmx must never do here: replace a list or a file by an error, lose what was written, or fail in silence.
const say = name => {
  const words = document.querySelector(`template[data-says="${name}"]`);
  if (!words) return;
  document.querySelector('[data-said]')?.remove();
  const told = words.content.firstElementChild.cloneNode(true);
  told.dataset.said = name;
  document.querySelector('main')?.prepend(told);
};
const hush = name => document.querySelector(`[data-said="${name}"]`)?.remove();

window.addEventListener('offline', () => say('offline'));
window.addEventListener('online', () => hush('offline'));
if (!navigator.onLine) say('offline');

document.addEventListener('htmx:sendError', () => say(navigator.onLine ? 'unreachable' : 'offline'));
document.addEventListener('htmx:timeout', () => say('unreachable'));
document.addEventListener('htmx:responseError', ({ detail }) => {
  say({ 401: 'expired', 403: 'expired', 404: 'gone', 409: 'stale' }[detail.xhr.status] ?? 'broken');
});
// An expired session answers with the sign-in page: it must not land inside a fragment.
document.addEventListener('htmx:beforeSwap', event => {
  const { detail } = event;
  if (detail.xhr.responseURL && new URL(detail.xhr.responseURL).pathname === document.body.dataset.signIn) { detail.shouldSwap = false; say('expired'); }
  else if (detail.xhr.status < 400) hush('unreachable');
});
