/**
 * The first view as HTML, which `src/screens` puts into the page: whole before any script has come. The
 * browser goes on with the same figures (`main.ts`).
 */
import { render } from 'svelte/server';
import App from './App.svelte';
import { type FirstView, giveFirstView } from './data/first-view';
import { beginWith } from './frame/market.svelte';
import { showAddress } from './frame/navigate.svelte';
import { ITALIAN } from './language/italian';
import { speakAtOnce } from './language/language.svelte';
import type { Language } from './language/texts';

/** HTML of the head and of the body, without the elements themselves. */
export interface ServerMade {
  readonly head: string;
  readonly body: string;
}

/** Of an address of the screens, as a visitor sees it: who has signed in is known in the browser alone. */
export function htmlOf(view: FirstView, { pathname, search }: URL, language: Language): ServerMade {
  speakAtOnce(language, language === 'it' ? ITALIAN : undefined);
  giveFirstView(view);
  beginWith(view);
  showAddress(pathname, search);
  const { head, body } = render(App);
  return { head, body };
}
