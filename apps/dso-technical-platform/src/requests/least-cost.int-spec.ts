/**
 * Goal: no less power would do. Method: on feeders with up to three PoDs every combination of what
 * they can move, in steps of half a kilowatt, is solved; the least that ends all violations is
 * compared with what is asked for.
 */
import type { Product, SolveMilp } from '@flexledger/domain';
import { solveSeries } from '@flexledger/grid';
import { loadHighsSolver } from '@flexledger/solver';
import fc from 'fast-check';
import {
  type GridForecast,
  type OperatedGrid,
  forecastOf,
  loadingOf,
  operated,
  podAt,
  randomFeeder,
  tightened,
} from '@flexledger/grid-operations';
import { limitOf } from '../testing/relief-trial';
import { type FlexiblePod, flexibilityOf } from './flexibility';
import { sizeNeeds } from './size-requests';
import { findViolations, violatedMtus } from './violations';

const GRAIN_W = 500;

let solve: SolveMilp;

beforeAll(async () => {
  ({ solve } = await loadHighsSolver());
});

interface TinyTrial {
  readonly grid: OperatedGrid;
  readonly forecast: GridForecast;
  readonly pods: readonly FlexiblePod[];
  readonly product: Product;
}

const grains = fc.integer({ min: 0, max: 6 }).map((count) => count * GRAIN_W);

const tinyTrial: fc.Arbitrary<TinyTrial> = fc
  .record({
    feeder: randomFeeder(fc),
    tightness: fc.record({
      line: fc.double({ min: 0.7, max: 1.3, noNaN: true }),
      transformer: fc.double({ min: 0.8, max: 1.6, noNaN: true }),
      bandPu: fc.double({ min: 0.01, max: 0.08, noNaN: true }),
    }),
    pods: fc.array(fc.record({ bus: fc.nat(), up: grains, down: grains }), {
      minLength: 1,
      maxLength: 3,
    }),
    product: fc.constantFrom<Product>('P', 'P', 'Q'),
  })
  .map(({ feeder, tightness, pods: drawn, product }) => {
    const pods = drawn.map(({ bus, up, down }, index) => {
      const at = bus % feeder.busCount;
      const none = { upW: 0, downW: 0, upVar: 0, downVar: 0 };
      const moves = product === 'P' ? { upW: up, downW: down } : { upVar: up, downVar: down };
      return { podId: podAt(at, index), busId: `n${at}`, ...none, ...moves };
    });
    const open = operated(feeder.model, {}, pods);
    const busW = Object.fromEntries(
      Object.entries(feeder.busW).map(([bus, watts]) => [bus, watts.slice(0, 1)]),
    );
    const forecast = forecastOf(open, 1, busW);
    return { grid: tightened(open, forecast, tightness), forecast, pods, product };
  });

/** The least sum of |W| (var) that ends all violations; Infinity = none does. */
function leastByTrying({ grid, forecast, pods, product }: TinyTrial): number {
  let combinations: number[][] = [[]];
  for (const pod of pods) {
    const choices: number[] = [];
    const up = limitOf(pod, { product, direction: 'up' });
    const down = limitOf(pod, { product, direction: 'down' });
    for (let watts = -up; watts <= down; watts += GRAIN_W) choices.push(watts);
    combinations = combinations.flatMap((head) => choices.map((watts) => [...head, watts]));
  }
  const { buses, loads, staticGenerators } = grid.compiled.network;
  const steps = combinations.length;
  const base = loadingOf(grid, forecast);
  const columns = {
    P: new Float64Array(steps * buses.length),
    Q: new Float64Array(steps * buses.length),
  };
  combinations.forEach((watts, step) => {
    columns.P.set(base.busPMw, step * buses.length);
    columns.Q.set(base.busQMvar, step * buses.length);
    pods.forEach(({ busId }, at) => {
      columns[product][step * buses.length + grid.busIndex.get(busId)!]! += watts[at]! / 1e6;
    });
  });
  const zeros = (count: number): Float64Array => new Float64Array(steps * count);
  const series = solveSeries(grid.compiled, {
    steps,
    busPMw: columns.P,
    busQMvar: columns.Q,
    loadPMw: zeros(loads.length),
    loadQMvar: zeros(loads.length),
    generatorPMw: zeros(staticGenerators.length),
    generatorQMvar: zeros(staticGenerators.length),
  });
  const violated = new Set(findViolations(grid, series).flatMap(violatedMtus));
  return combinations.reduce((least, watts, step) => {
    const sum = watts.reduce((all, one) => all + Math.abs(one), 0);
    return violated.has(step) ? least : Math.min(least, sum);
  }, Infinity);
}

it('what is asked for is hardly more than the least that ends all violations', async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(tinyTrial, async (drawn) => {
      const { grid, forecast, pods } = drawn;
      const flexibility = flexibilityOf(grid, pods, [], [0]);
      const { alarms, needs } = await sizeNeeds(grid, forecast, new Map(), flexibility, { solve });
      if (alarms.length === 0) return;
      const least = leastByTrying(drawn);
      if (least === Infinity) return;
      compared += 1;
      expect(alarms.every(({ missingW }) => missingW[0] === 0)).toBe(true);
      const asked = needs.reduce((sum, { quantityW }) => sum + quantityW[0]!, 0);
      expect(asked).toBeLessThanOrEqual(1.05 * least);
    }),
    { numRuns: 600, endOnFailure: true },
  );
  expect(compared).toBeGreaterThan(20);
}, 60_000);
