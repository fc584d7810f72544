import type { Direction, OutcomeRow } from '@flexledger/domain';
import { type OperatedGrid, suppliedBus } from '../grid-model/operated-grid';

/** A PoD of the market and what it declared to be able to move; 0 on days it is switched off. */
export interface FlexiblePod {
  readonly podId: string;
  readonly busId: string;
  readonly upW: number;
  readonly downW: number;
}

/** What the PoDs at one bus can still move in one direction. */
export interface BusRoom {
  /** In the order of their codes. */
  readonly podIds: readonly string[];
  /** By MTU. */
  readonly roomW: Float64Array;
}

/** By direction and index of the bus in the model's table; only buses with something to give. */
export type Flexibility = Readonly<Record<Direction, ReadonlyMap<number, BusRoom>>>;

/**
 * What the DSO may count on: declared limits less what is sold in the same direction already.
 * Active power only, as the DSO asks for nothing else.
 */
export function flexibilityOf(
  grid: OperatedGrid,
  pods: readonly FlexiblePod[],
  sold: readonly OutcomeRow[],
  mtuCount: number,
): Flexibility {
  const soldW = { up: new Map<string, Float64Array>(), down: new Map<string, Float64Array>() };
  for (const { podId, product, direction, firstMtu, acceptedW } of sold) {
    if (product !== 'P') continue;
    let sum = soldW[direction].get(podId);
    if (!sum) soldW[direction].set(podId, (sum = new Float64Array(mtuCount)));
    acceptedW.forEach((watts, offset) => (sum[firstMtu + offset]! += watts));
  }
  const roomIn = (direction: Direction): Map<number, BusRoom> => {
    const rooms = new Map<number, { podIds: string[]; roomW: Float64Array }>();
    for (const pod of pods) {
      const limitW = direction === 'up' ? pod.upW : pod.downW;
      const bus = suppliedBus(grid, pod.busId);
      if (limitW <= 0 || bus === undefined) continue;
      let room = rooms.get(bus);
      if (!room) rooms.set(bus, (room = { podIds: [], roomW: new Float64Array(mtuCount) }));
      room.podIds.push(pod.podId);
      const own = soldW[direction].get(pod.podId);
      for (let mtu = 0; mtu < mtuCount; mtu += 1) {
        room.roomW[mtu]! += Math.max(0, limitW - (own?.[mtu] ?? 0));
      }
    }
    for (const { podIds } of rooms.values()) podIds.sort();
    return rooms;
  };
  return { up: roomIn('up'), down: roomIn('down') };
}
