/**
 * Keeps the status page up to date: asks for the page again every few seconds and, when its content
 * has changed, puts the new content in the place of the old. Nothing is replaced under a reader's
 * hands: not while something in it has the focus or is selected, and open tables stay open.
 */
const EVERY_MS = 5_000;

const freshness = document.getElementById('freshness');
let lastSeen = new Date();

async function refresh() {
  if (document.hidden) return;
  try {
    const response = await fetch(location.href, { headers: { accept: 'text/html' } });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    lastSeen = new Date();
    freshness.textContent = `up to date ${lastSeen.toLocaleTimeString('en-GB')}`;
    freshness.className = '';
    replaceContent(page.querySelector('main'));
  } catch {
    freshness.textContent = `no answer since ${lastSeen.toLocaleTimeString('en-GB')}`;
    freshness.className = 'stale';
  }
}

function replaceContent(fresh) {
  const standing = document.querySelector('main');
  const isInUse = standing.contains(document.activeElement) || !document.getSelection().isCollapsed;
  if (!fresh || isInUse) return;
  for (const { id } of standing.querySelectorAll('details[open]')) {
    fresh.querySelector(`#${id}`)?.setAttribute('open', '');
  }
  if (fresh.innerHTML !== standing.innerHTML) standing.replaceWith(document.adoptNode(fresh));
}

setInterval(refresh, EVERY_MS);
document.addEventListener('visibilitychange', refresh);
