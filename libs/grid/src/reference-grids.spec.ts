/**
 * Goal: the solvers equal results computed elsewhere (pandapower, MATPOWER) on every reference
 * grid. Method: parse the file, solve it, compare every published figure of every element.
 */
import { parseNetwork } from './model/parse-network';
import { compileGrid } from './power-flow/compile';
import type { Algorithm } from './power-flow/solve-step';
import { solvePowerFlow, type PowerFlowSolution } from './results';
import {
  describeReference,
  referenceGridNames,
  referenceJson,
  type ReferenceGrid,
} from './testing/reference-grids';

const algorithms: readonly Algorithm[] = ['newtonRaphson', 'sweep'];
const cases = referenceGridNames.flatMap((name) => algorithms.map((by) => [name, by] as const));

describeReference.each(cases)('%s by %s (skipped without ../shared)', (name, algorithm) => {
  let reference: ReferenceGrid['expected'];
  let solution: PowerFlowSolution;

  beforeAll(() => {
    const json = referenceJson<ReferenceGrid>(name);
    reference = json.expected;
    const result = solvePowerFlow(compileGrid(parseNetwork(json)), { algorithm });
    if (!result.converged) throw new Error(`${name} did not converge`);
    solution = result;
  });

  it('lists the same elements in the same order', () => {
    const ids = (rows: readonly { readonly id: string }[]): string[] => rows.map((row) => row.id);
    expect(ids(solution.buses)).toEqual(ids(reference.buses));
    expect(ids(solution.lines)).toEqual(ids(reference.lines));
    expect(ids(solution.transformers)).toEqual(ids(reference.transformers));
    expect(solution.unsuppliedBuses).toEqual([]);
  });

  it('has the voltages within 1e-8 pu and 1e-6 degree', () => {
    reference.buses.forEach((expected, index) => {
      const { vmPu, vaDegree } = solution.buses[index]!;
      expect(Math.abs(vmPu - expected.vmPu)).toBeLessThan(1e-8);
      const turn = (((vaDegree - expected.vaDegree) % 360) + 540) % 360;
      expect(Math.abs(turn - 180)).toBeLessThan(1e-6);
    });
  });

  it('has the currents, powers, losses and loadings of lines and transformers', () => {
    expectNumbersEqual(solution.lines, reference.lines);
    expectNumbersEqual(solution.transformers, reference.transformers);
  });

  it('has the exchange with the external grid and the total losses', () => {
    expect(Math.abs(solution.externalGrid.pMw - reference.externalGrid.pMw)).toBeLessThan(1e-7);
    expect(Math.abs(solution.externalGrid.qMvar - reference.externalGrid.qMvar)).toBeLessThan(1e-7);
    expect(Math.abs(solution.totalLossesMw - reference.totalLossesMw)).toBeLessThan(1e-8);
  });
});

/** Every figure of every row: 1e-7 in kA, MW and Mvar, 1e-5 in percent. */
function expectNumbersEqual<Row extends object>(
  actual: readonly Row[],
  expected: readonly Row[],
): void {
  expected.forEach((row, index) => {
    const found = actual[index] as Record<string, unknown>;
    for (const [field, value] of Object.entries(row)) {
      if (typeof value !== 'number') {
        expect(found[field]).toBe(value);
        continue;
      }
      const tolerance = field === 'loadingPercent' ? 1e-5 : 1e-7;
      expect(Math.abs((found[field] as number) - value)).toBeLessThan(tolerance);
    }
  });
}
