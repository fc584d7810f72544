/**
 * Goal: of several solutions the one a grid runs at, and none that has collapsed. Method: one line,
 * whose two voltages are known in closed form; a meshed grid on which starts from no load and from
 * nominal voltage part; stressed feeders followed from no load.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseNetwork } from '../model/parse-network';
import { solvePowerFlow } from '../results';
import { shippedJson } from '../testing/reference-grids';
import { busRow, lineRow, substation } from '../testing/small-grids';
import { createNodeVoltages, setNoLoadVoltages, type NodeVoltages } from './attempt';
import { compileGrid } from './compile';
import type { CompiledGrid } from './compiled-grid';
import { solveByContinuation } from './continuation';
import { createNodeDemand, fillNodeDemand, type NodeDemand } from './demand';
import { solveNewton } from './newton-raphson';
import { isOperable, searchOperable } from './operable';

function prepared(json: unknown): {
  grid: CompiledGrid;
  demand: NodeDemand;
  voltages: NodeVoltages;
} {
  const grid = compileGrid(parseNetwork(json));
  const demand = createNodeDemand(grid.topology.nodeCount);
  const voltages = createNodeVoltages(grid.topology.nodeCount);
  fillNodeDemand(grid, undefined, 0, demand);
  setNoLoadVoltages(grid, demand, voltages);
  return { grid, demand, voltages };
}

const lowestVmPu = ({ re, im }: NodeVoltages): number =>
  Math.min(...re.map((value, node) => Math.hypot(value, im[node]!)));

describe('one line of 1 + 2j ohm at 10 kV with 10 MW at its end', () => {
  // v^4 + (2 (r p + x q) - 1) v^2 + |z|^2 (p^2 + q^2) = 0 in per unit of 10 kV and 100 MVA.
  const root = Math.sqrt(0.8 ** 2 - 4 * 5 * 0.01);
  const [upperPu, lowerPu] = [Math.sqrt((0.8 + root) / 2), Math.sqrt((0.8 - root) / 2)];
  const line = {
    ...substation(),
    buses: [busRow('source', 10), busRow('end', 10)],
    lines: [lineRow('line', 'source', 'end', { rOhm: 1, xOhm: 2, cNf: 0 })],
    transformers: [],
    loads: [{ id: 'load', bus: 'end', pMw: 10, qMvar: 0 }],
    staticGenerators: [],
    pods: [],
    externalGrid: { bus: 'source', vmPu: 1, vaDegree: 0 },
  };

  it('the lower solution is known for what it is, and the upper one is found from there', () => {
    const { grid, demand, voltages } = prepared(line);
    voltages.re[1] = 0.2;
    voltages.im[1] = -0.2;
    const lower = solveNewton(grid.newtonPlan(), demand, voltages);
    expect(lower.converged).toBe(true);
    expect(lowestVmPu(voltages)).toBeCloseTo(lowerPu, 9);
    expect(isOperable(grid, demand, voltages, lower)).toBe(false);
    expect(searchOperable(grid, demand, voltages, lower).converged).toBe(true);
    expect(lowestVmPu(voltages)).toBeCloseTo(upperPu, 9);
    expect(isOperable(grid, demand, voltages, lower)).toBe(true);
  });
});

describe('New England with machines of constant P and Q', () => {
  const json = JSON.parse(
    readFileSync(path.resolve(__dirname, '../testing/grids/new-england-39.json'), 'utf8'),
  ) as { expected: { buses: { id: string; vmPu: number; vaDegree: number }[] } };

  it('is solved at 0.98 to 1.06 pu as elsewhere, not at the 1.7 pu that no load leads to', () => {
    const { grid, demand, voltages } = prepared(json);
    expect(solveNewton(grid.newtonPlan(), demand, voltages).converged).toBe(true);
    expect(Math.max(...voltages.re.map((re, at) => Math.hypot(re, voltages.im[at]!)))).toBeCloseTo(
      1.742,
      3,
    );
    const result = solvePowerFlow(grid);
    if (!result.converged) throw new Error('not converged');
    result.buses.forEach(({ vmPu, vaDegree }, at) => {
      expect(vmPu).toBeCloseTo(json.expected.buses[at]!.vmPu, 9);
      expect(vaDegree).toBeCloseTo(json.expected.buses[at]!.vaDegree, 7);
    });
  });
});

describe.each([
  ['ieee33', 3.622, false],
  ['ieee33', 6.641, true],
  ['cigre-mv', 2.4416, false],
  ['cigre-mv', 3.3757, true],
])('%s at %f times its loads, meshed %s', (name, factor, meshed) => {
  const scaled = (by: number): unknown => {
    const file = shippedJson(name) as {
      lines: { inService: boolean }[];
      loads: { pMw: number; qMvar: number }[];
    };
    for (const load of file.loads) {
      load.pMw *= by;
      load.qMvar *= by;
    }
    if (meshed) for (const line of file.lines) line.inService = true;
    return file;
  };

  it('the way from no load ends at the solution of Newton-Raphson', () => {
    const { grid, demand, voltages } = prepared(scaled(factor));
    expect(solveByContinuation(grid, demand, voltages).converged).toBe(true);
    const followed = lowestVmPu(voltages);
    setNoLoadVoltages(grid, demand, voltages);
    expect(solveNewton(grid.newtonPlan(), demand, voltages).converged).toBe(true);
    expect(followed).toBeCloseTo(lowestVmPu(voltages), 6);
  });

  it('a thousandth more has no way there', () => {
    const { grid, demand, voltages } = prepared(scaled(factor * 1.001));
    expect(solveByContinuation(grid, demand, voltages).converged).toBe(false);
  });
});
