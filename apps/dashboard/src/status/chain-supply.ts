import { type Clock, sleep } from '@flexledger/runtime';

/** Tokens in existence, micro-euro; null while the chain does not answer. */
export type ChainSupply = () => Promise<number | null>;

/** A reading is good for so long; a page that many look at asks the chain no more often. */
const GOOD_FOR_MS = 5_000;
/** Longest that a page waits for the chain. */
const PATIENCE_MS = 1_000;

/** Reads the supply without ever keeping a page waiting for a chain that is gone. */
export function watchSupply(read: () => Promise<bigint>, clock: Clock): ChainSupply {
  let reading: Promise<number | null> | undefined;
  let readAtMs = -Infinity;
  return async () => {
    if (!reading || clock.nowMs() - readAtMs >= GOOD_FOR_MS) {
      readAtMs = clock.nowMs();
      reading = read().then(Number, () => null);
    }
    const answered = new AbortController();
    const late = sleep(PATIENCE_MS, answered.signal).then(() => null);
    const supply = await Promise.race([reading, late]);
    answered.abort();
    return supply;
  };
}
