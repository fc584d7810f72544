/**
 * The stream of the power now, followed for as long as a component stands. It begins with the last word of
 * each PoD, so that nothing is missing after it was away; where it cannot be had it is asked for instead.
 */
import { api, take } from './client';
import { openStream } from './open-stream';
import {
  NO_WORDS,
  type PowerNow,
  type ToldPower,
  type Words,
  afterWords,
  powerNow,
} from './power-now';
import { type Problem, asProblem } from './problem';
import type { Watched } from './watch.svelte';

const EVERY_MS = 1_000;
const RETRY_MS = 3_000;

/** To be called while a component is made. `value` is null while nobody tells any. */
export function followPower(podId?: string): Watched<PowerNow | null> {
  let words: Words = NO_WORDS;
  let value = $state.raw<PowerNow | null>();
  let problem = $state.raw<Problem>();
  let readAtMs = $state(0);

  function hear(told: readonly ToldPower[]): void {
    words = afterWords(words, told, Date.now());
    problem = undefined;
    readAtMs = Date.now();
    if (value === undefined) count();
  }
  function count(): void {
    if (readAtMs > 0) value = powerNow(words, value ?? undefined, Date.now()) ?? null;
  }

  async function followOnce(signal: AbortSignal): Promise<void> {
    const query = podId === undefined ? '' : `?${new URLSearchParams({ podId }).toString()}`;
    const frames = await openStream(`/api/v1/power${query}`, { signal });
    if (!frames) {
      const asked = api.GET('/api/v1/power', {
        params: { query: podId === undefined ? {} : { podId } },
      });
      const answer = await take(asked);
      // As a stream it is a text, which was not asked for here.
      if (typeof answer !== 'string') hear(answer.items);
      return;
    }
    hear([]);
    for await (const { data } of frames) {
      if (data !== undefined) hear((JSON.parse(data) as { items: readonly ToldPower[] }).items);
      else readAtMs = Date.now();
    }
  }

  async function follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await followOnce(signal).catch((error: unknown) => {
        if (!signal.aborted) problem = asProblem(error);
      });
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  $effect(() => {
    const gone = new AbortController();
    void follow(gone.signal);
    const timer = setInterval(count, EVERY_MS);
    return () => {
      gone.abort();
      clearInterval(timer);
    };
  });

  return {
    get value() {
      return value;
    },
    get problem() {
      return problem;
    },
    get isLoading() {
      return value === undefined;
    },
    get readAtMs() {
      return readAtMs;
    },
    refresh: () => undefined,
  };
}
