/** What meters said of like days, and what a forecast makes of it. */
import { deliveryDay } from '@flexledger/domain';
import fc from 'fast-check';
import { basis } from '../testing/basis';
import {
  type ForecastCustomer,
  customerForecastW,
  forecastShapes,
  pvShape,
} from './customer-forecast';
import {
  type LoadMetering,
  type MeteredCustomer,
  likeDaysOfMonth,
  loadHistories,
} from './load-history';

const DAY = '2026-03-18';
const home: MeteredCustomer = {
  podId: 'A',
  customerKind: 'household',
  annualEnergyKwh: 3_000,
  pvPeakW: 0,
};
const shapes = forecastShapes(DAY, deliveryDay(DAY, basis.timeZone), basis);
const standardW = customerForecastW(home, shapes);

/** Meters that show the same on every day from the first on, W by MTU. */
function metering(
  first: string | undefined,
  wattsOf: (podId: string, mtu: number, startMs: number) => number | null,
): LoadMetering & { readonly asked: number[] } {
  const asked: number[] = [];
  return {
    asked,
    firstDay: async () => first,
    activatedOn: async () => new Map(),
    weather: async () => new Map(),
    async measuredW(podIds, startMs, mtuCount) {
      asked.push(startMs);
      return new Map(
        podIds.map((podId) => [
          podId,
          Array.from({ length: mtuCount }, (_, mtu) => wattsOf(podId, mtu, startMs)),
        ]),
      );
    },
  };
}

async function forecastW(customer: MeteredCustomer, meters: LoadMetering): Promise<number[]> {
  const history = (await loadHistories(DAY, [customer], basis, meters)).get(customer.podId);
  return customerForecastW(history ? { ...customer, history } : customer, shapes);
}

describe('the like days of a delivery day', () => {
  it('are those of its kind, of its month so far and of four weeks before, until two days before', () => {
    expect(likeDaysOfMonth('2026-03-18', {})).toEqual([
      ...['2026-02-02', '2026-02-03', '2026-02-04', '2026-02-05', '2026-02-06'],
      ...['2026-02-09', '2026-02-10', '2026-02-11', '2026-02-12', '2026-02-13'],
      ...['2026-02-16', '2026-02-17', '2026-02-18', '2026-02-19', '2026-02-20'],
      ...['2026-02-23', '2026-02-24', '2026-02-25', '2026-02-26', '2026-02-27'],
      ...['2026-03-02', '2026-03-03', '2026-03-04', '2026-03-05', '2026-03-06'],
      ...['2026-03-09', '2026-03-10', '2026-03-11', '2026-03-12', '2026-03-13', '2026-03-16'],
    ]);
    expect(likeDaysOfMonth('2026-03-01', {})).toEqual([
      ...['2026-02-01', '2026-02-08', '2026-02-15', '2026-02-22'],
    ]);
  });

  it('of a holiday are Sundays and holidays', () => {
    const holidays = ['04-25', '2026-04-06'];
    const days = likeDaysOfMonth('2026-04-25', { holidays });
    expect(days).toContain('2026-04-06');
    expect(days).toContain('2026-04-19');
    expect(days).not.toContain('2026-04-18');
    expect(likeDaysOfMonth('2026-04-24', { holidays })).not.toContain('2026-04-06');
  });
});

