/** Randomness as a port: one seed replays a whole day. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}

/**
 * A stream of random numbers that follows from a seed and a purpose, so that adding a draw for one
 * purpose moves no other. Generator: xoshiro128** (Blackman and Vigna, 2018), seeded by FNV-1a and
 * splitmix32 of the text.
 */
export function seededRandom(seed: number | string, purpose: string): Random {
  let mix = fnv1a(`${seed}/${purpose}`);
  const splitmix = (): number => {
    mix = (mix + 0x9e3779b9) | 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  const state = Uint32Array.of(splitmix(), splitmix(), splitmix(), splitmix());
  return {
    next(): number {
      const s1 = state[1]!;
      const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
      const shifted = s1 << 9;
      state[2]! ^= state[0]!;
      state[3]! ^= s1;
      state[1]! ^= state[2]!;
      state[0]! ^= state[3]!;
      state[2]! ^= shifted;
      state[3] = rotateLeft(state[3]!, 11);
      return result / 2 ** 32;
    },
  };
}

/** A whole number, uniform in [from, to], both included. */
export function drawInteger(random: Random, from: number, to: number): number {
  return from + Math.floor(random.next() * (to - from + 1));
}

/** A draw from the normal distribution (Box and Muller, 1958). */
export function drawNormal(random: Random, mean: number, deviation: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
  return mean + deviation * radius * Math.cos(2 * Math.PI * random.next());
}

/** One element, uniform. @throws RangeError on an empty list */
export function drawOne<Item>(random: Random, items: readonly Item[]): Item {
  if (items.length === 0) throw new RangeError('drawOne: the list is empty');
  return items[drawInteger(random, 0, items.length - 1)]!;
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash | 0;
}
