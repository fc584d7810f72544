import { GridModelError } from '../model/grid-model-error';
import type { CompiledGrid } from './compiled-grid';

/**
 * Powers for `steps` market time units, flat: entry `step * elements + element`, elements in the
 * order of the network's tables. A column that is absent stands at the network's own values in
 * every step.
 */
export interface GridLoading {
  readonly steps: number;
  readonly loadPMw?: Float64Array;
  readonly loadQMvar?: Float64Array;
  readonly generatorPMw?: Float64Array;
  readonly generatorQMvar?: Float64Array;
  /** Withdrawal at each bus, constant power, on top of loads and generators. */
  readonly busPMw?: Float64Array;
  readonly busQMvar?: Float64Array;
  /** Slack voltage by step; absent = `externalGrid.vmPu`. */
  readonly externalGridVmPu?: Float64Array;
}

/**
 * What one step withdraws at each node at voltage V (pu): p + V currentP + V^2 Re(shunt) and the
 * like for Q, in MW and Mvar; `shunt` is an admittance and holds the grid's own shunts too.
 */
export interface NodeDemand {
  readonly pMw: Float64Array;
  readonly qMvar: Float64Array;
  readonly currentPMw: Float64Array;
  readonly currentQMvar: Float64Array;
  readonly shuntRe: Float64Array;
  readonly shuntIm: Float64Array;
  /** False spares the solvers the constant-current part. */
  hasCurrent: boolean;
  slackVmPu: number;
}

export function createNodeDemand(nodeCount: number): NodeDemand {
  const column = (): Float64Array => new Float64Array(nodeCount);
  return {
    pMw: column(),
    qMvar: column(),
    currentPMw: column(),
    currentQMvar: column(),
    shuntRe: column(),
    shuntIm: column(),
    hasCurrent: false,
    slackVmPu: 1,
  };
}

/** @throws GridModelError when a column's length does not fit the network and the steps. */
export function checkLoading(grid: CompiledGrid, loading: GridLoading): void {
  const { loads, staticGenerators, buses } = grid.network;
  const lengths: readonly (readonly [keyof GridLoading, number])[] = [
    ['loadPMw', loads.length],
    ['loadQMvar', loads.length],
    ['generatorPMw', staticGenerators.length],
    ['generatorQMvar', staticGenerators.length],
    ['busPMw', buses.length],
    ['busQMvar', buses.length],
    ['externalGridVmPu', 1],
  ];
  for (const [name, elements] of lengths) {
    const column = loading[name] as Float64Array | undefined;
    if (column === undefined || column.length === elements * loading.steps) continue;
    throw new GridModelError(
      `loading ${name}`,
      `has ${column.length} values for ${loading.steps} steps of ${elements} elements`,
      `Give ${elements * loading.steps} values, all elements of the first step first`,
    );
  }
}

/**
 * Adds up what step `step` of `loading` withdraws at each node; without loading, the network's own
 * values.
 *
 * @throws GridModelError when a value is not finite.
 */
export function fillNodeDemand(
  grid: CompiledGrid,
  loading: GridLoading | undefined,
  step: number,
  demand: NodeDemand,
): void {
  demand.pMw.fill(0);
  demand.qMvar.fill(0);
  demand.currentPMw.fill(0);
  demand.currentQMvar.fill(0);
  demand.shuntRe.set(grid.shuntRe);
  demand.shuntIm.set(grid.shuntIm);
  demand.hasCurrent = false;
  demand.slackVmPu = loading?.externalGridVmPu?.[step] ?? grid.network.externalGrid.vmPu;
  addLoads(grid, loading, step, demand);
  addGenerators(grid, loading, step, demand);
  if (loading !== undefined) addBusWithdrawals(grid, loading, step, demand);
  checkFinite(grid, step, demand);
}

function addLoads(
  grid: CompiledGrid,
  loading: GridLoading | undefined,
  step: number,
  demand: NodeDemand,
): void {
  const { loads } = grid.network;
  const first = step * loads.length;
  for (let index = 0; index < loads.length; index++) {
    const load = loads[index]!;
    const node = grid.nodeOfLoad[index]!;
    const p = loading?.loadPMw ? loading.loadPMw[first + index]! : load.pMw;
    const q = loading?.loadQMvar ? loading.loadQMvar[first + index]! : load.qMvar;
    const current = load.constantCurrentPercent / 100;
    const impedance = load.constantImpedancePercent / 100;
    demand.pMw[node]! += p * (1 - current - impedance);
    demand.qMvar[node]! += q * (1 - current - impedance);
    if (current > 0) {
      demand.currentPMw[node]! += p * current;
      demand.currentQMvar[node]! += q * current;
      demand.hasCurrent = true;
    }
    if (impedance > 0) {
      demand.shuntRe[node]! += p * impedance;
      demand.shuntIm[node]! -= q * impedance;
    }
  }
}

function addGenerators(
  grid: CompiledGrid,
  loading: GridLoading | undefined,
  step: number,
  demand: NodeDemand,
): void {
  const { staticGenerators } = grid.network;
  const first = step * staticGenerators.length;
  for (let index = 0; index < staticGenerators.length; index++) {
    const generator = staticGenerators[index]!;
    const node = grid.nodeOfGenerator[index]!;
    const p = loading?.generatorPMw ? loading.generatorPMw[first + index]! : generator.pMw;
    const q = loading?.generatorQMvar ? loading.generatorQMvar[first + index]! : generator.qMvar;
    demand.pMw[node]! -= p;
    if (generator.vmPu === null) demand.qMvar[node]! -= q;
  }
}

function addBusWithdrawals(
  grid: CompiledGrid,
  loading: GridLoading,
  step: number,
  demand: NodeDemand,
): void {
  const { nodeOfBus } = grid.topology;
  const { busPMw, busQMvar } = loading;
  const first = step * nodeOfBus.length;
  for (let bus = 0; bus < nodeOfBus.length; bus++) {
    const p = busPMw ? busPMw[first + bus]! : 0;
    const q = busQMvar ? busQMvar[first + bus]! : 0;
    const node = nodeOfBus[bus]!;
    if (node >= 0) {
      demand.pMw[node]! += p;
      demand.qMvar[node]! += q;
    } else if (p !== 0 || q !== 0) {
      throw new GridModelError(
        `bus "${grid.network.buses[bus]!.id}"`,
        `withdraws ${p} MW and ${q} Mvar in step ${step} and has no path to the external grid`,
        'Withdraw only at supplied buses',
      );
    }
  }
}

function checkFinite(grid: CompiledGrid, step: number, demand: NodeDemand): void {
  if (!(demand.slackVmPu > 0 && demand.slackVmPu < Infinity)) {
    throw new GridModelError(
      'external grid',
      `its voltage in step ${step} is ${demand.slackVmPu} pu`,
      'Give a voltage above 0',
    );
  }
  for (let node = 0; node < demand.pMw.length; node++) {
    const sum =
      demand.pMw[node]! +
      demand.qMvar[node]! +
      demand.currentPMw[node]! +
      demand.currentQMvar[node]! +
      demand.shuntRe[node]! +
      demand.shuntIm[node]!;
    if (Number.isFinite(sum)) continue;
    throw new GridModelError(
      `bus "${grid.network.buses[grid.topology.nodeOfBus.indexOf(node)]!.id}"`,
      `the power of its loads and generators in step ${step} is not a finite number`,
      'Give a finite P and Q for each',
    );
  }
}
