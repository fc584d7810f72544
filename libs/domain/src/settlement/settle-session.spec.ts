/** One session of a day that others sold too, with the baseline by the pack's method. */
import type { RulePack } from '../rule-pack/rule-pack';
import { someRules } from '../testing/rules';
import { row } from '../testing/session-story';
import { MTU_MS, deliveryDay } from '../time/delivery-day';
import { type HistoryDay, type MeteringSource, gatherMetering, podsSold } from './metering';
import {
  type SessionSales,
  type SettledSession,
  activatedMtus,
  isUnsettled,
  rowsOfDay,
  settleSession,
} from './settle-session';

const DAY = '2026-03-17';
const period = deliveryDay(DAY, someRules.timeZone);
/** The second window of the day, 04:00 to 08:00: its MTU 0 is the day's MTU 16. */
const WINDOW = 16;
const measuredRules: RulePack = {
  ...someRules,
  baseline: { method: 'meanXOfY', daysX: 1, daysY: 1, adjustmentMinutes: 30 },
};

const sales = (
  sessionId: string,
  firstMtu: number,
  ...rows: SessionSales['rows']
): SessionSales => ({
  sessionId,
  startMs: period.startMs + firstMtu * MTU_MS,
  mtuCount: sessionId === 'dayAhead' ? 96 : 16,
  rows,
});
const up = (firstMtu: number, ...acceptedW: number[]) =>
  row({ firstMtu, acceptedW, priceMicroEurPerKwh: acceptedW.map(() => 4_000_000) });
const flat = (watts: number | null, mtus = 96) => new Array<number | null>(mtus).fill(watts);

function settled(
  salesOfDay: readonly SessionSales[],
  measuredW: readonly (number | null)[],
  { rules = someRules, history = [] as readonly HistoryDay[] } = {},
): SettledSession {
  const baselines = new Map([['POD1', flat(3_000) as number[]]]);
  const metering = { baselines, measured: new Map([['POD1', measuredW]]), history };
  return settleSession('window', DAY, salesOfDay, metering, rules);
}

describe('a session', () => {
  it('is settled in its own MTUs, against the baseline of those of the day', () => {
    const { rows } = settled([sales('window', WINDOW, up(2, 1_000))], flat(2_400, 16));
    expect(rows).toMatchObject([
      { firstMtu: 2, baselineW: [3_000], baselineMethod: 'nominated', deliveredW: [600] },
    ]);
    expect(rows[0]).not.toHaveProperty('baselineNote');
  });

  it('comes after the sessions that sold before it, and before those that sold after', () => {
    const dayAhead = sales('dayAhead', 0, up(WINDOW, 400));
    const own = sales('window', WINDOW, up(0, 1_000));
    expect(settled([dayAhead, own], flat(2_000, 16)).rows[0]!.deliveredW).toEqual([600]);
    expect(settled([own, dayAhead], flat(2_000, 16)).rows[0]!.deliveredW).toEqual([1_000]);
  });

  it('is one of those of the day', () => {
    expect(() => settled([sales('dayAhead', 0)], [])).toThrow('session window is none of those of');
  });
});

describe('a measured baseline', () => {
  const history = (today: readonly (number | null)[]): HistoryDay[] => [
    { day: '2026-03-16', measured: new Map([['POD1', flat(2_000)]]), activated: new Map() },
    { day: DAY, measured: new Map([['POD1', today]]), activated: new Map() },
  ];

  it('is the mean of like days, shifted by what went before the sale of any session', () => {
    // Day-ahead sold the MTU before the window: the shift is that of the half-hour before.
    const today = flat(2_000).map((watts, mtu) => (mtu === 13 || mtu === 14 ? 2_500 : watts));
    const dayAhead = sales('dayAhead', 0, up(15, 100));
    const own = sales('window', WINDOW, up(0, 1_000));
    const { rows } = settled([dayAhead, own], flat(1_500, 16), {
      rules: measuredRules,
      history: history(today),
    });
    expect(rows).toMatchObject([
      { baselineMethod: 'meanXOfY', baselineW: [2_500], deliveredW: [1_000] },
    ]);
  });

  it('that cannot be found gives way to the nominated one, and the row says so', () => {
    const { rows } = settled([sales('window', WINDOW, up(0, 1_000))], flat(2_500, 16), {
      rules: measuredRules,
    });
    expect(rows).toMatchObject([
      {
        baselineMethod: 'nominated',
        baselineNote: 'instead of meanXOfY: 0 of 1 days known, 1 needed',
        baselineW: [3_000],
      },
    ]);
  });
});

