// A page that stays open learns what others do: a bar says it, a changed row is put in its own place, nothing moves.
const place = document.querySelector('[data-pulse]');
const every = 1000 * Number(place?.dataset.every || 10);
let timer, turn = 0;

async function ask() {
  clearTimeout(timer);
  if (document.hidden || !navigator.onLine) { timer = setTimeout(ask, every); return; }
  const { pulse, asked, since } = place.dataset;
  turn += 1; // once a minute, two hundred at a time: is all that stands here still ours to read?
  const rows = turn % 6 ? [] : [...document.querySelectorAll('[data-rows] > tr[id]:not([data-version="gone"])')];
  const from = rows.length ? (200 * (turn / 6 - 1)) % rows.length : 0;
  const shown = rows.length ? `&lignes=${rows.slice(from, from + 200).map((row) => row.id.slice(2))}` : '';
  try {
    const answer = await fetch(`${pulse}${asked}${asked ? '&' : '?'}depuis=${encodeURIComponent(since)}${shown}`, { headers: { Accept: 'text/html' } });
    if (answer.redirected || answer.status === 404) return; // signed out, or no longer ours: the next press says so
    if (answer.status === 200) tell(new DOMParser().parseFromString(await answer.text(), 'text/html'));
  } catch { /* the next one will tell */ }
  timer = setTimeout(ask, every);
}

function tell(news) {
  const bar = news.querySelector('[data-since]');
  if (bar) {
    place.dataset.since = bar.dataset.since;
    if (place.innerHTML !== bar.innerHTML) place.replaceChildren(...bar.childNodes);
  }
  for (const row of news.querySelectorAll('tr[id]')) renew(row);
}

function renew(row) {
  const here = document.getElementById(row.id);
  if (!here || here.dataset.version === row.dataset.version) return;
  if (here.contains(document.activeElement) && row.dataset.version !== 'gone') return; // nothing changes under the hand: it comes with the page
  const ticked = here.querySelector('.tick input')?.checked;
  here.replaceWith(document.adoptNode(row));
  const box = row.querySelector('.tick input');
  if (box) box.checked = Boolean(ticked);
}

if (place) {
  timer = setTimeout(ask, every);
  document.addEventListener('visibilitychange', () => { if (!document.hidden) { turn = 5; ask(); } });
}
