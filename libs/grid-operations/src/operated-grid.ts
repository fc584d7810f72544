import type { OperatingLimits, VoltageBand } from '@flexledger/domain';
import { type CompiledGrid, busesBelow, compileGrid, parseNetwork } from '@flexledger/grid';

/** LV up to and including this nominal voltage. */
export const LV_KV_MAX = 1;

/** A published grid, ready to be solved, with what the DSO counts as a violation. */
export interface OperatedGrid {
  readonly gridId: string;
  /** Digest of the published model. */
  readonly modelDigest: string;
  readonly compiled: CompiledGrid;
  /** Index of a bus in the model's table, by id. */
  readonly busIndex: ReadonlyMap<string, number>;
  /** Bus of each PoD: those of the model, and those located since. */
  readonly busOfPod: Map<string, string>;
  readonly limits: ElementLimits;
}

/** Index of the bus a PoD hangs at; undefined when it is not supplied by this grid. */
export function busOfPod(grid: OperatedGrid, podId: string): number | undefined {
  return suppliedBus(grid, grid.busOfPod.get(podId));
}

/** Index of a bus by its id; undefined when the model does not have it or does not supply it. */
export function suppliedBus(grid: OperatedGrid, busId: string | undefined): number | undefined {
  const bus = busId === undefined ? undefined : grid.busIndex.get(busId);
  return bus === undefined || grid.compiled.topology.nodeOfBus[bus]! < 0 ? undefined : bus;
}

/** Limits by element, in the order of the model's tables; Infinity = none. */
export interface ElementLimits {
  readonly lineA: Float64Array;
  readonly transformerPercent: number;
  readonly vMinPu: Float64Array;
  readonly vMaxPu: Float64Array;
}

/**
 * Opens what `GridModelPublished` holds.
 *
 * @throws GridModelError when the model is broken
 */
export function operateGrid(published: {
  readonly gridId: string;
  readonly digest: string;
  readonly model: object;
  readonly limits: OperatingLimits;
}): OperatedGrid {
  const network = parseNetwork(published.model);
  const { limits } = published;
  const all = { minPerMille: limits.vMinPerMille, maxPerMille: limits.vMaxPerMille };
  const bandOf = ({ vnKv }: { readonly vnKv: number }): VoltageBand =>
    vnKv > LV_KV_MAX ? (limits.mediumVoltage ?? all) : all;
  return {
    gridId: published.gridId,
    modelDigest: published.digest,
    compiled: compileGrid(network),
    busIndex: new Map(network.buses.map((bus, index) => [bus.id, index])),
    busOfPod: new Map(network.pods.map((pod) => [pod.id, pod.bus])),
    limits: {
      lineA: Float64Array.from(
        network.lines,
        (line) =>
          limits.lineLimitA[line.id] ??
          (line.maxIKa === null ? Infinity : line.maxIKa * (limits.lineLimitPerMille ?? 1_000)),
      ),
      transformerPercent: limits.transformerLimitPerMille / 10,
      vMinPu: Float64Array.from(network.buses, (bus) => bandOf(bus).minPerMille / 1_000),
      vMaxPu: Float64Array.from(network.buses, (bus) => bandOf(bus).maxPerMille / 1_000),
    },
  };
}

/**
 * The point of measurement (primary substation) each bus hangs under: the transformer that feeds it,
 * or the slack bus where the model begins behind the substation. Where a model has medium voltage
 * below its slack, transformers down to low voltage are secondary substations, and no such point.
 */
export function pomOfBuses(grid: OperatedGrid): ReadonlyMap<string, string> {
  const { network } = grid.compiled;
  const poms = new Map(network.buses.map((bus) => [bus.id, `PS-${network.externalGrid.bus}`]));
  const { bus: slack } = network.externalGrid;
  const isMedium = (busId: string): boolean =>
    network.buses[grid.busIndex.get(busId)!]!.vnKv > LV_KV_MAX;
  const hasMedium = network.buses.some(({ id }) => id !== slack && isMedium(id));
  for (const transformer of network.transformers) {
    if (hasMedium && !isMedium(transformer.lv)) continue;
    for (const busId of busesBelow(network, transformer.id))
      poms.set(busId, `PS-${transformer.id}`);
  }
  return poms;
}
