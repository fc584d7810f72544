/** What a panel shows and how it stands: read when it appears, when what it rests on changes, and anew. */
import { untrack } from 'svelte';
import { type Problem, asProblem } from './problem';
import { live } from './live.svelte';

export interface Watched<Value> {
  /** The last that was read; undefined before. */
  readonly value: Value | undefined;
  /** Why the last reading failed; undefined where it did not. */
  readonly problem: Problem | undefined;
  /** True until the first answer to what is asked now. */
  readonly isLoading: boolean;
  /** When `value` was read, epoch ms; 0 before. */
  readonly readAtMs: number;
  refresh(): void;
}

/** Whoever did not answer is asked again so soon. */
const AWAY_MS = 5_000;
/** What is read every minute is not read more often than every six seconds, however much happens. */
const SOONER_BY = 10;

/**
 * To be called while a component is made. What `read` reads before it first waits is followed: when it
 * changes, the old value goes and the new is read.
 *
 * @param everyMs reads again so often besides; the stream of events tells of changes sooner, by a tenth of it at most
 * @param given what has been read already
 */
export function watch<Value>(
  read: () => Promise<Value>,
  everyMs = 30_000,
  given?: Value,
): Watched<Value> {
  let value = $state.raw<Value | undefined>(given);
  let problem = $state.raw<Problem>();
  let readAtMs = $state(given === undefined ? 0 : Date.now());
  let isLoading = $state(given === undefined);
  let turn = 0;
  let askedAtMs = -Infinity;
  /** A reading is on its way; what happens meanwhile is read after it, or a slow one would never be the last. */
  let isReading = false;
  let isBehind = false;
  /** What had happened when the component was made is in what it reads first. */
  const known = untrack(() => live.changes);
  let isKept = given !== undefined;

  async function take(asked: Promise<Value>): Promise<void> {
    const mine = (turn += 1);
    askedAtMs = performance.now();
    isReading = true;
    isBehind = false;
    try {
      const answer = await asked;
      if (mine !== turn) return;
      value = answer;
      problem = undefined;
      readAtMs = Date.now();
    } catch (error) {
      if (mine === turn) problem = asProblem(error);
    }
    if (mine !== turn) return;
    isLoading = false;
    isReading = false;
    if (isBehind) setTimeout(() => mine === turn && now(), everyMs / SOONER_BY);
  }
  const now = (): void => void untrack(() => take(read()));
  const again = (): void => {
    if (isReading) isBehind = true;
    else now();
  };

  $effect(() => {
    const asked = read();
    untrack(() => {
      if (!isKept) value = undefined;
      isKept = false;
      problem = undefined;
      isLoading = true;
      void take(asked);
    });
    const timer = setInterval(() => {
      if (!document.hidden) again();
    }, everyMs);
    return () => {
      turn += 1;
      clearInterval(timer);
    };
  });
  $effect(() => {
    if (live.changes === known) return;
    const dueMs = askedAtMs + everyMs / SOONER_BY - performance.now();
    const timer = setTimeout(again, Math.max(0, dueMs));
    return () => clearTimeout(timer);
  });
  $effect(() => {
    // A platform that is away comes back; what it would have said is not waited for until the next turn.
    if (problem === undefined || ![0, 503].includes(problem.status)) return;
    const timer = setTimeout(again, AWAY_MS);
    return () => clearTimeout(timer);
  });

  return {
    get value() {
      return value;
    },
    get problem() {
      return problem;
    },
    get isLoading() {
      return isLoading;
    },
    get readAtMs() {
      return readAtMs;
    },
    refresh: now,
  };
}
