/** Forecasts a day and four hours ahead of customers who are not like the standard profile. */
import { VirtualClock } from '@flexledger/runtime';
import { basis } from '../testing/basis';
import { feederFile, operated } from '@flexledger/grid-operations';
import type { LoadMetering } from './load-history';
import { type ForecastedCustomer, createForecaster } from './session-forecast';

const DAY = '2026-03-18';
const grid = operated(feederFile([0, 1, 2].map((parent) => ({ parent, rOhm: 0.05 }))));
const customers: ForecastedCustomer[] = Array.from({ length: 12 }, (_, index) => ({
  podId: `pod${index}`,
  busId: `n${1 + (index % 3)}`,
  customerKind: 'household',
  annualEnergyKwh: 3_000,
  pvPeakW: 0,
}));
const dayAhead = {
  ...({ kind: 'dayAhead', deliveryDay: DAY, mtuCount: 96 } as const),
  deliveryStart: '2026-03-17T23:00:00.000Z',
};
/** 12:00 to 16:00 local. */
const realTime = {
  ...({ kind: 'realTime', deliveryDay: DAY, mtuCount: 16 } as const),
  deliveryStart: '2026-03-18T11:00:00.000Z',
};

/** Every customer has a habit of its own: more or less than the standard, earlier or later in the day. */
function trueW(index: number, startMs: number, scale = 1): number {
  const quarterHour = Math.round((startMs - Date.parse('2026-01-01T23:00:00Z')) / 900_000) % 96;
  const level = 200 + 60 * index;
  // Between -0.17 and 0.17, of standard deviation 0.1, without a pattern in time.
  const noise = 0.346 * (((((index + 1) * startMs) / 900_000) * 0.618033988749895) % 1) - 0.173;
  const wave = 1 + 0.6 * Math.sin((2 * Math.PI * (quarterHour - 8 * index)) / 96);
  return Math.round(scale * level * wave * (1 + noise));
}

const meters = (first: string | undefined, scaleOf = (_startMs: number) => 1): LoadMetering => ({
  firstDay: async () => first,
  activatedOn: async () => new Map(),
  weather: async () => new Map(),
  measuredW: async (podIds, startMs, mtuCount) =>
    new Map(
      podIds.map((podId, index) => [
        podId,
        Array.from({ length: mtuCount }, (_, mtu) => {
          const at = startMs + mtu * 900_000;
          return trueW(index, at, scaleOf(at));
        }),
      ]),
    ),
});

const forecast = (
  session: typeof dayAhead | typeof realTime,
  metering: LoadMetering,
  now = '2026-03-18T08:05:00Z',
) => {
  const clock = new VirtualClock(Date.parse(now));
  return createForecaster({ basis, metering, profiles: async () => undefined, clock }).forecast(
    grid,
    session,
    customers,
  );
};

/** KPI_IT_02: mean absolute error over what came, percent. */
function errorPercent(
  forecastsW: readonly (readonly number[])[],
  startMs: number,
  scale = 1,
): number {
  const ratios = forecastsW.flatMap((row, index) =>
    row.map((watts, mtu) => {
      const real = trueW(index, startMs + mtu * 900_000, scale);
      return Math.abs((real - watts) / real);
    }),
  );
  return (100 * ratios.reduce((sum, ratio) => sum + ratio, 0)) / ratios.length;
}

it('errs less than the target of 25 % once the customers are known, and far more before', async () => {
  const startMs = Date.parse(dayAhead.deliveryStart);
  const before = await forecast(dayAhead, meters(undefined));
  const known = await forecast(dayAhead, meters('2026-02-02'));
  expect(errorPercent(before.customersW, startMs)).toBeGreaterThan(40);
  expect(errorPercent(known.customersW, startMs)).toBeLessThan(15);
});

it('the grid is forecast as the sum of its customers', async () => {
  const { forecast: powers, customersW, podIds } = await forecast(dayAhead, meters('2026-02-02'));
  expect(podIds).toEqual(customers.map(({ podId }) => podId));
  for (const bus of ['n1', 'n2', 'n3']) {
    const own = customersW.filter((_, index) => customers[index]!.busId === bus);
    const sum = own.reduce(
      (total, row) => total.map((watts, mtu) => watts + row[mtu]!),
      new Array<number>(96).fill(0),
    );
    expect(powers.busW[grid.busIndex.get(bus)!]).toEqual(sum);
  }
});

it('four hours ahead, the last hour tells what is different today', async () => {
  const startMs = Date.parse(realTime.deliveryStart);
  // Today everybody draws a fifth more.
  const todayMs = Date.parse('2026-03-17T23:00:00Z');
  const today = meters('2026-02-02', (at: number): number => (at >= todayMs ? 1.2 : 1));
  const nextHours = errorPercent((await forecast(realTime, today)).customersW, startMs, 1.2);
  const ahead = { ...realTime, kind: 'dayAhead' } as unknown as typeof dayAhead;
  const dayBefore = errorPercent((await forecast(ahead, today)).customersW, startMs, 1.2);
  expect(nextHours).toBeLessThan(dayBefore - 2);
});
