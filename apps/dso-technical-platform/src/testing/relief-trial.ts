/** Random feeders in trouble, and what becomes of them when PoDs serve requests. */
import { PRODUCT_NAMES, largestOf, limitField } from '@flexledger/domain';
import fc from 'fast-check';
import {
  type BusChange,
  type GridForecast,
  type OperatedGrid,
  type PowerChange,
  forecastOf,
  operated,
  podAt,
  randomFeeder,
  stateAt,
  tightened,
} from '@flexledger/grid-operations';
import type { FlexiblePod } from '../requests/flexibility';
import type { Lever } from '../requests/scopes';
import type { FlexibilityNeed } from '../requests/size-requests';
import type { Violation } from '../requests/violations';

/** A feeder with limits about its forecast, and PoDs that can move something. */
export interface ReliefTrial {
  readonly grid: OperatedGrid;
  readonly forecast: GridForecast;
  readonly pods: readonly FlexiblePod[];
  readonly isMeshed: boolean;
}

/** Most PoDs of a trial. */
export const TRIAL_PODS = 12;

const watts = fc.integer({ min: 0, max: 15_000 });
const vars = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 8_000 }));

/** Every second one with reactive power too. */
export const reliefTrial: fc.Arbitrary<ReliefTrial> = fc
  .record({
    feeder: randomFeeder(fc),
    tightness: fc.record({
      line: fc.double({ min: 0.5, max: 1.3, noNaN: true }),
      transformer: fc.double({ min: 0.7, max: 1.6, noNaN: true }),
      bandPu: fc.double({ min: 0.01, max: 0.08, noNaN: true }),
    }),
    pods: fc.array(
      fc.record({ bus: fc.nat(), upW: watts, downW: watts, upVar: vars, downVar: vars }),
      { maxLength: TRIAL_PODS },
    ),
    hasQ: fc.boolean(),
  })
  .map(({ feeder, tightness, pods: drawn, hasQ }) => {
    const pods = drawn.map(({ bus, ...moves }, index) => {
      const at = bus % feeder.busCount;
      const own = hasQ ? moves : { ...moves, upVar: 0, downVar: 0 };
      return { podId: podAt(at, index), busId: `n${at}`, ...own };
    });
    const open = operated(feeder.model, {}, pods);
    const forecast = forecastOf(open, feeder.mtuCount, feeder.busW);
    return {
      grid: tightened(open, forecast, tightness),
      forecast,
      pods,
      isMeshed: feeder.isMeshed,
    };
  });

/** What a PoD can move of a product in a direction. */
export function limitOf(pod: FlexiblePod, { product, direction }: Lever): number {
  return largestOf(pod[limitField(product, direction)]);
}

/**
 * Change of withdrawal when PoDs serve the needs, the smallest scope first: one after the other in
 * an order, or all alike in proportion to what they have left.
 *
 * @throws RangeError when the PoDs of a need cannot give it
 */
export function servedBy(
  { grid, pods, forecast: { mtuCount } }: ReliefTrial,
  needs: readonly FlexibilityNeed[],
  order: readonly FlexiblePod[] | 'alike',
): PowerChange {
  const change = new Map<number, BusChange>();
  for (let mtu = 0; mtu < mtuCount; mtu += 1) {
    const used = new Map<string, number>();
    for (const need of [...needs].sort((a, b) => a.podIds.length - b.podIds.length)) {
      const nameOf = ({ podId }: FlexiblePod): string =>
        `${podId}/${need.product}/${need.direction}`;
      const roomOf = (pod: FlexiblePod): number =>
        limitOf(pod, need) - (used.get(nameOf(pod)) ?? 0);
      const own = (order === 'alike' ? pods : order).filter(({ podId }) =>
        need.podIds.includes(podId),
      );
      const wanted = need.quantityW[mtu]!;
      const share = wanted / own.reduce((sum, pod) => sum + roomOf(pod), 0);
      let left = wanted;
      for (const pod of own) {
        const part =
          order === 'alike' && wanted > 0 ? roomOf(pod) * share : Math.min(left, roomOf(pod));
        used.set(nameOf(pod), (used.get(nameOf(pod)) ?? 0) + part);
        left -= part;
        const column = columnOf(change, grid.busIndex.get(pod.busId)!, mtuCount, need);
        column[mtu]! += need.direction === 'up' ? -part : part;
      }
      if (left > 1e-6) throw new RangeError(`${left} of ${wanted} W cannot be served`);
    }
  }
  return change;
}

/** Change of withdrawal when each PoD moves a share of what it can by one lever. */
export function movedBy(
  { grid, pods, forecast: { mtuCount } }: ReliefTrial,
  moves: readonly { readonly lever: Lever; readonly share: (pod: number) => number }[],
): PowerChange {
  const change = new Map<number, BusChange>();
  for (const { lever, share } of moves) {
    pods.forEach((pod, index) => {
      const quantity = limitOf(pod, lever) * share(index) * (lever.direction === 'up' ? -1 : 1);
      const column = columnOf(change, grid.busIndex.get(pod.busId)!, mtuCount, lever);
      column.forEach((_, mtu) => (column[mtu]! += quantity));
    });
  }
  return change;
}

/** By how much of its limit (pu for a voltage) a value is beyond it, solved afresh. */
export function excessAfter(
  { grid, forecast }: ReliefTrial,
  change: PowerChange,
  { elementType, elementId, kind, limit }: Violation,
  mtu: number,
): number {
  const state = stateAt(grid, forecast, change, mtu);
  if (!state) return Infinity;
  const { lines, transformers, buses } = grid.compiled.network;
  const at = (rows: readonly { id: string }[]): number =>
    rows.findIndex(({ id }) => id === elementId);
  if (elementType === 'line') return state.lineA[at(lines)]! / limit - 1;
  if (elementType === 'transformer') return state.transformerPercent[at(transformers)]! / limit - 1;
  const vmPu = state.vmPu[at(buses)]!;
  return kind === 'overVoltage' ? vmPu - limit : limit - vmPu;
}

function columnOf(
  change: Map<number, BusChange>,
  bus: number,
  mtuCount: number,
  { product }: Pick<Lever, 'product'>,
): Float64Array {
  let here = change.get(bus);
  if (!here) {
    here = { w: new Float64Array(mtuCount), var: new Float64Array(mtuCount) };
    change.set(bus, here);
  }
  return here[PRODUCT_NAMES[product].column];
}