describe('a PoD without a baseline', () => {
  const others = { ...row({ podId: 'POD2', acceptedW: [500] }), offerId: 'other' };
  const metering = {
    baselines: new Map([['POD2', flat(3_000) as number[]]]),
    measured: new Map(['POD1', 'POD2'].map((podId) => [podId, flat(2_000, 16)])),
    history: [],
  };
  const sold = [sales('window', WINDOW, up(0, 1_000), others)];

  it('is paid nothing and blamed for nothing, and holds up nobody', () => {
    const [without, beside] = settleSession('window', DAY, sold, metering, someRules).rows;
    expect(without).toMatchObject({
      baselineW: [null],
      baselineMethod: 'none',
      measuredW: [2_000],
      deliveredW: [0],
      paidMicroEur: [0],
      penaltyMicroEur: [0],
      baselineNote: 'none was declared in time',
    });
    expect(beside).toMatchObject({ baselineMethod: 'nominated', deliveredW: [500] });
    expect([without!, beside!].map(isUnsettled)).toEqual([true, false]);
  });
});

describe('reactive power', () => {
  const reactive = (firstMtu: number, ...acceptedVar: number[]) =>
    row({ ...up(firstMtu, ...acceptedVar), product: 'Q', offerId: 'q' });
  const session = (...rows: SessionSales['rows']) => [sales('window', WINDOW, ...rows)];
  const todayVar = flat(800);

  function settledBoth(
    measuredVar: readonly (number | null)[],
    history: readonly HistoryDay[],
    { declaredVar = [] as readonly number[], rules = someRules } = {},
  ) {
    const declared = declaredVar.length > 0 ? [['POD1', declaredVar] as const] : [];
    const metering = {
      baselines: new Map([['POD1', flat(3_000) as number[]]]),
      measured: new Map([['POD1', flat(2_400, 16)]]),
      history: [],
      reactive: {
        baselines: new Map(declared),
        measured: new Map([['POD1', measuredVar]]),
        history,
      },
    };
    return settleSession('window', DAY, session(up(2, 1_000), reactive(2, 500)), metering, rules);
  }

  it('is settled beside active power, against what was metered before where nobody nominates it', () => {
    const history = [{ day: DAY, measured: new Map([['POD1', todayVar]]), activated: new Map() }];
    expect(settledBoth(flat(400, 16), history).rows).toMatchObject([
      { product: 'P', baselineMethod: 'nominated', baselineW: [3_000], deliveredW: [600] },
      { product: 'Q', baselineMethod: 'meterBefore', baselineW: [800], deliveredW: [400] },
    ]);
  });

  it('has a baseline of zero where nothing was metered before, and the row says so', () => {
    expect(settledBoth(flat(-300, 16), []).rows[1]).toMatchObject({
      baselineMethod: 'zero',
      baselineNote: 'instead of meterBefore: nothing measured before an activation',
      baselineW: [0],
      deliveredW: [300],
    });
  });

  describe('of which a baseline is nominated', () => {
    const history = [{ day: DAY, measured: new Map([['POD1', todayVar]]), activated: new Map() }];
    const declaredVar = todayVar.map((_, mtu) => (mtu === WINDOW + 2 ? 650 : 0));
    const q = (rules: RulePack, past: readonly HistoryDay[] = history) =>
      settledBoth(flat(400, 16), past, { declaredVar, rules }).rows[1];

    it('is settled against it, as active power is', () => {
      expect(q(someRules)).toMatchObject({
        baselineMethod: 'nominated',
        baselineW: [650],
        deliveredW: [250],
      });
      expect(q(someRules)).not.toHaveProperty('baselineNote');
    });

    it('goes by the method that the pack names for it, and by the nominated one in its place', () => {
      const baseline = { ...someRules.baseline, reactiveMethod: 'meterBefore' } as const;
      const named = { ...someRules, baseline };
      expect(q(named)).toMatchObject({ baselineMethod: 'meterBefore', baselineW: [800] });
      expect(q(named, [])).toMatchObject({
        baselineMethod: 'nominated',
        baselineNote: 'instead of meterBefore: nothing measured before an activation',
        baselineW: [650],
      });
    });
  });

  it('that nobody meters is unmeasured, and active power is settled all the same', () => {
    const { rows } = settled(session(up(2, 1_000), reactive(2, 500)), flat(2_400, 16));
    expect(rows).toMatchObject([{ deliveredW: [600] }, { measuredW: [null], deliveredW: [0] }]);
  });
});

