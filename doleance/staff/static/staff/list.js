// The list: how many files are ticked, X ticks the row one is on, Escape unticks; all of it works without this.
const form = document.getElementById('choix');
const said = document.querySelector('[data-chosen-count]');
const ticks = () => [...document.querySelectorAll('#rangees .tick input')];

function count() {
  const whole = document.querySelector('input[name=tout]')?.checked;
  const n = ticks().filter(box => box.checked).length;
  if (said) said.textContent = whole ? said.dataset.all : n === 1 ? said.dataset.one : said.dataset.many.replace('{n}', n);
}
document.addEventListener('change', event => { if (event.target.form === form) count(); });
form?.addEventListener('reset', () => setTimeout(count));
document.addEventListener('keydown', event => {
  if (!form || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches?.('input:not([type=checkbox]),textarea,select') || document.documentElement.dataset.keys === 'off') return;
  if (event.key === 'x' || event.key === 'X') {
    const row = document.activeElement?.closest('#rangees > tr') ?? document.querySelector('#rangees > [data-chosen]');
    row?.querySelector('.tick input')?.click();
  } else if (event.key === 'Escape' && ticks().some(box => box.checked)) {
    event.preventDefault();
    form.reset();
  }
});
if (form) count();
