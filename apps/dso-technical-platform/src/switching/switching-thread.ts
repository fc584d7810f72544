/** What a thread works out of a trial of switches: `require.resolve` finds this module, and `work` does one job. */
import type { OutcomeRow } from '@flexledger/domain';
import { type Network, compileGrid } from '@flexledger/grid';
import {
  type ElementLimits,
  type GridForecast,
  type OperatedGrid,
  withRows,
} from '@flexledger/grid-operations';
import { type SwitchingEffect, effectOfSwitching } from './variant-effect';

/** One forecast on the grid that it was made on, and on the grid as it would be switched. */
export interface SwitchingJob {
  readonly before: GridOfJob;
  readonly after: GridOfJob;
  readonly forecast: GridForecast;
  /** On top of the forecast. */
  readonly sold: readonly OutcomeRow[];
}

/** What of a grid can be copied into a thread; it is compiled there. */
export interface GridOfJob {
  readonly gridId: string;
  readonly modelDigest: string;
  readonly network: Network;
  readonly busOfPod: ReadonlyMap<string, string>;
  readonly limits: ElementLimits;
}

/** @param network as it is switched; absent = as the grid has it */
export function gridOfJob(
  { gridId, modelDigest, compiled, busOfPod, limits }: OperatedGrid,
  network = compiled.network,
): GridOfJob {
  return { gridId, modelDigest, network, busOfPod, limits };
}

export function work({ before, after, forecast, sold }: SwitchingJob): SwitchingEffect {
  return effectOfSwitching(operated(before), operated(after), forecast, (on) =>
    withRows(on, forecast, new Map(), sold, ({ acceptedW }) => acceptedW),
  );
}

function operated({ gridId, modelDigest, network, busOfPod, limits }: GridOfJob): OperatedGrid {
  return {
    gridId,
    modelDigest,
    compiled: compileGrid(network),
    busIndex: new Map(network.buses.map(({ id }, index) => [id, index])),
    busOfPod: new Map(busOfPod),
    limits,
  };
}
