/**
 * Goal: sensitivities are the slopes of the power flow. Method: compare each with the difference of
 * two solutions with a little more and a little less withdrawn at one bus, on radial, meshed, and
 * voltage-controlled grids.
 */
import { parseNetwork } from './model/parse-network';
import type { Network } from './model/network';
import { compileGrid } from './power-flow/compile';
import type { CompiledGrid } from './power-flow/compiled-grid';
import { sensitivities, type Quantity } from './sensitivities';
import { solveSeries } from './series';
import { shippedJson } from './testing/reference-grids';
import { substation } from './testing/small-grids';

const stepMw = 1e-4;

/** Central difference of a quantity by P and Q withdrawn at each bus. */
function slopes(
  grid: CompiledGrid,
  { kind, id }: Quantity,
): { perMw: number[]; perMvar: number[] } {
  const { buses, lines, transformers } = grid.network;
  const steps = 4 * buses.length;
  const busPMw = new Float64Array(steps * buses.length);
  const busQMvar = new Float64Array(steps * buses.length);
  buses.forEach((_, bus) => {
    [busPMw, busPMw, busQMvar, busQMvar].forEach((column, index) => {
      column[(4 * bus + index) * buses.length + bus] = index % 2 === 0 ? stepMw : -stepMw;
    });
  });
  const series = solveSeries(grid, { steps, busPMw, busQMvar });
  expect(series.failures).toEqual([]);
  const table = { busVmPu: buses, lineIKa: lines, transformerLoadingPercent: transformers }[kind];
  const at = table.findIndex((row) => row.id === id);
  const value = (step: number): number => series[kind][step * table.length + at]!;
  const slope = (first: number): number => (value(first) - value(first + 1)) / (2 * stepMw);
  return {
    perMw: buses.map((_, bus) => slope(4 * bus)),
    perMvar: buses.map((_, bus) => slope(4 * bus + 2)),
  };
}

const meshed = (): Network => {
  const file = shippedJson('ieee33') as { lines: { inService: boolean }[] };
  for (const line of file.lines) line.inService = true;
  return parseNetwork(file);
};
const voltageControlled = (): Network => {
  const file = substation();
  file.staticGenerators[0]!['vmPu'] = 1.01;
  return parseNetwork(file);
};

describe.each<[string, () => Network, Quantity[]]>([
  [
    'cigre-mv-pv-wind, radial behind two transformers',
    () => parseNetwork(shippedJson('cigre-mv-pv-wind')),
    [
      { kind: 'busVmPu', id: 'bus11' },
      { kind: 'lineIKa', id: 'line1' },
      { kind: 'transformerLoadingPercent', id: 'trafo0' },
    ],
  ],
  [
    'ieee33 with its ties closed',
    meshed,
    [
      { kind: 'busVmPu', id: 'bus31' },
      { kind: 'lineIKa', id: 'line6' },
    ],
  ],
  [
    'a substation with a generator that holds its voltage',
    voltageControlled,
    [
      { kind: 'busVmPu', id: 'd' },
      { kind: 'lineIKa', id: 'l1' },
      { kind: 'transformerLoadingPercent', id: 't1' },
    ],
  ],
])('%s', (_, network, quantities) => {
  const grid = compileGrid(network());
  const result = sensitivities(grid, quantities);

  it.each(quantities)('$kind of $id', (quantity) => {
    if (!result.converged) throw new Error('not converged');
    const { perMw, perMvar, value } = result.sensitivities.find(
      (row) => row.quantity === quantity,
    )!;
    const expected = slopes(grid, quantity);
    const tolerance = 1e-4 * Math.max(...expected.perMw.map(Math.abs));
    expect(tolerance).toBeGreaterThan(0);
    expect(value).toBeGreaterThan(0);
    grid.network.buses.forEach((__, bus) => {
      expect(Math.abs(perMw[bus]! - expected.perMw[bus]!)).toBeLessThan(tolerance);
      expect(Math.abs(perMvar[bus]! - expected.perMvar[bus]!)).toBeLessThan(tolerance);
    });
  });
});

describe('sensitivities', () => {
  const grid = compileGrid(parseNetwork(substation()));

  it('say that withdrawing power lowers voltages, most where it is withdrawn', () => {
    const result = sensitivities(grid, [{ kind: 'busVmPu', id: 'c' }]);
    if (!result.converged) throw new Error('not converged');
    const [mv, a, b, c, d] = result.sensitivities[0]!.perMw;
    expect(mv).toBe(0);
    expect(a).toBeLessThan(0);
    expect(b).toBeLessThan(a!);
    expect(c).toBeLessThan(b!);
    expect(d).toBeLessThan(b!);
    expect(c).toBeLessThan(d!);
  });

  it('are taken at the step asked for', () => {
    const loading = { steps: 2, loadPMw: Float64Array.from([0, 0, 0, 0.05, 0.05, 0.05]) };
    const at = (step: number): number => {
      const result = sensitivities(grid, [{ kind: 'lineIKa', id: 'l1' }], { loading, step });
      if (!result.converged) throw new Error('not converged');
      return result.sensitivities[0]!.perMw[2]!;
    };
    // Step 0 exports PV, so that a withdrawal relieves the line; step 1 imports.
    expect(at(0)).toBeLessThan(0);
    expect(at(1)).toBeGreaterThan(0);
  });

  it('do not exist where there is no solution', () => {
    const loading = { steps: 1, busPMw: Float64Array.from([0, 0, 9, 0, 0]) };
    expect(sensitivities(grid, [], { loading })).toMatchObject({ converged: false, worstBus: 'b' });
  });

  it.each<Quantity>([
    { kind: 'busVmPu', id: 'z' },
    { kind: 'lineIKa', id: 'l4' },
    { kind: 'transformerLoadingPercent', id: 'l1' },
  ])('refuse $kind of $id, which carries no power', (quantity) => {
    expect(() => sensitivities(grid, [quantity])).toThrow(
      `"${quantity.id}": it is not in service and supplied in this grid`,
    );
  });
});
