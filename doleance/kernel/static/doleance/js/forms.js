// Forms: one press sends once, Ctrl+Enter sends, what is being written is never lost, a refusal is read first.
const busyAfter = 300; // ms before the button says that it is working
const prefix = 'doleance:draft:';

// Double submit: the second press of the same form is ignored until the page or the answer comes.
document.addEventListener('submit', event => {
  const form = event.target;
  if (form.method === 'dialog') return;
  if (form.dataset.sending) { event.preventDefault(); event.stopImmediatePropagation(); return; }
  form.dataset.sending = 'yes';
  const pressed = event.submitter;
  setTimeout(() => { if (form.dataset.sending) pressed?.setAttribute('aria-busy', 'true'); }, busyAfter);
  keepDraft(form);
}, true);

const release = form => {
  delete form.dataset.sending;
  form.querySelectorAll('[aria-busy]').forEach(button => button.removeAttribute('aria-busy'));
};
window.addEventListener('pageshow', () => document.querySelectorAll('form[data-sending]').forEach(release));
document.addEventListener('htmx:afterRequest', ({ detail }) => {
  const form = detail.elt.closest?.('form');
  if (!form) return;
  release(form);
  if (detail.xhr?.status < 300) dropDraft(form); // a refusal is swapped in too: nothing was sent
});

document.addEventListener('keydown', event => {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
  const form = event.target.closest('form[data-ctrl-enter]');
  if (!form) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector('[data-send]'));
});

// Drafts: a form with data-draft="reply:<file>" keeps its text on this device, and gives it back.
const area = form => form.querySelector('textarea[name=text]'); // an envelope may stand above it
const key = form => prefix + form.dataset.draft;
const store = {
  get: name => { try { return localStorage.getItem(name); } catch { return null; } },
  set: (name, text) => { try { text ? localStorage.setItem(name, text) : localStorage.removeItem(name); } catch { /* full or forbidden: the page still works */ } },
};
const say = (form, which) => form.querySelectorAll('[data-draft-says]').forEach(line => { line.hidden = line.dataset.draftSays !== which; });
const plain = text => text.replace(/\s+/g, ' ').trim();

function keepDraft(form) {
  if (form.dataset.draft && area(form)) store.set(key(form), area(form).value);
}
function dropDraft(form) {
  if (form.dataset.draft) store.set(key(form), '');
}
// The proof that a text arrived is that it is on the page: then its draft has done its work.
const arrived = text => [...document.querySelectorAll('.event .box')].some(box => plain(box.innerText).includes(plain(text)));

function restore(form) {
  const text = store.get(key(form)), box = area(form);
  if (!text || !box) return;
  if (arrived(text)) { dropDraft(form); return; }
  if (box.value.trim()) return;
  box.value = text;
  say(form, 'found');
}
let saving;
document.addEventListener('input', event => {
  const form = event.target.closest('form[data-draft]');
  if (!form) return;
  clearTimeout(saving);
  saving = setTimeout(() => { keepDraft(form); say(form, area(form).value ? 'kept' : ''); }, 400);
});
document.addEventListener('click', event => {
  const drop = event.target.closest('[data-draft-drop]');
  if (!drop) return;
  const form = drop.closest('form');
  dropDraft(form); area(form).value = ''; say(form, ''); area(form).focus();
});
document.addEventListener('submit', event => {
  if (!event.target.matches('[data-clears-drafts]')) return;
  try { Object.keys(localStorage).filter(name => name.startsWith(prefix)).forEach(name => localStorage.removeItem(name)); } catch { /* nothing kept */ }
});
window.addEventListener('pagehide', () => document.querySelectorAll('form[data-draft]').forEach(keepDraft));

// A refused form puts the reader on what is to be mended.
const attend = root => (root.matches?.('[data-summary]') ? root : root.querySelector?.('[data-summary]'))?.focus();
document.addEventListener('htmx:afterSettle', ({ target }) => { attend(target); target.querySelectorAll?.('form[data-draft]').forEach(restore); });
document.querySelectorAll('form[data-draft]').forEach(restore);
if (location.hash) document.querySelector('[autofocus]')?.focus(); // browsers do not, where the address has a fragment
attend(document);
