/** Goal: each way a feeder can get into trouble is told with its element, and asked for the right way round. */
import type { SolveMilp } from '@flexledger/domain';
import { loadHighsSolver } from '@flexledger/solver';
import {
  type OperatedGrid,
  OPEN,
  feederFile,
  forecastOf,
  operateGrid,
  operated,
  outcomeRow,
  podAt,
} from '@flexledger/grid-operations';
import { type FlexiblePod, flexibilityOf } from './flexibility';
import type { ExpectedPrices } from './relief-model';
import { sizeNeeds } from './size-requests';

let solve: SolveMilp;

beforeAll(async () => {
  ({ solve } = await loadHighsSolver());
});

/** `mv` - t1 - n0 - n1 - n2 over l1 and l2. */
const model = feederFile([
  { parent: 0, rOhm: 0.03 },
  { parent: 1, rOhm: 0.03 },
]);
const pod = (bus: number, moves: Partial<FlexiblePod>): FlexiblePod => ({
  podId: podAt(bus),
  busId: `n${bus}`,
  upW: 0,
  downW: 0,
  upVar: 0,
  downVar: 0,
  ...moves,
});
const BOTH = { upW: 20_000, downW: 20_000 };

/** What is asked for in the only MTU, by element, product and direction, and what is missing. */
async function asked(
  limits: Parameters<typeof operated>[1],
  busW: Readonly<Record<string, readonly number[]>>,
  pods: readonly FlexiblePod[],
  sold: Parameters<typeof flexibilityOf>[2] = [],
  prices?: ExpectedPrices,
) {
  const grid: OperatedGrid = operated(model, limits, pods);
  const forecast = forecastOf(grid, 1, busW);
  const flexibility = flexibilityOf(grid, pods, sold, [0]);
  const { alarms, needs } = await sizeNeeds(grid, forecast, new Map(), flexibility, {
    solve,
    ...(prices ? { prices } : {}),
  });
  return {
    needs: needs.map(({ elementId, voltageLevel, product, direction, podIds, quantityW }) => ({
      name: `${voltageLevel} ${elementId} ${product} ${direction}`,
      podIds,
      quantity: quantityW[0]!,
    })),
    alarms: alarms.map(({ violation, podIds, missingW }) => ({
      name: `${violation.elementId} ${violation.kind}`,
      value: violation.value[0]!,
      limit: violation.limit,
      podIds,
      missing: missingW[0],
    })),
  };
}

it.each<[string, number, string]>([
  ['with what is withdrawn asks for less of it', 20_000, 'LV l2 P up'],
  ['with what is fed in asks for more withdrawal', -20_000, 'LV l2 P down'],
])('a line overloaded %s', async (_, watts, name) => {
  const pods = [pod(1, BOTH), pod(2, BOTH)];
  const { alarms, needs } = await asked({ lineLimitA: { l2: 20 } }, { n2: [watts] }, pods);
  expect(alarms).toEqual([
    { name: 'l2 overload', value: expect.any(Number), limit: 20, podIds: [podAt(2)], missing: 0 },
  ]);
  expect(alarms[0]!.value).toBeGreaterThan(20);
  expect(needs).toEqual([{ name, podIds: [podAt(2)], quantity: expect.any(Number) }]);
  // 20 A at 0.4 kV are 13.9 kVA.
  expect(needs[0]!.quantity).toBeGreaterThan(5_000);
  expect(needs[0]!.quantity).toBeLessThan(9_000);
});

it('a transformer is asked for as MV, apart from a line below it as LV', async () => {
  const limits = { transformerLimitPerMille: 120, lineLimitA: { l2: 20 } };
  const load = { n1: [40_000], n2: [20_000] };
  const pods = [pod(1, BOTH), pod(2, { ...BOTH, upW: 8_000 })];
  const { needs, alarms } = await asked(limits, load, pods);
  expect(alarms.map(({ name, missing }) => [name, missing])).toEqual([
    ['l2 overload', 0],
    ['t1 overload', 0],
  ]);
  expect(needs.map(({ name, podIds }) => [name, podIds.length])).toEqual(
    expect.arrayContaining([
      ['LV l2 P up', 1],
      ['MV t1 P up', 2],
    ]),
  );
});

