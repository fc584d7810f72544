/**
 * Goal: the solvers find a solution wherever there is one, and say so where there is none. Method:
 * a line with one load, whose largest load is known in closed form; reference feeders scaled
 * through their limit.
 */
import { parseNetwork } from '../model/parse-network';
import { solvePowerFlow, type PowerFlowResult } from '../results';
import { solveSeries } from '../series';
import { shippedJson } from '../testing/reference-grids';
import { busRow, lineRow, substation, type GridFile } from '../testing/small-grids';
import { compileGrid } from './compile';
import type { Algorithm } from './solve-step';

const algorithms = ['newtonRaphson', 'sweep'] as const;

/** One load at the end of one line of 1 + 2j ohm at 10 kV. */
function oneLoad(pMw: number, qMvar: number): GridFile {
  return {
    ...substation(),
    buses: [busRow('source', 10), busRow('end', 10)],
    lines: [lineRow('line', 'source', 'end', { rOhm: 1, xOhm: 2, cNf: 0 })],
    transformers: [],
    loads: [{ id: 'load', bus: 'end', pMw, qMvar }],
    staticGenerators: [],
    pods: [],
    externalGrid: { bus: 'source', vmPu: 1, vaDegree: 0 },
  };
}

/** Largest apparent power at power factor p + jq over z = r + jx: V^2 / (2 (|z| + r p + x q)). */
const limitMva = (p: number, q: number): number => 100 / (2 * (Math.sqrt(5) + p + 2 * q));

const solve = (file: unknown, algorithm: Algorithm): PowerFlowResult =>
  solvePowerFlow(compileGrid(parseNetwork(file)), { algorithm });

describe('at the limit of one line', () => {
  const powerFactors = [
    [1, 0],
    [0.95, 0.3122],
    [0.8, -0.6],
    [0, 1],
  ] as const;

  it.each(powerFactors)(
    'Newton-Raphson solves 99.9999 %% and refuses 100.001 %% (p %f, q %f)',
    (p, q) => {
      const limit = limitMva(p, q);
      const below = solve(oneLoad(p * limit * 0.999999, q * limit * 0.999999), 'newtonRaphson');
      const above = solve(oneLoad(p * limit * 1.00001, q * limit * 1.00001), 'newtonRaphson');
      expect(below.converged).toBe(true);
      expect(above).toMatchObject({ converged: false, worstBus: 'end' });
    },
  );

  it.each(powerFactors)('the sweep solves 99 %% and refuses 101 %% (p %f, q %f)', (p, q) => {
    const limit = limitMva(p, q);
    expect(solve(oneLoad(p * limit * 0.99, q * limit * 0.99), 'sweep').converged).toBe(true);
    expect(solve(oneLoad(p * limit * 1.01, q * limit * 1.01), 'sweep')).toMatchObject({
      converged: false,
      worstBus: 'end',
    });
  });

  it('finds the upper of the two voltages', () => {
    const result = solve(oneLoad(10, 0), 'newtonRaphson');
    // v^4 + (2 (r p + x q) - 1) v^2 + |z|^2 (p^2 + q^2) = 0 in per unit of 10 kV and 100 MVA.
    const b = 2 * 0.1 - 1;
    const upper = Math.sqrt((-b + Math.sqrt(b * b - 4 * 5 * 0.01)) / 2);
    if (!result.converged) throw new Error('not converged');
    expect(result.buses[1]!.vmPu).toBeCloseTo(upper, 10);
  });
});

interface ScalableFile {
  lines: { inService: boolean }[];
  loads: { pMw: number; qMvar: number }[];
}

function scaled(name: string, factor: number, meshed = false): unknown {
  const file = shippedJson(name) as ScalableFile;
  for (const load of file.loads) {
    load.pMw *= factor;
    load.qMvar *= factor;
  }
  if (meshed) for (const line of file.lines) line.inService = true;
  return file;
}

describe.each(['ieee33', 'cigre-mv'])('%s with ten times its loads', (name) => {
  it.each(algorithms)('%s reports where it fails, and by how much', (algorithm) => {
    const result = solve(scaled(name, 10), algorithm);
    if (result.converged) throw new Error('there is no such solution');
    expect(result.worstBus).toMatch(/^bus\d+$/);
    expect(
      Math.max(Math.abs(result.worstMismatchMw), Math.abs(result.worstMismatchMvar)),
    ).toBeGreaterThan(0.1);
  });

  it.each([false, true])(
    'Newton-Raphson stops at a best point, meshed %s, that misses less than was asked for',
    (meshed) => {
      const file = scaled(name, 10, meshed) as ScalableFile;
      const askedMw = file.loads.reduce((sum, load) => sum + load.pMw, 0);
      const result = solve(file, 'newtonRaphson');
      if (result.converged) throw new Error('there is no such solution');
      expect(Math.abs(result.worstMismatchMw)).toBeLessThan(askedMw / 4);
      expect(Math.abs(result.worstMismatchMvar)).toBeLessThan(askedMw / 4);
    },
  );
});

describe('stressed grids that still have a solution', () => {
  it.each([
    ['ieee33', 3.622, false],
    ['ieee33', 6.641, true],
    ['cigre-mv', 2.4416, false],
    ['cigre-mv', 3.3757, true],
  ])(
    '%s at %f times its loads, meshed %s: solved at less than half the voltage',
    (name, factor, meshed) => {
      const result = solve(scaled(name, factor, meshed), 'newtonRaphson');
      if (!result.converged) throw new Error('not converged');
      expect(Math.min(...result.buses.map((bus) => bus.vmPu))).toBeLessThan(0.51);
      expect(solve(scaled(name, factor * 1.001, meshed), 'newtonRaphson').converged).toBe(false);
    },
  );
});

describe('a series with a step that has no solution', () => {
  const grid = compileGrid(parseNetwork(shippedJson('ieee33')));
  const { loads, buses } = grid.network;
  const factors = [1, 3.6, 10, 1];
  const column = (value: (load: (typeof loads)[number]) => number): Float64Array =>
    Float64Array.from(factors.flatMap((factor) => loads.map((load) => factor * value(load))));
  const series = solveSeries(grid, {
    steps: factors.length,
    loadPMw: column((load) => load.pMw),
    loadQMvar: column((load) => load.qMvar),
  });

  it('names it, leaves its row empty, and goes on', () => {
    expect(series.failures).toMatchObject([
      { step: 2, converged: false, worstBus: expect.any(String) },
    ]);
    const row = (step: number): number[] => [
      ...series.busVmPu.subarray(step * buses.length, (step + 1) * buses.length),
    ];
    expect(row(2).every(Number.isNaN)).toBe(true);
    expect(series.totalLossesMw[2]).toBeNaN();
    expect(Math.min(...row(1))).toBeLessThan(0.5);
    row(3).forEach((vmPu, bus) => expect(vmPu).toBeCloseTo(row(0)[bus]!, 9));
  });
});
