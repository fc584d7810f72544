/** What is paid and taken off: by example in the terms of DESIGN 11, then by law over random sales. */
import fc from 'fast-check';
import type { OutcomeRow } from '../market-session/events';
import type { SettlementRules } from '../rule-pack/rule-pack';
import { someRules } from '../testing/rules';
import { row } from '../testing/session-story';
import { type Direction, moneyMicroEur } from '../units/units';
import type { SettlementRow } from './events';
import {
  type MeteredPeriod,
  type OtherSales,
  type SoldRow,
  penaltyPerMille,
  rowInPeriod,
  settle,
} from './settle';

const { penalty: step } = someRules.settlement;
const graded: SettlementRules['penalty'] = {
  interpolation: 'linear',
  points: [
    { deviationPerMille: 100, penaltyPerMille: 0 },
    { deviationPerMille: 600, penaltyPerMille: 500 },
    { deviationPerMille: 601, penaltyPerMille: 1_000 },
  ],
};
/** 1 EUR for each kW of one MTU. */
const PRICE = 4_000_000;

/** A row of one direction over the MTUs of `acceptedW`. */
const sold = (
  direction: Direction,
  acceptedW: readonly number[],
  change: Partial<OutcomeRow> = {},
): SoldRow => ({
  row: row({ direction, acceptedW, priceMicroEurPerKwh: acceptedW.map(() => PRICE), ...change }),
  offset: change.firstMtu ?? 0,
});

/** One PoD that would have drawn 3 kW, and what was measured of it. */
const metered = (...measuredW: (number | null)[]): MeteredPeriod => ({
  mtuCount: measuredW.length,
  baselineOf: () => measuredW.map(() => 3_000),
  measuredOf: () => measuredW,
});

const nobodyElse: OtherSales = { earlier: [], later: [] };

function settled(
  rows: readonly SoldRow[],
  period: MeteredPeriod,
  others: OtherSales = nobodyElse,
  penalty = step,
): SettlementRow[] {
  return settle(rows, others, period, { afterMinutes: 60, penalty });
}
/** Delivered W, paid and taken off in EUR, of the first MTU. */
const firstMtu = ({ deliveredW, paidMicroEur, penaltyMicroEur }: SettlementRow): number[] => [
  deliveredW[0]!,
  paidMicroEur[0]! / 1e6,
  penaltyMicroEur[0]! / 1e6,
];

describe('a row sold up by 1 kW, from a baseline of 3 kW', () => {
  it.each([
    ['delivered in full', 2_000, [1_000, 1, 0]],
    ['delivered for the most part, within the tolerance', 2_290, [710, 0.71, 0]],
    ['at the tolerance of 30 %', 2_300, [700, 0.7, 0.14]],
    ['delivered in part', 2_500, [500, 0.5, 0.1]],
    ['exceeded within the tolerance', 1_710, [1_000, 1, 0]],
    ['exceeded beyond the tolerance', 1_000, [1_000, 1, 0.2]],
    ['not delivered', 3_000, [0, 0, 0]],
    ['delivered the wrong way', 4_000, [0, 0, 0]],
    ['delivered by feeding in', -500, [1_000, 1, 0.2]],
    ['unmeasured', null, [0, 0, 0]],
  ])('%s', (_, measuredW, expected) => {
    const [result] = settled([sold('up', [1_000])], metered(measuredW));
    expect(firstMtu(result!)).toEqual(expected);
  });
});

describe('a row sold down by 1 kW, from a baseline of 3 kW', () => {
  it.each([
    ['delivered in full', 4_000, [1_000, 1, 0]],
    ['delivered for the most part, within the tolerance', 3_800, [800, 0.8, 0]],
    ['delivered in part', 3_500, [500, 0.5, 0.1]],
    ['not delivered', 3_000, [0, 0, 0]],
    ['delivered the wrong way', 2_000, [0, 0, 0]],
  ])('%s', (_, measuredW, expected) => {
    const [result] = settled([sold('down', [1_000])], metered(measuredW));
    expect(firstMtu(result!)).toEqual(expected);
  });
});

