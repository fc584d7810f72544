import { mount } from 'svelte';
import App from './App.svelte';
import { begin } from './data/sign-in.svelte';
import { followEvents } from './data/live.svelte';
import { followAddress } from './frame/navigate.svelte';
import { followMarket } from './frame/market.svelte';
import { applyTheme } from './frame/theme.svelte';
import { followProof } from './audit/proof-lamp.svelte';
import './style/tokens.css';
import './style/base.css';

applyTheme();
followAddress();
void begin().then(() => {
  mount(App, { target: document.getElementById('screens')! });
  followMarket();
  void followEvents();
  // After the first view, which neither shall hold up.
  setTimeout(keepForOffline, 1_000);
  setTimeout(() => void followProof(), 500);
});

/** Where that fails the screens are as they were: there while the platform answers. */
function keepForOffline(): void {
  navigator.serviceWorker?.register('/offline.js').catch(() => undefined);
}