it('too high a voltage here and too low a one there are mended together', async () => {
  const split = feederFile([
    { parent: 0, rOhm: 0.05 },
    { parent: 0, rOhm: 0.05 },
  ]);
  const pods = [pod(1, BOTH), pod(2, BOTH)];
  const grid = operated(split, { vMinPerMille: 1_012, vMaxPerMille: 1_025 }, pods);
  const forecast = forecastOf(grid, 1, { n1: [30_000], n2: [-30_000] });
  const flexibility = flexibilityOf(grid, pods, [], [0]);
  const { alarms, needs } = await sizeNeeds(grid, forecast, new Map(), flexibility, { solve });
  expect(alarms.map(({ violation, missingW }) => [violation.kind, missingW[0]])).toEqual([
    ['underVoltage', 0],
    ['overVoltage', 0],
  ]);
  expect(needs.map(({ elementId, direction, podIds }) => [elementId, direction, podIds])).toEqual([
    ['n1', 'up', [podAt(1)]],
    ['n2', 'down', [podAt(2)]],
  ]);
});

describe('thresholds', () => {
  const load = { n1: [30_000], n2: [20_000] };
  const named = async (limits: Parameters<typeof operated>[1]) =>
    (await asked(limits, load, [])).alarms.map(({ name }) => name);

  it('of voltages are those of the bus, LV or MV', async () => {
    expect(await named({ vMaxPerMille: 1_010 })).toEqual(['mv overVoltage', 'n0 overVoltage']);
    const mediumVoltage = { minPerMille: 900, maxPerMille: 1_100 };
    expect(await named({ vMaxPerMille: 1_010, mediumVoltage })).toEqual(['n0 overVoltage']);
  });

  it('of lines are a part of the rating, unless one is given for the line', async () => {
    const rated = operateGrid({
      gridId: 'feeder',
      digest: '',
      model,
      limits: { ...OPEN, lineLimitPerMille: 500, lineLimitA: { l2: 60 } },
    });
    expect([...rated.limits.lineA]).toEqual([135, 60]);
  });
});

describe('reactive power', () => {
  const low = { vMinPerMille: 1_014 };
  const load = { n2: [20_000] };
  const both = [pod(2, { ...BOTH, upVar: 60_000 })];

  it.each<[string, ExpectedPrices, string]>([
    ['is asked for where it mends a voltage for less', { P: 1, Q: 0.1 }, 'LV n2 Q up'],
    ['is not where active power does it for less', { P: 1, Q: 1 }, 'LV n2 P up'],
  ])('%s', async (_, prices, name) => {
    const { needs, alarms } = await asked(low, load, both, [], prices);
    expect(alarms.map(({ missing }) => missing)).toEqual([0]);
    expect(needs.map((need) => need.name)).toEqual([name]);
  });

  it('is not asked for against a current that active power brings down', async () => {
    const { needs } = await asked({ lineLimitA: { l2: 20 } }, load, both, [], { P: 1, Q: 0.01 });
    expect(needs.map(({ name }) => name)).toEqual(['LV l2 P up']);
  });

  it('is asked for beside active power where neither does alone', async () => {
    const pods = [pod(2, { upW: 1_000, upVar: 60_000 })];
    const { needs, alarms } = await asked(low, load, pods, [], { P: 1, Q: 1 });
    expect(alarms.map(({ missing }) => missing)).toEqual([0]);
    expect(needs.map(({ name }) => name).sort()).toEqual(['LV n2 P up', 'LV n2 Q up']);
  });

  it('is told as missing where neither does, in W at the best bus', async () => {
    const { needs, alarms } = await asked(low, load, [pod(2, { upW: 1_000, upVar: 1_000 })]);
    expect(needs.map(({ quantity }) => quantity)).toEqual([1_000, 1_000]);
    expect(alarms[0]!.missing).toBeGreaterThan(0);
    const more = pod(2, { upW: 1_000 + alarms[0]!.missing!, upVar: 1_000 });
    // A straight line under a value that bends: what is told is a little too little.
    const next = (await asked(low, load, [more])).alarms[0]!.missing!;
    expect(next).toBeLessThan(0.1 * alarms[0]!.missing!);
  });
});

it('what is sold already is not counted on again', async () => {
  const pods = [pod(2, { upW: 8_000 })];
  const sold = [outcomeRow(podAt(2), { acceptedW: [6_000] })];
  const { needs, alarms } = await asked({ lineLimitA: { l2: 20 } }, { n2: [20_000] }, pods, sold);
  expect(needs.map(({ quantity }) => quantity)).toEqual([2_000]);
  expect(alarms[0]!.missing).toBeGreaterThan(0);
});
