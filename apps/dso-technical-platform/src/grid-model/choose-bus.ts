/** Which bus a new PoD gets, by the rule of the DSO's policy. */
import type { PodDetails } from '@flexledger/domain';
import { busesBelow } from '@flexledger/grid';
import { LV_KV_MAX, type OperatedGrid, suppliedBus } from '@flexledger/grid-operations';
import type { DsoPolicy } from '../policy';

/** A bus, or why there is none, in words for an operator. */
export type BusChoice = { readonly busId: string } | { readonly fault: string };

/**
 * @param loadW contracted power of the PoDs located at each bus; absent = 0
 */
export function chooseBus(
  { supply, connection }: Pick<PodDetails, 'supply' | 'connection'>,
  grid: OperatedGrid,
  loadW: ReadonlyMap<string, number>,
  { unnamed }: DsoPolicy['location'],
): BusChoice {
  const { network } = grid.compiled;
  const isSupplied = (busId: string): boolean => suppliedBus(grid, busId) !== undefined;
  if (supply?.by === 'supplyPoint') {
    if (isSupplied(supply.code)) return { busId: supply.code };
    return { fault: `it names ${supply.code}, which is no supplied bus of grid ${grid.gridId}` };
  }
  if (!supply && unnamed === 'byHand') return { fault: 'it names neither supply point nor feeder' };
  const isBranch = (id: string): boolean =>
    network.lines.some((line) => line.id === id) ||
    network.transformers.some((transformer) => transformer.id === id);
  if (supply && !isBranch(supply.code)) {
    return { fault: `it names feeder ${supply.code}, which grid ${grid.gridId} does not have` };
  }
  const below = supply ? new Set(busesBelow(network, supply.code)) : undefined;
  const buses = network.buses.filter(
    ({ id }) =>
      id !== network.externalGrid.bus && isSupplied(id) && (below === undefined || below.has(id)),
  );
  const lowVoltage = buses.filter(({ vnKv }) => vnKv <= LV_KV_MAX);
  const isMedium = connection?.voltageLevel === 'MV';
  const wanted = isMedium
    ? buses.filter(({ vnKv }) => vnKv > LV_KV_MAX)
    : lowVoltage.length > 0
      ? lowVoltage
      : buses;
  let best: { readonly busId: string; readonly watts: number } | undefined;
  for (const { id } of wanted) {
    const watts = loadW.get(id) ?? 0;
    if (!best || watts < best.watts) best = { busId: id, watts };
  }
  if (best) return { busId: best.busId };
  return { fault: `no bus${supply ? ` below ${supply.code}` : ''} is of its voltage and supplied` };
}
