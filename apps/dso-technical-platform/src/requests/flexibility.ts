import {
  type DayCurve,
  type Direction,
  type OutcomeRow,
  type Product,
  curveOver,
  largestOf,
  limitAt,
} from '@flexledger/domain';
import { type OperatedGrid, suppliedBus } from '@flexledger/grid-operations';

/** A PoD of the market and what it declared to be able to move; 0 on days it is switched off. */
export interface FlexiblePod {
  readonly podId: string;
  readonly busId: string;
  readonly upW: DayCurve;
  readonly downW: DayCurve;
  readonly upVar: DayCurve;
  readonly downVar: DayCurve;
}

/** What the PoDs at one bus can still move of one product in one direction. */
export interface BusRoom {
  /** In the order of their codes. */
  readonly podIds: readonly string[];
  /** W, var for product Q, by MTU. */
  readonly room: Float64Array;
}

/** By product, direction and index of the bus in the model's table; only buses with something to give. */
export type Flexibility = Readonly<
  Record<Product, Readonly<Record<Direction, ReadonlyMap<number, BusRoom>>>>
>;

/**
 * What the DSO may count on: declared limits less what is sold of the same already.
 *
 * @param quarterHours local quarter-hour of each MTU that is looked at
 */
export function flexibilityOf(
  grid: OperatedGrid,
  pods: readonly FlexiblePod[],
  sold: readonly OutcomeRow[],
  quarterHours: readonly number[],
): Flexibility {
  const mtuCount = quarterHours.length;
  const soldOf = new Map<string, Float64Array>();
  for (const { podId, product, direction, firstMtu, acceptedW } of sold) {
    const name = `${podId}/${product}/${direction}`;
    let sum = soldOf.get(name);
    if (!sum) soldOf.set(name, (sum = new Float64Array(mtuCount)));
    acceptedW.forEach((quantity, offset) => (sum[firstMtu + offset]! += quantity));
  }
  const roomsOf = (
    product: Product,
    direction: Direction,
    limitOf: (pod: FlexiblePod) => DayCurve,
  ): Map<number, BusRoom> => {
    const rooms = new Map<number, { podIds: string[]; room: Float64Array }>();
    for (const pod of pods) {
      const limit = limitOf(pod);
      const bus = suppliedBus(grid, pod.busId);
      if (largestOf(limit) <= 0 || bus === undefined) continue;
      let here = rooms.get(bus);
      if (!here) rooms.set(bus, (here = { podIds: [], room: new Float64Array(mtuCount) }));
      here.podIds.push(pod.podId);
      const limits = curveOver(limit, quarterHours);
      const own = soldOf.get(`${pod.podId}/${product}/${direction}`);
      for (let mtu = 0; mtu < mtuCount; mtu += 1) {
        here.room[mtu]! += Math.max(0, limitAt(limits, mtu) - (own?.[mtu] ?? 0));
      }
    }
    for (const { podIds } of rooms.values()) podIds.sort();
    return rooms;
  };
  return {
    P: {
      up: roomsOf('P', 'up', (pod) => pod.upW),
      down: roomsOf('P', 'down', (pod) => pod.downW),
    },
    Q: {
      up: roomsOf('Q', 'up', (pod) => pod.upVar),
      down: roomsOf('Q', 'down', (pod) => pod.downVar),
    },
  };
}
