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
  // After the first view, which it shall not hold up.
  setTimeout(() => void followProof(), 500);
});
