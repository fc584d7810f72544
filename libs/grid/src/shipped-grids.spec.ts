/** Goal: the networks the project ships solve to the published figures. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { parseNetwork } from './model/parse-network';
import { compileGrid } from './power-flow/compile';
import { solvePowerFlow, type PowerFlowSolution } from './results';
import { shippedGridNames } from './shipped-grids';
import { shippedJson } from './testing/reference-grids';

function solve(name: string, linesOpen?: readonly number[]): PowerFlowSolution {
  const file = shippedJson(name) as { lines: { inService: boolean }[] };
  if (linesOpen !== undefined) {
    file.lines.forEach((line, index) => (line.inService = !linesOpen.includes(index + 1)));
  }
  const result = solvePowerFlow(compileGrid(parseNetwork(file)));
  if (!result.converged) throw new Error(`${name} did not converge`);
  return result;
}

const lowest = ({ buses }: PowerFlowSolution): { id: string; vmPu: number } =>
  buses.reduce((low, bus) => (bus.vmPu < low.vmPu ? bus : low));

describe('shipped grids', () => {
  it('are the files in data, with title, source and licence', () => {
    const files = readdirSync(path.resolve(__dirname, '../data')).filter((f) =>
      f.endsWith('.json'),
    );
    expect(files.sort()).toEqual(shippedGridNames.map((name) => `${name}.json`).sort());
    for (const name of shippedGridNames) {
      expect(shippedJson(name)).toMatchObject({
        name,
        title: expect.stringMatching(/.+/),
        source: expect.stringMatching(/.+/),
        licence: expect.stringContaining('BSD 3-clause'),
      });
    }
  });

  it('ieee33: 202.68 kW of losses and 0.9131 pu at bus 18 (Baran and Wu 1989)', () => {
    const solution = solve('ieee33');
    expect(solution.totalLossesMw * 1000).toBeCloseTo(202.68, 2);
    expect(lowest(solution)).toMatchObject({ id: 'bus17', vmPu: expect.closeTo(0.9131, 4) });
  });

  it('ieee33 reconfigured with 7, 9, 14, 32, 37 open: the 139.55 kW and 0.9378 pu of the literature', () => {
    const solution = solve('ieee33', [7, 9, 14, 32, 37]);
    expect(solution.totalLossesMw * 1000).toBeCloseTo(139.55, 2);
    expect(lowest(solution).vmPu).toBeCloseTo(0.9378, 4);
  });

  it('ieee33 with all ties closed: less losses than any radial configuration', () => {
    expect(solve('ieee33', []).totalLossesMw * 1000).toBeCloseTo(123.29, 2);
  });

  it('cigre-mv: 304.10 kW of losses, 0.9227 pu, first transformer above its rating', () => {
    const solution = solve('cigre-mv');
    expect(solution.totalLossesMw * 1000).toBeCloseTo(304.1, 2);
    expect(lowest(solution)).toMatchObject({ id: 'bus11', vmPu: expect.closeTo(0.9227, 4) });
    expect(solution.transformers[0]!.loadingPercent).toBeCloseTo(101.43, 2);
  });

  it('cigre-mv-pv-wind: its generators bring that down to 164.79 kW and 93.83 %', () => {
    const solution = solve('cigre-mv-pv-wind');
    expect(solution.totalLossesMw * 1000).toBeCloseTo(164.79, 2);
    expect(solution.transformers[0]!.loadingPercent).toBeCloseTo(93.83, 2);
  });
});
