import { GridModelError } from '../model/grid-model-error';
import type { CompiledGrid } from '../power-flow/compiled-grid';

/**
 * One measured number with its standard deviation `sigma`, both in the unit of its kind:
 *
 * | kind                             | what                                                         |
 * | -------------------------------- | ------------------------------------------------------------ |
 * | `vmPu`, `vaDegree`               | voltage of a bus, pu of its `vnKv`, and its angle            |
 * | `pInjectionMw`, `qInjectionMvar` | what is injected at a bus, generation less consumption, with |
 * |                                  | all buses that closed switches join to it                    |
 * | `pFlowMw`, `qFlowMvar`           | flow into a line or transformer at one side                  |
 * | `iKa`, `iaDegree`                | current into it there, and its angle                         |
 *
 * A phasor measurement unit gives two measurements: `vmPu` with `vaDegree`, or `iKa` with `iaDegree`.
 * Angles are of one common clock; where none is measured, the external grid's is the reference.
 */
export type Measurement = BusMeasurement | BranchMeasurement;

interface Measured {
  readonly id: string;
  readonly value: number;
  /** Standard deviation, above 0. */
  readonly sigma: number;
}

export interface BusMeasurement extends Measured {
  readonly kind: 'vmPu' | 'vaDegree' | 'pInjectionMw' | 'qInjectionMvar';
  readonly bus: string;
}

export interface BranchMeasurement extends Measured {
  readonly kind: 'pFlowMw' | 'qFlowMvar' | 'iKa' | 'iaDegree';
  /** Id of a line or transformer. */
  readonly element: string;
  /** End of a line; of a transformer `from` is the HV side. */
  readonly side: 'from' | 'to';
}

/** A measurement as a function of the voltages of a few nodes. */
export type BoundMeasurement = Measured & { readonly place: Place };

export type Place =
  | { readonly kind: BusMeasurement['kind']; readonly node: number }
  | {
      readonly kind: BranchMeasurement['kind'];
      readonly branch: number;
      readonly side: BranchMeasurement['side'];
    };

/**
 * Finds node or branch of each measurement.
 *
 * @returns `unused`: ids of measurements where nothing is energised; they say nothing of the state.
 * @throws GridModelError naming a measurement that refers to nothing, or whose numbers will not do.
 */
export function bindMeasurements(
  grid: CompiledGrid,
  measurements: readonly Measurement[],
): { readonly bound: readonly BoundMeasurement[]; readonly unused: readonly string[] } {
  const { network, topology } = grid;
  const nodeOfBus = new Map(network.buses.map(({ id }, at) => [id, topology.nodeOfBus[at]!]));
  const branchOf = new Map<string, number>();
  for (const { id } of [...network.lines, ...network.transformers]) branchOf.set(id, -1);
  topology.elementOfBranch.forEach((element, branch) => {
    const table = branch < topology.lineCount ? network.lines : network.transformers;
    branchOf.set(table[element]!.id, branch);
  });

  const bound: BoundMeasurement[] = [];
  const unused: string[] = [];
  const seen = new Set<string>();
  for (const measurement of measurements) {
    checkNumbers(measurement, seen);
    const { id, value, sigma } = measurement;
    const place = placeOf(measurement, nodeOfBus, branchOf);
    if (place === null) unused.push(id);
    else bound.push({ id, value, sigma, place });
  }
  return { bound, unused };
}

function checkNumbers({ id, value, sigma }: Measurement, seen: Set<string>): void {
  const label = `measurement "${id}"`;
  if (seen.has(id)) throw new GridModelError(label, 'the id is used twice', 'Give each its own');
  seen.add(id);
  if (!Number.isFinite(value)) {
    throw new GridModelError(label, `value is ${value}`, 'Give a finite number, or leave it away');
  }
  if (!(sigma > 0 && sigma < Infinity)) {
    throw new GridModelError(label, `sigma is ${sigma}`, 'Give a standard deviation above 0');
  }
}

function placeOf(
  measurement: Measurement,
  nodeOfBus: ReadonlyMap<string, number>,
  branchOf: ReadonlyMap<string, number>,
): Place | null {
  const find = (table: ReadonlyMap<string, number>, what: string, name: string): number => {
    const at = table.get(name);
    if (at !== undefined) return at;
    throw new GridModelError(
      `measurement "${measurement.id}"`,
      `"${name}" is not a ${what} of this grid`,
      'Correct the id',
    );
  };
  if ('bus' in measurement) {
    const node = find(nodeOfBus, 'bus', measurement.bus);
    return node < 0 ? null : { kind: measurement.kind, node };
  }
  const branch = find(branchOf, 'line or transformer', measurement.element);
  return branch < 0 ? null : { kind: measurement.kind, branch, side: measurement.side };
}