describe('each MTU', () => {
  it('is settled by itself, one without a measurement is null and unpaid', () => {
    const [result] = settled(
      [sold('up', [1_000, 1_000, 0, 1_000])],
      metered(2_000, null, 1, 2_500),
    );
    expect(result).toMatchObject({
      measuredW: [2_000, null, 1, 2_500],
      baselineW: [3_000, 3_000, 3_000, 3_000],
      deliveredW: [1_000, 0, 0, 500],
      paidMicroEur: [1e6, 0, 0, 0.5e6],
      penaltyMicroEur: [0, 0, 0, 0.1e6],
    });
  });

  it('is found where the row begins in the period', () => {
    const [result] = settled([sold('up', [1_000], { firstMtu: 2 })], metered(0, 0, 2_000, 0));
    expect(result).toMatchObject({ firstMtu: 2, measuredW: [2_000], deliveredW: [1_000] });
  });

  it('beyond the metered period counts as unmeasured', () => {
    const [result] = settled([sold('up', [1_000, 1_000])], metered(2_000));
    expect(result).toMatchObject({ measuredW: [2_000, null], deliveredW: [1_000, 0] });
  });
});

describe('several rows of one PoD', () => {
  it('are served in the order in which they were sold', () => {
    const results = settled([sold('up', [600]), sold('up', [600])], metered(2_100));
    expect(results.map(({ deliveredW }) => deliveredW[0])).toEqual([600, 300]);
  });

  it('are judged by one setpoint: together they sold 1.2 kW, and 1.2 kW came', () => {
    const results = settled([sold('up', [600]), sold('up', [600])], metered(1_800));
    expect(results.map(firstMtu)).toEqual([
      [600, 0.6, 0],
      [600, 0.6, 0],
    ]);
  });

  it('of P and of Q do not meet', () => {
    const period: MeteredPeriod = {
      mtuCount: 1,
      baselineOf: (_, product) => [product === 'P' ? 3_000 : 100],
      measuredOf: (_, product) => [product === 'P' ? 2_000 : 100],
    };
    const results = settled([sold('up', [1_000]), sold('up', [50], { product: 'Q' })], period);
    expect(results.map(({ deliveredW }) => deliveredW[0])).toEqual([1_000, 0]);
  });
});

describe('both directions in one MTU', () => {
  const upAndDown = [sold('up', [1_000]), sold('down', [1_000])];

  it('that cancel out are both delivered by keeping to the baseline', () => {
    expect(settled(upAndDown, metered(3_000)).map(firstMtu)).toEqual([
      [1_000, 1, 0],
      [1_000, 1, 0],
    ]);
  });

  it('that cancel out have the tolerance of what was sold', () => {
    expect(settled(upAndDown, metered(2_800)).map(firstMtu)).toEqual([
      [1_000, 1, 0],
      [800, 0.8, 0],
    ]);
    expect(settled(upAndDown, metered(3_300)).map(firstMtu)).toEqual([
      [700, 0.7, 0.14],
      [1_000, 1, 0.2],
    ]);
  });

  it('net to the change that was measured', () => {
    const rows = [sold('up', [1_000]), sold('down', [400])];
    expect(settled(rows, metered(2_400)).map(firstMtu)).toEqual([
      [1_000, 1, 0],
      [400, 0.4, 0],
    ]);
  });
});

