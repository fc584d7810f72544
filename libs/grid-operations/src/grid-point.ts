/** Where in the grid a set of buses hangs: the points that all of them are below. */
import type { GridPoint } from '@flexledger/domain';
import { LV_KV_MAX, type OperatedGrid, pomOfBuses } from './operated-grid';

/** Names the lowest points above some buses. */
export type GridPointOf = (buses: readonly number[]) => GridPoint | undefined;

/**
 * The primary substation that buses hang under, and, as far as all of them hang under one, the feeder of
 * medium voltage (its first line) and the secondary substation (its transformer down to low voltage).
 * Undefined for buses of several primary substations, or none. Meshed grids have no feeders to name.
 */
export function gridPointsOf(grid: OperatedGrid): GridPointOf {
  const { network, topology, edges } = grid.compiled;
  const isRadial = edges.a.length === topology.nodeCount - 1;
  const poms = pomOfBuses(grid);
  const isMedium = (busId: string): boolean =>
    network.buses[grid.busIndex.get(busId)!]!.vnKv > LV_KV_MAX;

  function wayOf(bus: number): Omit<GridPoint, 'pom'> {
    let mvFeeder: string | undefined;
    let secondarySubstation: string | undefined;
    const pom = poms.get(network.buses[bus]!.id);
    for (let node = topology.nodeOfBus[bus]!; node > 0; node = topology.parentNode[node]!) {
      const branch = topology.parentBranch[node]!;
      const element = topology.elementOfBranch[branch]!;
      if (branch < topology.lineCount) {
        const { id, from } = network.lines[element]!;
        if (isMedium(from)) mvFeeder = id;
        continue;
      }
      const { id, hv, lv } = network.transformers[element]!;
      // What lies above the primary substation is no feeder of it.
      if (pom === `PS-${id}`) break;
      if (isMedium(hv) && !isMedium(lv)) secondarySubstation = id;
    }
    return {
      ...(mvFeeder !== undefined && { mvFeeder }),
      ...(secondarySubstation !== undefined && { secondarySubstation }),
    };
  }

  return (buses) => {
    const ids = new Set(buses.map((bus) => poms.get(network.buses[bus]!.id)));
    const [pom] = ids;
    if (ids.size !== 1 || pom === undefined) return undefined;
    if (!isRadial) return { pom };
    const ways = buses.map(wayOf);
    const shared = (name: 'mvFeeder' | 'secondarySubstation'): Partial<GridPoint> => {
      const names = new Set(ways.map((way) => way[name]));
      const [only] = names;
      return names.size === 1 && only !== undefined ? { [name]: only } : {};
    };
    return { pom, ...shared('mvFeeder'), ...shared('secondarySubstation') };
  };
}
