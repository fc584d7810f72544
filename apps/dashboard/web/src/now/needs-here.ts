/** What needs somebody, read once for the frame, which counts it, and for the page that shows it. */
import { getContext, setContext, untrack } from 'svelte';
import { signIn } from '../data/sign-in.svelte';
import { type Watched, watch } from '../data/watch.svelte';
import { market } from '../frame/market.svelte';
import type { Need } from './needs';
import { readNeeds } from './read-needs';

const NEEDS = Symbol('needs');
const EVERY_MS = 15_000;

/** To be called while the whole is made. */
export function shareNeeds(): void {
  const needs = watch(
    () =>
      readNeeds(
        signIn.who,
        market.zone,
        untrack(() => market.nowMs),
      ),
    EVERY_MS,
  );
  setContext(NEEDS, needs);
}

/** What needs who has signed in; to be called while a component is made, below `shareNeeds`. */
export const needsHere = (): Watched<readonly Need[]> =>
  getContext<Watched<readonly Need[]>>(NEEDS);
