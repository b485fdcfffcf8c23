// A call is kept on this device at each change, field by field, and given back to who comes back: a closed tab, a lost
// connection, a session that ended. It is dropped once its file is on the screen, and when its reader signs out.
const prefix = 'doleance:draft:call:'; // what begins by `doleance:draft:` goes with the session
const form = document.querySelector('form[data-call]');
const done = document.querySelector('[data-call-done]');
const store = {
  get: name => { try { return JSON.parse(localStorage.getItem(name)) ?? {}; } catch { return {}; } },
  set: (name, told) => { try { localStorage.setItem(name, JSON.stringify(told)); } catch { /* full or forbidden: the page still works */ } },
  drop: name => { try { localStorage.removeItem(name); } catch { /* nothing kept */ } },
};
const key = prefix + (form?.dataset.call ?? done?.dataset.callDone ?? '');
const say = (which, shown = true) => document.querySelectorAll(`[data-call-says=${which}]`).forEach(line => { line.hidden = !shown; });
const fields = root => [...root.querySelectorAll('input, textarea, select')].filter(one => one.name && one.name !== 'csrfmiddlewaretoken');

function keep() {
  const told = store.get(key);
  const names = new Set(fields(form).map(one => one.name)); // questions of a type that is not shown keep their answers
  const sent = new FormData(form);
  for (const name of names) told[name] = sent.getAll(name);
  store.set(key, told);
}

function fill(root) {
  const told = store.get(key);
  for (const one of fields(root)) {
    const values = told[one.name];
    if (!values) continue;
    if (one.type === 'radio' || one.type === 'checkbox') one.checked = values.includes(one.value);
    else one.value = values[0] ?? '';
  }
}

if (done) store.drop(key);

if (form) {
  const isKept = Boolean(store.get(key).once);
  if ('typed' in form.dataset) keep(); // the server has what was typed, and shows it
  else if (isKept) {
    fill(form);
    say('found');
    form.querySelectorAll('details:has(input:not(:placeholder-shown))').forEach(one => { one.open = [...one.querySelectorAll('input')].some(input => input.value); });
    addEventListener('load', () => {
      form.querySelector('[name=branch]:checked')?.dispatchEvent(new Event('change', { bubbles: true }));
      form.querySelector('[name=phone]').dispatchEvent(new Event('change', { bubbles: true }));
    });
  }
  let saving;
  const soon = () => { clearTimeout(saving); saving = setTimeout(() => { keep(); say('kept'); }, 600); };
  form.addEventListener('input', soon);
  form.addEventListener('change', soon);
  form.addEventListener('submit', keep);
  addEventListener('pagehide', () => { if (saving) keep(); });
  document.addEventListener('htmx:afterSettle', ({ target }) => { if (target.id === 'questions') fill(target); });
  document.querySelector('[data-call-drop]')?.addEventListener('click', () => { clearTimeout(saving); saving = 0; store.drop(key); location.assign(location.pathname); });
}