describe('other sessions for the same MTUs', () => {
  const dayAhead = sold('up', [1_000]);

  it('sold earlier are served first', () => {
    const [result] = settled([sold('up', [500])], metered(1_800), {
      earlier: [dayAhead],
      later: [],
    });
    expect(result!.deliveredW).toEqual([200]);
  });

  it('sold later move the setpoint: who follows both is not penalised', () => {
    const later = [sold('up', [500])];
    const [result] = settled([dayAhead], metered(1_500), { earlier: [], later });
    expect(firstMtu(result!)).toEqual([1_000, 1, 0]);
    expect(firstMtu(settled([dayAhead], metered(1_500))[0]!)).toEqual([1_000, 1, 0.2]);
  });

  it('sold later the other way: what was bought back counts as delivered', () => {
    const later = [sold('down', [1_000])];
    const [first] = settled([dayAhead], metered(3_000), { earlier: [], later });
    expect(firstMtu(first!)).toEqual([1_000, 1, 0]);
    const [second] = settled(later, metered(3_000), { earlier: [dayAhead], later: [] });
    expect(firstMtu(second!)).toEqual([1_000, 1, 0]);
  });

  it('of other PoDs do not matter and need no meter', () => {
    const period: MeteredPeriod = {
      ...metered(2_000),
      baselineOf: (podId) => {
        if (podId !== 'POD1') throw new RangeError(`no baseline of ${podId}`);
        return [3_000];
      },
    };
    const others = [sold('up', [9_000], { podId: 'POD3' })];
    const [result] = settled([dayAhead], period, { earlier: others, later: others });
    expect(firstMtu(result!)).toEqual([1_000, 1, 0]);
  });
});

describe('a row of another session', () => {
  const whole = row({ firstMtu: 2, acceptedW: [1, 2, 3, 4], priceMicroEurPerKwh: [5, 6, 7, 8] });

  it.each([
    ['as a whole', [0, 96], { firstMtu: 2, acceptedW: [1, 2, 3, 4] }, 2],
    ['from an earlier session', [-16, 96], { firstMtu: 2, acceptedW: [1, 2, 3, 4] }, 18],
    ['without its beginning', [3, 16], { firstMtu: 3, acceptedW: [2, 3, 4] }, 0],
    ['without its end', [0, 4], { firstMtu: 2, acceptedW: [1, 2] }, 2],
    ['in its midst', [3, 2], { firstMtu: 3, acceptedW: [2, 3] }, 0],
  ])('falls into a period %s', (_, [shift, mtuCount], part, offset) => {
    const priceMicroEurPerKwh = part.acceptedW.map((watts) => watts + 4);
    expect(rowInPeriod(whole, shift!, mtuCount!)).toEqual({
      row: { ...whole, ...part, priceMicroEurPerKwh },
      offset,
    });
  });

  it('falls into no period before or after', () => {
    expect(rowInPeriod(whole, 6, 16)).toBeUndefined();
    expect(rowInPeriod(whole, -16, 16)).toBeUndefined();
    expect(rowInPeriod(whole, -16, 18)).toBeUndefined();
  });
});

describe('the penalty', () => {
  const at = (curve: SettlementRules['penalty'], ...deviations: number[]): number[] =>
    deviations.map((deviation) => penaltyPerMille(deviation, curve));

  it('by steps holds until the next point', () => {
    expect(at(step, 0, 299, 300, 5_000)).toEqual([0, 0, 200, 200]);
  });

  it('in lines is joined, with grace before the first point and the last value beyond the cliff', () => {
    expect(at(graded, 0, 99, 100, 101, 350, 600, 601, 5_000)).toEqual([
      0, 0, 0, 1, 250, 500, 1_000, 1_000,
    ]);
  });

  it('in lines is rounded half to even', () => {
    const line: SettlementRules['penalty'] = {
      interpolation: 'linear',
      points: [
        { deviationPerMille: 0, penaltyPerMille: 0 },
        { deviationPerMille: 4, penaltyPerMille: 2 },
      ],
    };
    expect(at(line, 0, 1, 2, 3, 4)).toEqual([0, 0, 1, 2, 2]);
  });

  it('rises with the deviation and stays within the pay', () => {
    fc.assert(
      fc.property(fc.constantFrom(step, graded), fc.nat(2_000), fc.nat(500), (curve, at, more) => {
        const [less, greater] = [penaltyPerMille(at, curve), penaltyPerMille(at + more, curve)];
        expect(greater).toBeGreaterThanOrEqual(less);
        expect(greater).toBeLessThanOrEqual(1_000);
      }),
    );
  });
});

