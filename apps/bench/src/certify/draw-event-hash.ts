import { sha256 } from '@flexledger/identity';

/** Gives a new hash of an event at each call, the same ones in each run. */
export function drawEventHash(): () => Uint8Array {
  const counter = Buffer.alloc(8);
  let drawn = 0n;
  return () => {
    counter.writeBigUInt64BE(drawn);
    drawn += 1n;
    return sha256(counter);
  };
}
