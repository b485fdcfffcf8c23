// From a passage of the complainant's words to a grief: select, then press N or the button that appears.
const sources = '[data-passages]'; // value: the exchange's id
const button = document.querySelector('.from-passage');
let chosen = null;

function selected() {
  const selection = getSelection();
  if (!selection || selection.isCollapsed || !selection.rangeCount) return null;
  const range = selection.getRangeAt(0);
  const node = range.commonAncestorContainer;
  const source = (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest(sources);
  const quote = selection.toString().trim();
  return source && quote ? { quote, exchange: source.dataset.passages, box: range.getBoundingClientRect() } : null;
}

document.addEventListener('selectionchange', () => {
  const now = selected();
  if (!button) return;
  if (now && !document.querySelector('dialog[open]')) chosen = now; // a dialog's focus tells the old one again
  button.hidden = !now;
  if (now) { button.style.top = `${scrollY + now.box.bottom + 6}px`; button.style.left = `${Math.max(8, Math.min(scrollX + now.box.left, innerWidth - button.offsetWidth - 8))}px`; }
});
button?.addEventListener('pointerdown', event => event.preventDefault()); // keep the selection

// The dialog that any [data-opens] shows: its fields `quote` and `exchange` take the passage.
document.addEventListener('doleance:opened', ({ target }) => {
  const form = target.querySelector('form[data-grief]');
  if (!form) return;
  const passage = selected() ?? chosen;
  if (passage) {
    form.elements.quote.value = passage.quote;
    form.elements.exchange.value = passage.exchange;
    form.elements.quote.readOnly = true;
  } else if (form.elements.quote.readOnly) { // an earlier passage, not taken
    form.elements.quote.value = form.elements.exchange.value = '';
    form.elements.quote.readOnly = false;
  }
  chosen = null;
  if (button) button.hidden = true;
  form.elements.title?.focus();
});
