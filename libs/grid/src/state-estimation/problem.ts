import type { NodeVoltages } from '../power-flow/attempt';
import type { CompiledGrid } from '../power-flow/compiled-grid';
import { minimumDegreeElimination } from '../power-flow/elimination';
import type { BoundMeasurement, Place } from './measurements';
import { createRowFactory, currentBaseKa, type Row } from './rows';
import { createSparseQr, type SparseQr } from './sparse-qr';

/** A row with what it should be and how sure that is. */
export interface WeightedRow {
  readonly row: Row;
  readonly target: number;
  readonly sigma: number;
  /** Angles differ by at most half a turn. */
  readonly isAngle: boolean;
  /** Its first node in the elimination order, by position. */
  readonly first: number;
}

/** The measurements of a grid as rows, what must hold exactly, and the factor's structure. */
export interface EstimationProblem {
  readonly grid: CompiledGrid;
  readonly measured: readonly WeightedRow[];
  /** No injection at nodes where nothing is connected; the reference angle where none is measured. */
  readonly exact: readonly WeightedRow[];
  readonly qr: SparseQr;
  /** Position of each node in the elimination order. */
  readonly position: Int32Array;
}

/** How much surer than the best power measurement what must hold exactly counts. */
const exactShare = 1e-4;
const referenceSigmaDegree = 1e-6;

export function createProblem(
  grid: CompiledGrid,
  measurements: readonly BoundMeasurement[],
): EstimationProblem {
  const rowOf = createRowFactory(grid);
  const sigmaMw = exactShare * bestSigmaMw(grid, measurements);
  const targets = [
    ...measurements,
    ...nodesWithoutInjection(grid).flatMap((node) => [
      { place: { kind: 'pInjectionMw', node } as Place, value: 0, sigma: sigmaMw },
      { place: { kind: 'qInjectionMvar', node } as Place, value: 0, sigma: sigmaMw },
    ]),
  ];
  if (!measurements.some(({ place }) => isAngle(place))) {
    const value = grid.network.externalGrid.vaDegree;
    targets.push({ place: { kind: 'vaDegree', node: 0 }, value, sigma: referenceSigmaDegree });
  }
  const rows = targets.map(({ place }) => rowOf(place));
  const elimination = minimumDegreeElimination(
    grid.topology.nodeCount,
    ...pairsWithin(rows, grid.topology.nodeCount),
  );
  const { position } = elimination;
  const weighted = targets.map(({ place, value, sigma }, index): WeightedRow => {
    const row = rows[index]!;
    const first = row.nodes.reduce((least, node) => Math.min(least, position[node]!), Infinity);
    return { row, target: value, sigma, isAngle: isAngle(place), first };
  });
  return {
    grid,
    measured: weighted.slice(0, measurements.length),
    exact: weighted.slice(measurements.length),
    qr: createSparseQr(elimination),
    position,
  };
}

const isAngle = ({ kind }: Place): boolean => kind === 'vaDegree' || kind === 'iaDegree';

/** The smallest standard deviation of a power, or of a current at rated voltage, in MW. */
function bestSigmaMw(grid: CompiledGrid, measurements: readonly BoundMeasurement[]): number {
  const baseKa = currentBaseKa(grid);
  const { fromNode, toNode } = grid.topology;
  const sigmas = measurements.flatMap(({ place, sigma }) => {
    if (place.kind === 'iKa') {
      const node = (place.side === 'from' ? fromNode : toNode)[place.branch]!;
      return [sigma / baseKa[node]!];
    }
    return place.kind.startsWith('p') || place.kind.startsWith('q') ? [sigma] : [];
  });
  return sigmas.length === 0 ? 1e-3 : Math.min(...sigmas);
}

/** Nodes without load, generator, PoD or external grid: what flows in flows on. */
function nodesWithoutInjection({ network, topology }: CompiledGrid): number[] {
  const buses = [network.loads, network.staticGenerators, network.pods].flatMap((rows) =>
    (rows as readonly { readonly bus: string }[]).map(({ bus }) => bus),
  );
  const nodeOf = new Map(network.buses.map(({ id }, at) => [id, topology.nodeOfBus[at]!]));
  const injecting = new Set([0, ...buses.map((bus) => nodeOf.get(bus)!)]);
  return Array.from({ length: topology.nodeCount }, (_, node) => node).filter(
    (node) => !injecting.has(node),
  );
}

/** Pairs of nodes that meet in a row, each once. */
function pairsWithin(rows: readonly Row[], nodeCount: number): [Int32Array, Int32Array] {
  const pairs = new Set<number>();
  for (const { nodes } of rows) {
    for (const one of nodes) {
      for (const other of nodes) if (one < other) pairs.add(one * nodeCount + other);
    }
  }
  const keys = [...pairs];
  return [
    Int32Array.from(keys, (key) => Math.floor(key / nodeCount)),
    Int32Array.from(keys, (key) => key % nodeCount),
  ];
}

/** Target less value, turned into the half turn around nothing where it is an angle. */
export function residualOf({ row, target, isAngle: turns }: WeightedRow): number {
  const residual = target - row.value;
  return turns ? residual - 360 * Math.round(residual / 360) : residual;
}

/** Writes a row's derivatives over `sigma` into the factor's working row. */
export function scatter(
  { qr, position }: EstimationProblem,
  { row }: WeightedRow,
  sigma: number,
): void {
  for (let k = 0; k < row.nodes.length; k++) {
    const column = 2 * position[row.nodes[k]!]!;
    qr.row[column] = row.dTheta[k]! / sigma;
    qr.row[column + 1] = row.dU[k]! / sigma;
  }
}

/** Evaluates every row at the given voltages. */
export function evaluateAll({ measured, exact }: EstimationProblem, voltages: NodeVoltages): void {
  for (const { row } of measured) row.evaluate(voltages);
  for (const { row } of exact) row.evaluate(voltages);
}