describe('a typical day', () => {
  it('is the standard profile while nothing was measured, and no meter is asked', async () => {
    const meters = metering(undefined, () => 1);
    expect(await forecastW(home, meters)).toEqual(standardW);
    expect(meters.asked).toEqual([]);
  });

  it('comes closer to what was measured with every day: n of n + 4', async () => {
    // The last n like days: 16 March, then back from the 13th.
    for (const [first, days] of [
      ['2026-03-16', 1],
      ['2026-03-11', 4],
      ['2026-02-02', 31],
    ] as const) {
      const forecast = await forecastW(
        home,
        metering(first, () => 5_000),
      );
      forecast.forEach((watts, mtu) => {
        const expected = (days * 5_000 + 4 * standardW[mtu]!) / (days + 4);
        expect(Math.abs(watts - expected)).toBeLessThanOrEqual(1);
      });
    }
  });

  it('counts each quarter-hour by itself: a gap in the meter leaves the standard there', async () => {
    const forecast = await forecastW(
      home,
      metering('2026-03-16', (_, mtu) => (mtu < 48 ? null : 0)),
    );
    expect(forecast.slice(0, 48)).toEqual(standardW.slice(0, 48));
    forecast.slice(48).forEach((watts, at) => {
      expect(Math.abs(watts - 0.8 * standardW[48 + at]!)).toBeLessThanOrEqual(1);
    });
  });

  it('leaves out what the customer did for the market', async () => {
    const meters = metering('2026-03-13', () => 5_000);
    const sold = Array.from({ length: 96 }, (_, mtu) => mtu < 8);
    const forecast = await forecastW(home, {
      ...meters,
      activatedOn: async (_, day) => new Map(day === '2026-03-16' ? [['A', sold]] : []),
    });
    forecast.forEach((watts, mtu) => {
      const days = mtu < 8 ? 1 : 2;
      const expected = (days * 5_000 + 4 * standardW[mtu]!) / (days + 4);
      expect(Math.abs(watts - expected)).toBeLessThanOrEqual(1);
    });
  });

  it('is of the load alone: PV is added to what was measured and taken off by the day itself', async () => {
    const withPv = { ...home, pvPeakW: 4_000 };
    const loadW = 700;
    const days = new Map<number, Float64Array>();
    const pvOn = (startMs: number): Float64Array => {
      const known = days.get(startMs) ?? pvShape({ startMs, mtuCount: 96 }, basis, new Map());
      days.set(startMs, known);
      return known.map((watts) => watts * withPv.pvPeakW);
    };
    const forecast = await forecastW(
      withPv,
      metering('2026-02-02', (_, mtu, startMs) => loadW - pvOn(startMs)[mtu]!),
    );
    forecast.forEach((watts, mtu) => {
      const typicalW = (31 * loadW + 4 * standardW[mtu]!) / 35;
      expect(Math.abs(watts - (typicalW - shapes.pv[mtu]! * withPv.pvPeakW))).toBeLessThan(1.5);
    });
  });

  it('goes by the clock over the change to summer time', async () => {
    const day = '2026-04-01';
    const at18 = (startMs: number, mtu: number): boolean =>
      new Date(startMs + mtu * 900_000).toLocaleString('en-GB', {
        timeZone: basis.timeZone,
        hour: '2-digit',
      }) === '18';
    const meters = metering('2026-03-16', (_, mtu, startMs) => (at18(startMs, mtu) ? 9_000 : 0));
    const history = (await loadHistories(day, [home], basis, meters)).get('A')!;
    const peak = [...history.sumW].map((watts) => watts > 0);
    expect(peak.indexOf(true)).toBe(72);
    expect(peak.lastIndexOf(true)).toBe(75);
  });

  it('lies between the standard profile and what was measured', () => {
    const watts = fc.integer({ min: 0, max: 10_000 });
    fc.assert(
      fc.property(watts, fc.integer({ min: 0, max: 40 }), fc.nat(95), (measured, days, mtu) => {
        const customer: ForecastCustomer = {
          ...home,
          history: {
            sumW: new Float64Array(96).fill(days * measured),
            days: new Uint16Array(96).fill(days),
          },
        };
        const forecast = customerForecastW(customer, shapes)[mtu]!;
        const standard = standardW[mtu]!;
        expect(forecast).toBeGreaterThanOrEqual(Math.min(measured, standard) - 1);
        expect(forecast).toBeLessThanOrEqual(Math.max(measured, standard) + 1);
      }),
    );
  });
});
