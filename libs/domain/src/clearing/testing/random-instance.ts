/**
 * Random clearing problems that follow from a seed, in the JSON form of instance files, for property
 * tests and benchmarks. Prices and quantities come from coarse grids, so that ties are frequent.
 */
import { podIdOf } from '../../pod/events';

export interface RandomInstanceOptions {
  readonly seed: number;
  readonly mtus: number;
  readonly pods: number;
  readonly requests: number;
  readonly offers: number;
  /** `nested`: scopes are branches of one tree per PoM; `overlapping`: any PoDs. */
  readonly scopes: 'nested' | 'overlapping';
  readonly hasCaps: boolean;
  /** Share of offers, 0 to 1, that are all-or-nothing, have a minimum, are blocks, or go the other way from their PoD's others. */
  readonly hardShare: number;
  /** Products P and Q, or P only. With hard offers, half of the PoDs have one limit for both. */
  readonly hasReactive: boolean;
  /** How many distinct prices there are. */
  readonly priceLevels: number;
  /** Half of the PoD limits differ by MTU; else none does. */
  readonly hasMtuLimits?: boolean;
}

/** Builds one; the same options give the same document. */
export function randomClearingDocument(options: RandomInstanceOptions): Record<string, unknown> {
  const draw = mulberry32(options.seed);
  const upTo = (most: number): number => Math.floor(draw() * (most + 1));
  const oneOf = <Item>(items: readonly Item[]): Item => items[upTo(items.length - 1)]!;
  const pods = Array.from({ length: options.pods }, (_, index) => podIdOf(index));
  const pomOf = (index: number): string => `POM${index % 2 === 0 || options.pods < 4 ? 0 : 1}`;
  const products = options.hasReactive ? ['P', 'Q'] : ['P'];
  const quantities = (most: number): number[] =>
    Array.from({ length: options.mtus }, () => 50 * upTo(most));
  const price = (): number => 20_000 + 5_000 * upTo(options.priceLevels - 1);
  const limit = (): number | number[] =>
    options.hasMtuLimits === true && upTo(1) === 0 ? quantities(36) : 50 * upTo(36);
  const podLimits = Object.fromEntries(
    pods.map((pod) => {
      const active = { upW: limit(), downW: limit() };
      const hasOwnReactive = options.hasReactive && (options.hardShare === 0 || upTo(1) === 0);
      return [pod, hasOwnReactive ? { ...active, upVar: limit(), downVar: limit() } : active];
    }),
  );
  const directionOf = pods.map(() => oneOf(['up', 'up', 'down']));

  const requests = Array.from({ length: options.requests }, (_, index) => {
    const requester = oneOf(['DSO', 'TSO']);
    const scope =
      requester === 'TSO' && upTo(3) > 0
        ? { pom: `POM${upTo(1)}` }
        : { pods: options.scopes === 'nested' ? branch(pods, draw) : someOf(pods, draw) };
    return {
      id: `R${index}`,
      requester,
      product: oneOf(products),
      direction: oneOf(['up', 'up', 'down']),
      ...scope,
      quantityW: quantities(60).map((watts) => (upTo(5) === 0 ? 0 : watts)),
      priceCapMicroEurPerKwh: options.hasCaps && upTo(1) === 0 ? price() : null,
    };
  });

  const offers = Array.from({ length: options.offers }, (_, index) => {
    const pod = upTo(options.pods - 1);
    const kind = draw() < options.hardShare ? upTo(4) : -1;
    const direction = kind === 4 ? oneOf(['up', 'down']) : directionOf[pod];
    const base = {
      id: `O${index}`,
      pod: pods[pod],
      pom: pomOf(pod),
      aggregator: `AGG${upTo(2)}`,
      product: oneOf(products),
      direction,
      reliability: oneOf([500, 500, 900, 250]),
    };
    const single = {
      ...base,
      kind: 'single',
      divisible: true,
      quantityW: quantities(30),
      priceMicroEurPerKwh: Array.from({ length: options.mtus }, price),
    };
    if (kind === 0) return { ...single, divisible: false };
    if (kind === 1) return { ...single, minQuantityW: 50 * upTo(12) };
    if (kind < 0 || kind > 3) return single;
    const first = upTo(options.mtus - 1);
    const last = first + upTo(options.mtus - 1 - first);
    return {
      ...base,
      kind: 'block',
      divisible: kind === 3,
      quantityW: 50 * upTo(30),
      priceMicroEurPerKwh: price(),
      durationMtus: 1 + upTo(last - first),
      window: [first, last],
      minQuantityW: kind === 3 ? 50 * upTo(6) : 0,
    };
  });
  return { mtus: options.mtus, podLimits, requests, offers };
}

/** A branch of the binary tree over the PoDs of one PoM (PoDs of even or odd number). */
function branch(pods: readonly string[], draw: () => number): string[] {
  const odd = pods.length < 4 ? 0 : Math.floor(draw() * 2);
  const members = pods.length < 4 ? pods : pods.filter((_, index) => index % 2 === odd);
  let [from, to] = [0, members.length];
  while (to - from > 1 && draw() < 0.7) {
    const middle = (from + to) >> 1;
    if (draw() < 0.5) to = middle;
    else from = middle;
  }
  return members.slice(from, to);
}

function someOf(pods: readonly string[], draw: () => number): string[] {
  const share = draw();
  return pods.filter(() => draw() < share);
}

/** Mulberry32 (T. Ettinger, 2017): 32 bits of state, uniform in [0, 1). */
export function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}
