import { flushSync, hydrate, mount } from 'svelte';
import App from './App.svelte';
import { type FirstView, giveFirstView } from './data/first-view';
import { begin } from './data/sign-in.svelte';
import { followEvents } from './data/live.svelte';
import { followAddress, route } from './frame/navigate.svelte';
import { beginWith, followMarket } from './frame/market.svelte';
import { havePart, isDrawn, loadPage } from './frame/page-parts';
import { applyTheme } from './frame/theme.svelte';
import { languageOfPage, speak } from './language/language.svelte';
import { followProof } from './audit/proof-lamp.svelte';
import './style/tokens.css';
import './style/base.css';

applyTheme();
followAddress();
const shown = Promise.all([speak(languageOfPage()).catch(() => speak('en')), readPart()]).then(
  show,
);
void Promise.all([begin(), shown]).then(() => {
  followMarket();
  void followEvents();
  // After the first view, which neither shall hold up.
  setTimeout(keepForOffline, 3_000);
  setTimeout(() => void followProof(), 1_500);
});

/** What the server has drawn can be gone on with only where its code is there; that it is not, the page says. */
async function readPart(): Promise<void> {
  const { page } = route();
  if (!isDrawn(page)) return;
  const part = await loadPage(page).catch(() => undefined);
  if (part) havePart(page, part.default);
}

/** Goes on with what the server has drawn; draws by itself where it could not, or nobody answers. */
function show(): void {
  const target = document.getElementById('screens')!;
  const figures = document.getElementById('figures')?.textContent;
  if (!figures) {
    mount(App, { target });
    return;
  }
  const view = JSON.parse(figures) as FirstView;
  beginWith(view);
  giveFirstView(view);
  hydrate(App, { target });
  flushSync();
  giveFirstView(undefined);
}

/** Where that fails the screens are as they were: there while the platform answers. */
function keepForOffline(): void {
  navigator.serviceWorker?.register('/offline.js').catch(() => undefined);
}
