/**
 * The first view as HTML, which `src/screens` puts into the page: whole before any script has come. The
 * browser goes on with the same figures (`main.ts`).
 */
import type { Component } from 'svelte';
import { render } from 'svelte/server';
import App from './App.svelte';
import Audit from './audit/Audit.svelte';
import { type FirstView, giveFirstView } from './data/first-view';
import { beginWith } from './frame/market.svelte';
import { route, showAddress } from './frame/navigate.svelte';
import { type DrawnPage, havePart, isDrawn } from './frame/page-parts';
import { ITALIAN } from './language/italian';
import { speakAtOnce } from './language/language.svelte';
import type { Language } from './language/texts';

const DRAWN: Readonly<Record<DrawnPage, Component>> = { audit: Audit };

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
  const { page } = route();
  if (isDrawn(page)) havePart(page, DRAWN[page]);
  const { head, body } = render(App);
  return { head, body };
}
