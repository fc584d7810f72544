/**
 * Keeps the progress page up to date: asks for it again every second, puts the new content in the place
 * of the old, and loads the screens once they answer in its place.
 */
const EVERY_MS = 1_000;

const freshness = document.getElementById('freshness');
let lastSeen = new Date();

async function refresh() {
  if (document.hidden) return;
  try {
    const response = await fetch(location.href, { headers: { accept: 'text/html' } });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    lastSeen = new Date();
    freshness.textContent = '';
    freshness.className = '';
    const fresh = page.querySelector('main progress') && page.querySelector('main');
    if (fresh) document.querySelector('main').replaceWith(document.adoptNode(fresh));
    else location.reload();
  } catch {
    freshness.textContent = `no answer since ${lastSeen.toLocaleTimeString('en-GB')}`;
    freshness.className = 'stale';
  }
}

setInterval(refresh, EVERY_MS);
document.addEventListener('visibilitychange', refresh);
