// Shortcuts. data-key="R" on a button, a link or a field makes that key press it; "G D" is G then D; J and K walk the
// [data-rows]. None fires while one writes; the reader can switch them off; « ? » lists those of the page.
const root = document.documentElement;
const usable = element => element && !element.disabled && element.getAttribute('aria-disabled') !== 'true' && element.checkVisibility?.() !== false;
const fields = 'input:not([type=radio],[type=checkbox],[type=button],[type=submit]),textarea,select,[contenteditable]';
const open = () => document.querySelector('dialog[open]:modal');
const named = key => [...(open() ?? document).querySelectorAll('[data-key]')].filter(e => e.dataset.key.toLowerCase() === key && usable(e)).at(0);
let waiting = ''; // the first key of a pair
let timer;

document.addEventListener('keydown', event => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const writing = event.target.matches?.(fields);
  if (event.key === 'Escape') { escape(event, writing); return; }
  if (writing || root.dataset.keys === 'off' || event.repeat && !'jk'.includes(event.key)) return;
  const key = event.key === ' ' ? 'espace' : event.key.toLowerCase();
  const pair = waiting && `${waiting} ${key}`;
  waiting = '';
  if (act(pair || key, event)) return;
  if (!pair && [...document.querySelectorAll('[data-key]')].some(e => e.dataset.key.toLowerCase().startsWith(`${key} `))) {
    waiting = key;
    clearTimeout(timer);
    timer = setTimeout(() => { waiting = ''; }, 1500);
  }
});

function act(key, event) {
  if (key === '?') { help(); event.preventDefault(); return true; }
  const element = named(key);
  if (element) { event.preventDefault(); press(element); return true; }
  if ((key === 'j' || key === 'k') && !open()) return walk(key === 'j' ? 1 : -1, event);
  return false;
}

function press(element) {
  const wanted = element.dataset.focuses && [...document.querySelectorAll(element.dataset.focuses)].find(usable);
  if (wanted) { wanted.focus(); wanted.select?.(); return; }
  element.matches(fields) ? element.focus() : element.click();
}

function walk(step, event) {
  const rows = [...document.querySelectorAll('[data-rows] > *')].filter(row => row.querySelector('a[href]'));
  if (!rows.length) return false;
  event.preventDefault();
  const here = rows.findIndex(row => row.contains(document.activeElement) || row.hasAttribute('data-chosen'));
  const next = rows[here < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, here + step))];
  rows.forEach(row => row.removeAttribute('data-chosen'));
  next.setAttribute('data-chosen', '');
  next.querySelector('a[href]').focus({ preventScroll: true });
  next.scrollIntoView({ block: 'nearest' });
  return true;
}

// What was typed and is nowhere yet: a refused page gives a text back as if it had always been there.
const isUnsaved = box => box.value.trim() && (box.value !== box.defaultValue || box.form.dataset.draft && box.name === 'text');

function escape(event, writing) {
  if (open()) return; // the browser closes it
  if (writing) { event.target.blur(); return; }
  const written = [...document.querySelectorAll('form[method=post] textarea')].find(box => usable(box) && isUnsaved(box));
  if (written) { event.preventDefault(); written.focus(); return; } // leaving is a link's press, not a reflex's
  const back = named('échap') ?? named('escape');
  if (back && root.dataset.keys !== 'off') { event.preventDefault(); press(back); }
}

// The list is made from the page itself, so it cannot be wrong.
function help() {
  const dialog = document.querySelector('[data-keys-help]');
  if (!dialog || dialog.open) return;
  fill(dialog);
  dialog.showModal();
}
document.addEventListener('doleance:opened', event => { if (event.target.matches('[data-keys-help]')) fill(event.target); });

function fill(dialog) {
  const body = dialog.querySelector('tbody');
  const seen = new Map();
  for (const element of document.querySelectorAll('[data-key]')) if (usable(element) && !seen.has(element.dataset.key)) seen.set(element.dataset.key, words(element));
  if (document.querySelector('[data-rows] a[href]') && !seen.has('J')) { seen.set('J', dialog.dataset.next); seen.set('K', dialog.dataset.previous); }
  seen.set('?', dialog.dataset.help);
  const named = { Échap: dialog.dataset.escape, Entrée: dialog.dataset.enter }; // as this reader's keyboard names them
  body.replaceChildren(...[...seen].map(([key, text]) => row(key.split(' ').map(part => named[part] ?? part), text)));
}
function words(element) {
  if (element.dataset.keyWords) return element.dataset.keyWords;
  const spoken = element.getAttribute('aria-label')?.replace(/\s*\([^)]*\)$/, '');
  if (spoken) return spoken;
  const copy = element.cloneNode(true);
  copy.querySelectorAll('kbd,.n,svg').forEach(part => part.remove());
  return copy.textContent.trim() || element.labels?.[0]?.textContent.trim() || element.placeholder || '';
}
function row(touches, text) {
  const line = document.createElement('tr'), head = line.appendChild(document.createElement('th'));
  head.scope = 'row';
  for (const name of touches) { const touch = document.createElement('kbd'); touch.textContent = name; head.append(touch, ' '); }
  line.appendChild(document.createElement('td')).textContent = text;
  return line;
}