describe('the MTUs for which a PoD had sold', () => {
  it('are those of all sessions of the day, counted from midnight', () => {
    const ofDay = [sales('dayAhead', 0, up(3, 10, 0, 10)), sales('window', WINDOW, up(1, 5))];
    const sold = activatedMtus(rowsOfDay(ofDay, period), period.mtuCount).get('POD1')!;
    expect(sold.flatMap((isSold, mtu) => (isSold ? [mtu] : []))).toEqual([3, 5, 17]);
  });
});

describe('what is gathered for a settlement', () => {
  it('is asked for the session, and for the days the baseline needs', async () => {
    const asked: string[] = [];
    const at = (startMs: number): number => (startMs - period.startMs) / MTU_MS;
    const source: MeteringSource = {
      baselinesOf: async (_, day, untilMs) => (
        asked.push(`baselines of ${day} until ${at(untilMs!)}`),
        new Map()
      ),
      measuredW: async (_, startMs, mtuCount) => (
        asked.push(`measured from ${at(startMs)} for ${mtuCount}`),
        new Map()
      ),
      activatedOn: async (_, day) => (asked.push(`sold on ${day}`), new Map()),
    };
    const startMs = period.startMs + WINDOW * MTU_MS;
    const gateClosesMs = startMs - 8 * MTU_MS;
    const session = { deliveryDay: DAY, startMs, mtuCount: 16, gateClosesMs };
    await gatherMetering(source, ['POD1'], session, someRules);
    expect(asked).toEqual([`baselines of ${DAY} until 8`, 'measured from 16 for 16']);
    asked.length = 0;
    const gathered = await gatherMetering(source, ['POD1'], session, measuredRules);
    expect(asked).toEqual([
      'measured from -384 for 96',
      'measured from -96 for 96',
      'sold on 2026-03-16',
      'measured from 0 for 96',
      `baselines of ${DAY} until 8`,
      'measured from 16 for 16',
    ]);
    expect(gathered.history.map(({ day }) => day)).toEqual(['2026-03-13', '2026-03-16', DAY]);
    expect(gathered).not.toHaveProperty('reactive');
  });

  it('is asked of reactive power where that was sold', async () => {
    const asked: string[] = [];
    const source: MeteringSource = {
      baselinesOf: async () => new Map(),
      baselinesVarOf: async (podIds, day, untilMs) => (
        asked.push(
          `baselines of ${podIds.join()} on ${day} until ${(untilMs! - period.startMs) / MTU_MS}`,
        ),
        new Map()
      ),
      measuredW: async () => new Map(),
      measuredVar: async (podIds, startMs) => (
        asked.push(`${podIds.join()} from ${(startMs - period.startMs) / MTU_MS}`),
        new Map()
      ),
      activatedOn: async () => new Map(),
    };
    const rows = [
      row({ podId: 'POD2', product: 'Q' }),
      row({ podId: 'POD1' }),
      row({ podId: 'POD2' }),
    ];
    const { podIds, reactivePodIds } = podsSold(rows);
    expect({ podIds, reactivePodIds }).toEqual({
      podIds: ['POD1', 'POD2'],
      reactivePodIds: ['POD2'],
    });
    const { startMs } = period;
    const gate = { gateClosesMs: startMs };
    const session = { deliveryDay: DAY, startMs, mtuCount: 16, ...gate, reactivePodIds };
    await gatherMetering(source, podIds, session, someRules);
    const declared = `baselines of POD2 on ${DAY} until 0`;
    expect(asked).toEqual([declared, 'POD2 from -96', 'POD2 from 0', 'POD2 from 0']);
  });
});
