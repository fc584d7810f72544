import { newClearingColumns, scopeColumns, type ClearingColumns } from '../columns';
import { mulberry32 } from './random-instance';

/**
 * A session of any size for benchmarks: one divisible offer of product P for each PoD, up or down;
 * PoDs numbered along two radial networks, each under its PoM; one TSO request for each PoM and
 * direction, and DSO requests for branches, taken from the trunk outwards (each branch halves the one
 * before), so that a PoD stands in about log2 of their number. All together, requests ask for about
 * half of what is offered.
 */
export interface RadialOptions {
  readonly seed: number;
  readonly mtus: number;
  readonly pods: number;
  readonly dsoRequests: number;
}

const POMS = 2;
const MEAN_OFFER_W = 1550;

/** Fills the columns in place; the same options give the same session. */
export function radialColumns(options: RadialOptions): ClearingColumns {
  const { mtus, pods, dsoRequests } = options;
  const draw = mulberry32(options.seed);
  const scopes = [
    ...Array.from({ length: POMS * 2 }, (_, index) => branch(pods, POMS + (index >> 1))),
    ...Array.from({ length: dsoRequests }, (_, index) => branch(pods, POMS * 2 + index)),
  ];
  const levels = Math.log2(scopes.length / POMS) + 1;
  const columns = newClearingColumns(
    { mtus, podCount: pods, offerCount: pods, requestCount: scopes.length },
    scopeColumns(
      pods,
      scopes.map(({ from, to }) => range(from, to)),
    ),
  );
  scopes.forEach(({ from, to }, request) => {
    const isDso = request >= POMS * 2;
    columns.requestIsDso[request] = isDso ? 1 : 0;
    columns.requestMarket[request] = isDso ? Math.floor(draw() * 2) : request % 2;
    for (let mtu = 0; mtu < mtus; mtu += 1) {
      columns.requestQuantityW[request * mtus + mtu] = Math.floor(
        ((to - from) * draw() * MEAN_OFFER_W) / levels,
      );
    }
  });
  columns.podLimitW.fill(2500);
  for (let offer = 0; offer < pods; offer += 1) {
    columns.offerPod[offer] = offer;
    columns.offerMarket[offer] = Math.floor(draw() * 2);
    for (let mtu = 0; mtu < mtus; mtu += 1) {
      columns.quantityW[mtu * pods + offer] = 100 + Math.floor(draw() * 2900);
      columns.priceMicroEurPerKwh[mtu * pods + offer] = 20_000 + Math.floor(draw() * 160_000);
    }
  }
  return columns;
}

/** Node `number` of a binary tree over all PoDs, counted as in a heap from 1; the PoMs are the root's two halves. */
function branch(pods: number, number: number): { from: number; to: number } {
  let from = 0;
  let to = pods;
  for (let bit = Math.floor(Math.log2(number)) - 1; bit >= 0; bit -= 1) {
    const middle = (from + to) >> 1;
    if ((number >> bit) & 1) from = middle;
    else to = middle;
  }
  return { from, to };
}

function range(from: number, to: number): Iterable<number> {
  return {
    *[Symbol.iterator]() {
      for (let pod = from; pod < to; pod += 1) yield pod;
    },
  };
}
