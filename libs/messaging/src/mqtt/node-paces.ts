/**
 * How often a node may sign in, and how many packets it may send. By client id, so that to dial anew gains nothing: a
 * node that is stolen, or has gone mad, costs no more than a hundred others.
 */
import type { Clock } from '@flexledger/runtime';
import { LRUCache } from 'lru-cache';
import { type Pace, createPace } from '../pace';

export interface NodePaces {
  /** Counts a packet, whatever its type; false where there were too many. */
  packet(clientId: string): boolean;
  /** Counts a sign-in that would succeed; how long it has to wait where there were too many, ms, else 0. */
  signIn(clientId: string): number;
}

/** A node that was cut off for a week sends 672 quarter-hours, twenty in a packet. */
const PACKETS = { atOnce: 1_000, perSecond: 100 };
/** A line that flaps is dialled anew once in two seconds. */
const SIGN_INS = { atOnce: 30, perSecond: 0.5 };
/** Far more than a broker has nodes. */
const REMEMBERED = 100_000;

/** Paces of one broker, kept as long as it runs. */
export function createNodePaces(clock: Clock): NodePaces {
  const packets = new LRUCache<string, Pace>({ max: REMEMBERED });
  const signIns = new LRUCache<string, Pace>({ max: REMEMBERED });
  const paceOf = (of: typeof packets, clientId: string, most: typeof PACKETS): Pace => {
    const pace = of.get(clientId) ?? createPace(most, clock);
    of.set(clientId, pace);
    return pace;
  };
  return {
    packet(clientId) {
      const pace = paceOf(packets, clientId, PACKETS);
      if (pace.waitMs() > 0) return false;
      pace.take();
      return true;
    },
    signIn(clientId) {
      const pace = paceOf(signIns, clientId, SIGN_INS);
      const waitMs = pace.waitMs();
      if (waitMs === 0) pace.take();
      return waitMs;
    },
  };
}