describe('whatever was sold and measured', () => {
  const mtuCount = 3;
  const watts = fc.array(fc.nat(2_000), { minLength: mtuCount, maxLength: mtuCount });
  const someRow = fc
    .record({
      direction: fc.constantFrom<Direction>('up', 'down'),
      acceptedW: watts,
      podId: fc.constantFrom('POD1', 'POD2'),
      price: fc.nat(10_000_000),
    })
    .map(({ price, ...one }) =>
      sold(one.direction, one.acceptedW, {
        podId: one.podId,
        priceMicroEurPerKwh: one.acceptedW.map(() => price),
      }),
    );
  const someRows = fc.array(someRow, { maxLength: 5 });
  const someMeter = fc
    .array(fc.option(fc.integer({ min: -5_000, max: 8_000 })), {
      minLength: mtuCount,
      maxLength: mtuCount,
    })
    .map((measuredW) => metered(...measuredW));

  it('no row is paid more than it sold, nor penalised more than it is paid', () => {
    fc.assert(
      fc.property(
        someRows,
        someRows,
        someRows,
        someMeter,
        fc.constantFrom(step, graded),
        (rows, earlier, later, meter, penalty) => {
          for (const one of settled(rows, meter, { earlier, later }, penalty)) {
            one.acceptedW.forEach((acceptedW, mtu) => {
              const deliveredW = one.deliveredW[mtu]!;
              const paid = one.paidMicroEur[mtu]!;
              expect(deliveredW).toBeGreaterThanOrEqual(0);
              expect(deliveredW).toBeLessThanOrEqual(acceptedW);
              expect(paid).toBe(moneyMicroEur(deliveredW, one.priceMicroEurPerKwh[mtu]!));
              expect(paid).toBeLessThanOrEqual(
                moneyMicroEur(acceptedW, one.priceMicroEurPerKwh[mtu]!),
              );
              expect(one.penaltyMicroEur[mtu]!).toBeGreaterThanOrEqual(0);
              expect(one.penaltyMicroEur[mtu]!).toBeLessThanOrEqual(paid);
              if (one.measuredW[mtu] === null) expect(paid).toBe(0);
            });
          }
        },
      ),
    );
  });

  it('who follows every sale is paid in full and never penalised, in each session', () => {
    fc.assert(
      fc.property(someRows, someRows, someRows, (rows, earlier, later) => {
        const all = [...earlier, ...rows, ...later];
        const followed: MeteredPeriod = {
          mtuCount,
          baselineOf: () => [3_000, 3_000, 3_000],
          measuredOf: (podId) =>
            [0, 1, 2].map((mtu) =>
              all.reduce((power, { row: one }) => {
                if (one.podId !== podId) return power;
                return power + (one.direction === 'up' ? -1 : 1) * one.acceptedW[mtu]!;
              }, 3_000),
            ),
        };
        for (const one of settled(rows, followed, { earlier, later }, graded)) {
          expect(one.deliveredW).toEqual(one.acceptedW);
          expect(one.penaltyMicroEur).toEqual([0, 0, 0]);
        }
      }),
    );
  });

  it('nothing is counted as delivered twice', () => {
    fc.assert(
      fc.property(someRows, someMeter, (rows, meter) => {
        const results = settled(rows, meter);
        for (const podId of ['POD1', 'POD2']) {
          [0, 1, 2].forEach((mtu) => {
            const measuredW = meter.measuredOf(podId, 'P')[mtu];
            if (measuredW === null || measuredW === undefined) return;
            const total = (direction: Direction, of: 'acceptedW' | 'deliveredW'): number =>
              results
                .filter((one) => one.podId === podId && one.direction === direction)
                .reduce((sum, one) => sum + one[of][mtu]!, 0);
            const netUpW = 3_000 - measuredW;
            const mostUpW = Math.max(0, netUpW + total('down', 'acceptedW'));
            expect(total('up', 'deliveredW')).toBeLessThanOrEqual(mostUpW);
            const mostDownW = Math.max(0, total('up', 'acceptedW') - netUpW);
            expect(total('down', 'deliveredW')).toBeLessThanOrEqual(mostDownW);
          });
        }
      }),
    );
  });
});
