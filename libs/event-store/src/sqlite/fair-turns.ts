/**
 * When a process that writes without pause leaves the file to others. It cannot see who waits, only who
 * has written, so it makes room often while somebody else has been seen lately, and seldom otherwise.
 */
import { RETRY_DELAY_MAX_MS } from './busy-file';

/** A pause in which everybody who waits comes by at least once. */
export const PAUSE_MS = RETRY_DELAY_MAX_MS + 5;
/** Transactions of so many milliseconds in all, without a pause between, while others write too. */
export const HELD_MS_AMONG_OTHERS = 50;
/** The same while nobody else has been seen: a newcomer waits that long at most. */
export const HELD_MS_ALONE = 1_000;
/** How long somebody who has written is reckoned with. */
export const OTHERS_SEEN_MS = 2_000;

/** Instants are those of one clock that is never set, in milliseconds. */
export interface FairTurns {
  /** How long to leave the file alone before a transaction that would begin at `nowMs`; 0 mostly, and after it anew. */
  pauseMs(nowMs: number): number;
  /** Tells of a transaction; `othersSeen` when others had written before it, or held the file. */
  held(fromMs: number, untilMs: number, othersSeen: boolean): void;
}

/** For one store. */
export function createFairTurns(): FairTurns {
  let heldMs = 0;
  let freeSinceMs = -Infinity;
  let othersSeenMs = -Infinity;
  return {
    pauseMs(nowMs) {
      const freeForMs = nowMs - freeSinceMs;
      if (freeForMs >= PAUSE_MS) heldMs = 0;
      const isAlone = nowMs - othersSeenMs > OTHERS_SEEN_MS;
      if (heldMs < (isAlone ? HELD_MS_ALONE : HELD_MS_AMONG_OTHERS)) return 0;
      heldMs = 0;
      return PAUSE_MS - freeForMs;
    },
    held(fromMs, untilMs, othersSeen) {
      heldMs += untilMs - fromMs;
      freeSinceMs = untilMs;
      if (othersSeen) othersSeenMs = untilMs;
    },
  };
}
