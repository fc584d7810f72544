/**
 * Guessing at the broker is slowed as it is for secrets and passwords (`waitMsAfter`): by client id and
 * address, and by address alone. Whoever has signed in from an address before does not wait for others
 * there: a fleet behind one router is not kept out by one node that was revoked and dials on.
 */
import { FREE_TRIES, FREE_TRIES_OF_ADDRESS, waitMsAfter } from '@flexledger/identity';
import type { Clock } from '@flexledger/runtime';
import { LRUCache } from 'lru-cache';

export interface SignInTries {
  /** How long a client id at an address has to wait until it is heard, ms; 0 for not at all. */
  waitMs(clientId: string, address: string): number;
  noteFailure(clientId: string, address: string): void;
  noteSuccess(clientId: string, address: string): void;
}

interface Attempts {
  readonly failures: number;
  readonly lastMs: number;
  readonly untilMs: number;
}

/** Names and addresses that are remembered; the one that failed longest ago goes first. */
const REMEMBERED = 20_000;
/** Who signed in well; far more than a broker has nodes. */
const KNOWN = 100_000;
/** Who has failed no more for so long begins anew; above the longest wait. */
const FORGOTTEN_AFTER_MS = 3_600_000;

/** Tries of one broker, kept as long as it runs. */
export function createSignInTries(clock: Clock): SignInTries {
  const attempts = new LRUCache<string, Attempts>({ max: REMEMBERED });
  const known = new LRUCache<string, true>({ max: KNOWN });

  function note(who: string, freely: number): void {
    const nowMs = clock.nowMs();
    const before = attempts.get(who);
    const isOver = !before || nowMs - before.lastMs > FORGOTTEN_AFTER_MS;
    const failures = (isOver ? 0 : before.failures) + 1;
    attempts.set(who, { failures, lastMs: nowMs, untilMs: nowMs + waitMsAfter(failures, freely) });
  }

  return {
    waitMs(clientId, address) {
      const one = placeOf(clientId, address);
      const waits = [one, ...(known.has(one) ? [] : [address])].map(
        (who) => (attempts.get(who)?.untilMs ?? 0) - clock.nowMs(),
      );
      return Math.max(0, ...waits);
    },
    noteFailure(clientId, address) {
      note(placeOf(clientId, address), FREE_TRIES);
      note(address, FREE_TRIES_OF_ADDRESS);
    },
    noteSuccess(clientId, address) {
      const one = placeOf(clientId, address);
      attempts.delete(one);
      known.set(one, true);
    },
  };
}

/** A client id may be as long as a packet. */
const placeOf = (clientId: string, address: string): string =>
  `${clientId.slice(0, 100)}/${address}`;
