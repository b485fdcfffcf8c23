// Beside the colour that is written, the same one to be picked; what is picked is written, and shown at once.
const field = document.querySelector('[name="colour"]');
const seen = document.querySelector('[data-without-script]');
if (field && seen) {
  const well = Object.assign(document.createElement('input'), { type: 'color', className: 'well' });
  well.setAttribute('aria-label', field.labels[0].firstChild.textContent.trim());
  const whole = () => /^#?[0-9a-f]{6}$/i.test(field.value.trim()) ? `#${field.value.trim().replace('#', '')}` : '#005c69';
  well.value = whole();
  well.addEventListener('input', () => {
    field.value = well.value;
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });
  field.addEventListener('input', () => { well.value = whole(); });
  seen.replaceWith(well);
}
