/**
 * Goal: a series is what its steps are one by one, and a loading that does not fit is refused by
 * name.
 */
import fc from 'fast-check';
import { parseNetwork } from './model/parse-network';
import { compileGrid } from './power-flow/compile';
import type { GridLoading } from './power-flow/demand';
import { solvePowerFlow } from './results';
import { solveSeries } from './series';
import { createStepSolver } from './step-solver';
import { busRow, lineRow, radialGrid, substation } from './testing/small-grids';

describe('a series', () => {
  it('equals a solve of each step from the start, whatever step went before', () => {
    const factors = fc.array(fc.double({ min: -1, max: 1.2, noNaN: true }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(radialGrid, factors, (file, scale) => {
        const grid = compileGrid(parseNetwork(file));
        const { loads, lines } = grid.network;
        const loading: GridLoading = {
          steps: scale.length,
          loadPMw: Float64Array.from(scale.flatMap((by) => loads.map((load) => by * load.pMw))),
          externalGridVmPu: Float64Array.from(scale, (by) => 1 + by / 100),
        };
        const series = solveSeries(grid, loading);
        expect(series.failures).toEqual([]);
        scale.forEach((_, step) => {
          const single = solvePowerFlow(grid, { loading, step });
          if (!single.converged) throw new Error('not converged');
          single.buses.forEach(({ vmPu }, bus) => {
            expect(series.busVmPu[step * single.buses.length + bus]!).toBeCloseTo(vmPu, 8);
          });
          single.lines.forEach(({ iKa }, line) => {
            expect(series.lineIKa[step * lines.length + line]!).toBeCloseTo(iKa, 7);
          });
          expect(series.externalGridPMw[step]!).toBeCloseTo(single.externalGrid.pMw, 7);
          expect(series.externalGridQMvar[step]!).toBeCloseTo(single.externalGrid.qMvar, 7);
          expect(series.totalLossesMw[step]!).toBeCloseTo(single.totalLossesMw, 7);
        });
      }),
      { numRuns: 50 },
    );
  });

  it('goes on after a step without a solution, whose state is told and not taken', () => {
    const grid = compileGrid(parseNetwork(substation()));
    const steps = [0.02, 9, 0.02].flatMap((pMw) => [pMw, pMw, pMw]);
    const loading: GridLoading = { steps: 3, loadPMw: Float64Array.from(steps) };
    const { state, solve } = createStepSolver(grid);
    expect(solve(loading, 0)).toBeNull();
    const solved = [...state.busVmPu];
    expect(solve(loading, 1)).toMatchObject({ converged: false, worstBus: expect.any(String) });
    expect([...state.busVmPu]).toEqual(solved);
    expect(solve(loading, 2)).toBeNull();
    state.busVmPu.forEach((vmPu, bus) => expect(vmPu).toBeCloseTo(solved[bus]!, 9));
    expect(solveSeries(grid, loading).failures.map(({ step }) => step)).toEqual([1]);
  });

  it('solves meshed grids and held voltages too', () => {
    const file = substation();
    file.lines[3]!['inService'] = true;
    file.staticGenerators[0]!['vmPu'] = 1.01;
    const series = solveSeries(compileGrid(parseNetwork(file)), { steps: 2 });
    expect(series.failures).toEqual([]);
    expect([series.busVmPu[3], series.busVmPu[8]]).toEqual([
      expect.closeTo(1.01, 10),
      expect.closeTo(1.01, 10),
    ]);
  });

  it('has no value where nothing is energised', () => {
    const file = substation();
    file.buses.push(busRow('spare', 0.4));
    const series = solveSeries(compileGrid(parseNetwork(file)), { steps: 1 });
    expect(series.busVmPu[5]).toBeNaN();
    expect(series.lineIKa[3]).toBeNaN();
    expect(series.busVmPu[4]).toBeGreaterThan(0.9);
  });

  it('adds withdrawals at buses to loads and generators', () => {
    const grid = compileGrid(parseNetwork(substation()));
    const bare = compileGrid(parseNetwork({ ...substation(), loads: [], staticGenerators: [] }));
    const atBuses = solveSeries(bare, {
      steps: 1,
      busPMw: Float64Array.from([0, 0, 0.02, 0.02 - 0.03, 0.02]),
      busQMvar: Float64Array.from([0, 0, 0.006, 0.006 + 0.002, 0.006]),
    });
    const own = solveSeries(grid, { steps: 1 });
    own.busVmPu.forEach((vmPu, bus) => expect(atBuses.busVmPu[bus]).toBeCloseTo(vmPu, 12));
  });

  it('of a slack alone is its voltage', () => {
    const alone = {
      ...substation(),
      buses: [busRow('mv', 20), busRow('spare', 20)],
      lines: [lineRow('l', 'mv', 'spare', { inService: false })],
      transformers: [],
      loads: [],
      staticGenerators: [],
      pods: [],
    };
    const grid = compileGrid(parseNetwork(alone));
    expect([...solveSeries(grid, { steps: 1 }).busVmPu]).toEqual([1.02, NaN]);
    expect(solvePowerFlow(grid)).toMatchObject({ converged: true, totalLossesMw: 0 });
  });
});

describe('a loading is refused', () => {
  const file = substation();
  file.buses.push(busRow('spare', 0.4));
  const grid = compileGrid(parseNetwork(file));

  it.each<[string, GridLoading, string]>([
    [
      'with a column too short',
      { steps: 2, loadPMw: new Float64Array(5) },
      'loading loadPMw: has 5 values for 2 steps of 3 elements. Give 6 values',
    ],
    [
      'with a value that is no number',
      { steps: 2, busPMw: Float64Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, NaN, 0, 0]) },
      'bus "c": the power of its loads and generators in step 1 is not a finite number',
    ],
    [
      'with a slack without voltage',
      { steps: 1, externalGridVmPu: new Float64Array(1) },
      'external grid: its voltage in step 0 is 0 pu',
    ],
    [
      'that withdraws where nothing is supplied',
      { steps: 1, busPMw: Float64Array.from([0, 0, 0, 0, 0, 1]) },
      'bus "spare": withdraws 1 MW and 0 Mvar in step 0 and has no path',
    ],
  ])('%s', (_, loading, message) => {
    expect(() => solveSeries(grid, loading)).toThrow(message);
    expect(() => solvePowerFlow(grid, { loading, step: loading.steps - 1 })).toThrow(message);
  });
});
