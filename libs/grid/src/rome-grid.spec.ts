/** So many customers -> so much of Rome, which has its quantities when they are all of it, and can be solved. */
import { parseNetwork } from './model/parse-network';
import { compileGrid } from './power-flow/compile';
import { solvePowerFlow } from './results';
import {
  ROME,
  ROME_DISTRICTS,
  romeCustomers,
  romeDistrictOf,
  romeGrid,
  romePlace,
} from './rome-grid';

it('all of its customers have all of it', () => {
  const place = romePlace(1_600_000);
  expect(place).toMatchObject({ primaryStations: 70, secondaryStations: 13_238, lvKm: 20_059 });
  expect([place.hvKm, place.mvKm].map(Math.round)).toEqual([526, 10_568]);
  const grid = parseNetwork(romeGrid(1_600_000));
  expect(grid.transformers).toHaveLength(ROME.primaryStations);
  expect(grid.loads).toHaveLength(ROME.secondaryStations);
  expect(grid.loads.reduce((sum, { pMw }) => sum + pMw, 0)).toBeCloseTo(ROME.peakMw, 0);
});

it.each([
  [11, 1, 3],
  [100, 1, 3],
  [1_500, 1, 12],
  [30_000, 1, 248],
  [160_000, 7, 1_324],
])('%i customers have %i primary and %i secondary stations', (customers, primary, secondary) => {
  expect(romePlace(customers)).toMatchObject({
    primaryStations: primary,
    secondaryStations: secondary,
  });
});

it.each([10, 1_600_001, 11.5, Number.NaN])('has no place for %p customers', (customers) => {
  expect(() => romeGrid(customers)).toThrow(RangeError);
});

it('is named by its customers', () => {
  expect(romeCustomers('rome-1500')).toBe(1_500);
  for (const name of ['rome', 'rome-10', 'rome-1600001', 'rome-011', 'ieee33']) {
    expect(romeCustomers(name)).toBeUndefined();
  }
});

it.each([11, 1_500, 160_000])(
  'with %i customers it keeps its voltages at the peak',
  (customers) => {
    const network = parseNetwork(romeGrid(customers));
    const districts = new Set(network.loads.map(({ bus }) => romeDistrictOf(bus)));
    for (const district of ROME_DISTRICTS) expect(districts).toContain(district);
    expect(districts.has('rome')).toBe(customers > 100_000);
    const result = solvePowerFlow(compileGrid(network));
    if (!result.converged) throw new Error('it has no solution');
    const vmPu = result.buses.map((bus) => bus.vmPu);
    expect(Math.min(...vmPu)).toBeGreaterThan(0.93);
    expect(Math.max(...vmPu)).toBeLessThan(1.05);
  },
);
