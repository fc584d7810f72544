/** Whatever the market accepts of what is offered can be dispatched as sold, session after session. */
import {
  type FlexibilityOffer,
  type OutcomeRow,
  type PlantLimits,
  largestOf,
} from '@flexledger/domain';
import fc from 'fast-check';
import { setpointsFor } from '../dispatch/setpoints';
import { soldChanges } from '../dispatch/sold-changes';
import type { PortfolioPod } from '../portfolio/portfolio';
import { buildOffers } from './build-offers';

/** A day of two windows of eight MTUs. */
const WINDOW_MTUS = 8;
const WINDOWS = { windowStarts: [0, WINDOW_MTUS], leadMinutes: 15 };
const MTUS = 2 * WINDOW_MTUS;
const terms = { marginPerMille: 0, sharePerMille: 1_000 };

interface Acceptance {
  /** What part of each MTU is accepted, per mille; a block runs whole. */
  readonly perMille: readonly number[];
  /** Where a block begins, as a part of where it may. */
  readonly startPerMille: number;
}

/** Any row that the market may make of an offer. @param firstMtu of the session in the day */
function accepted(offer: FlexibilityOffer, firstMtu: number, some: Acceptance): OutcomeRow[] {
  const { offerId, podId, product, direction } = offer;
  const common = { offerId, podId, product, direction, requestId: 'R', aggregatorId: 'AGG1' };
  const row = (first: number, acceptedW: number[]): OutcomeRow => ({
    ...common,
    requester: 'DSO',
    firstMtu: firstMtu + first,
    acceptedW,
    priceMicroEurPerKwh: acceptedW.map(() => 1),
  });
  if (offer.kind === 'block') {
    const [first, last] = offer.window;
    const starts = last - first + 2 - offer.durationMtus;
    const start = first + Math.floor((some.startPerMille * starts) / 1_001);
    return [row(start, new Array<number>(offer.durationMtus).fill(offer.quantityW))];
  }
  return [
    row(
      0,
      offer.quantityW.map((watts, mtu) => Math.floor((watts * some.perMille[mtu]!) / 1_000)),
    ),
  ];
}

const limits: fc.Arbitrary<PlantLimits> = fc.record({
  responseMinutes: fc.nat(45),
  startUpMinutes: fc.nat(45),
  rampWPerMinute: fc.option(fc.integer({ min: 1, max: 200 })),
  energyWh: fc.option(fc.nat(4_000)),
});
const acceptance: fc.Arbitrary<Acceptance> = fc.record({
  perMille: fc.array(fc.constantFrom(0, 333, 500, 1_000), { minLength: MTUS, maxLength: MTUS }),
  startPerMille: fc.nat(1_000),
});
const somePod: fc.Arbitrary<PortfolioPod> = fc
  .record({
    limits,
    upW: fc.nat(4_000),
    downW: fc.nat(4_000),
    feedInW: fc.nat(2_000),
    baselineW: fc.array(fc.integer({ min: -2_000, max: 4_000 }), {
      minLength: MTUS,
      maxLength: MTUS,
    }),
  })
  .map(({ upW, downW, ...pod }) => ({
    podId: 'A',
    costMicroEurPerKwh: 1,
    automaticOffers: true,
    ...pod,
    flexibility: { upW, downW, upVar: 0, downVar: 0 },
  }));

it('nothing that is sold day-ahead and in real time is infeasible', () => {
  let sales = 0;
  const sell = fc.tuple(
    somePod,
    fc.constantFrom(500, 1_000),
    fc.array(acceptance, { minLength: 3, maxLength: 3 }),
  );
  fc.assert(
    fc.property(sell, ([pod, sharePerMille, [dayAhead, ...realTime]]) => {
      const rows: OutcomeRow[] = [];
      const sessionOffers = (firstMtu: number, mtuCount: number, share: number) =>
        buildOffers(
          [pod],
          { firstMtu, mtuCount, ...WINDOWS },
          { ...terms, sharePerMille: share },
          soldChanges(rows, MTUS, 'P'),
        );
      for (const offer of sessionOffers(0, MTUS, sharePerMille)) {
        rows.push(...accepted(offer, 0, dayAhead!));
      }
      for (const [index, firstMtu] of WINDOWS.windowStarts.entries()) {
        for (const offer of sessionOffers(firstMtu, WINDOW_MTUS, 1_000)) {
          rows.push(...accepted(offer, firstMtu, realTime[index]!));
        }
        const window = { windowStart: `w${index}`, firstMtu, mtuCount: WINDOW_MTUS, ...WINDOWS };
        const { setpoints, infeasible } = setpointsFor(window, rows, [pod]);
        expect(infeasible).toEqual([]);
        sales += setpoints.length;
      }
      const { upW, downW } = pod.flexibility;
      const declared = Math.max(largestOf(upW), largestOf(downW));
      for (const changeW of soldChanges(rows, MTUS, 'P').values()) {
        for (const watts of changeW) expect(Math.abs(watts ?? 0)).toBeLessThanOrEqual(declared);
      }
    }),
  );
  expect(sales).toBeGreaterThan(20);
});
