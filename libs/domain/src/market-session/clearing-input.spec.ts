/** The problem of a round: the order book less what was taken, within what the PoDs have left to sell. */
import { clearByMeritOrder, DEFAULT_CLEARING_PARAMETERS } from '../clearing/clear';
import { columnsFromInstance } from '../clearing/columns';
import type { ClearingOffer } from '../clearing/instance';
import {
  cleared,
  closed,
  offer,
  offered,
  opened,
  partial,
  recorded,
  request,
  requested,
  row,
  scheduled,
  sent,
  validated,
} from '../testing/session-story';
import { clearingInput, soldKey } from './clearing-input';
import { marketSessionDecider } from './decider';
import type { MarketSessionEvent, RecordedOffer } from './events';
import type { ScheduledSession } from './state';

const block: RecordedOffer = {
  offerId: 'b1',
  podId: 'POD1',
  product: 'P',
  direction: 'up',
  pom: 'CP-NORD',
  podLimitW: 2_000,
  kind: 'block',
  quantityW: 1_500,
  priceMicroEurPerKwh: 90_000,
  durationMtus: 2,
  window: [0, 3],
};
const offers = [recorded(offer()), recorded(offer({ offerId: 'o2' })), block];

const stateOf = (...more: readonly MarketSessionEvent[]): ScheduledSession =>
  [scheduled, opened, requested(), offered({ offers }), closed(1, 3), ...more].reduce(
    marketSessionDecider.evolve,
    marketSessionDecider.initialState,
  ) as ScheduledSession;

const plainQuantityW = (one: ClearingOffer): number | number[] =>
  one.kind === 'block' ? one.quantityW : Array.from(one.quantityW);

const nothingSold = new Map<string, Float64Array>();
const sold = (...upW: number[]): Map<string, Float64Array> =>
  new Map([[soldKey(row()), Float64Array.from(upW)]]);

describe('a session before which nothing was sold', () => {
  it('has the declared limits as plain numbers and the offers as they were made', () => {
    const input = clearingInput(stateOf(), nothingSold);
    expect(input.podLimits.get('POD1')).toEqual({ upW: 2_000, downW: 0, upVar: 0, downVar: 0 });
    expect(input.offers.map(plainQuantityW)).toEqual([offer().quantityW, offer().quantityW, 1_500]);
    expect(clearingInput(stateOf(), sold(0, 0, 0, 0))).toEqual(input);
  });
});

describe('what an earlier session sold of a PoD', () => {
  const input = clearingInput(stateOf(), sold(0, 700, 2_500, 0));

  it('is gone from its limit MTU by MTU, never below nothing', () => {
    expect(input.podLimits.get('POD1')!.upW).toEqual([2_000, 1_300, 0, 2_000]);
  });

  it('leaves its offers whole, its blocks too: what they sell together is what the limit leaves', () => {
    expect(input.offers.map(plainQuantityW)).toEqual([offer().quantityW, offer().quantityW, 1_500]);
    const greedy = {
      ...input,
      offers: input.offers.filter(({ kind }) => kind === 'single'),
      requests: input.requests.map((one) => ({ ...one, quantityW: [9_000, 9_000, 9_000, 9_000] })),
    };
    const { requests } = clearByMeritOrder(
      columnsFromInstance(greedy),
      DEFAULT_CLEARING_PARAMETERS,
    )!;
    expect([...requests.servedW]).toEqual([2_000, 1_300, 0, 2_000]);
  });
});

it('a PoD that declares by the clock is limited in each MTU, less what is sold', () => {
  const curve = [400, 400, 2_000, 2_000];
  const asked = [9_000, 9_000, 9_000, 9_000];
  const byClock = [
    scheduled,
    opened,
    requested({ quantityW: asked }),
    offered({ offers: offers.slice(0, 2).map((one) => ({ ...one, podLimitW: curve })) }),
    closed(1, 2),
  ].reduce(marketSessionDecider.evolve, marketSessionDecider.initialState) as ScheduledSession;
  const input = clearingInput(byClock, nothingSold);
  expect(input.podLimits.get('POD1')!.upW).toEqual(curve);
  expect(clearingInput(byClock, sold(0, 300, 500, 0)).podLimits.get('POD1')!.upW).toEqual([
    400, 100, 1_500, 2_000,
  ]);
  const { requests } = clearByMeritOrder(columnsFromInstance(input), DEFAULT_CLEARING_PARAMETERS)!;
  const bothW = offer().quantityW.map((watts) => 2 * watts);
  expect([...requests.servedW]).toEqual(curve.map((limitW, mtu) => Math.min(limitW, bothW[mtu]!)));
});

describe('a fill-up round', () => {
  const input = clearingInput(
    stateOf(cleared(0), sent(0), validated(0, [partial])),
    sold(0, 700, 0, 0),
  );

  it('has what earlier sessions and rounds left of limit, request and offer', () => {
    expect(input.podLimits.get('POD1')!.upW).toEqual([1_800, 800, 1_500, 1_500]);
    expect(input.requests[0]!.quantityW).toEqual(
      request().quantityW.map((watts, mtu) => watts - [200, 500, 500, 500][mtu]!),
    );
    expect(plainQuantityW(input.offers[0]!)).toEqual([0, 500, 500, 500]);
  });

  it('leaves out a block of which something was taken', () => {
    const taken = cleared(0, { rows: [row({ offerId: 'b1', acceptedW: [1_500, 1_500] })] });
    const next = clearingInput(stateOf(taken, sent(0), validated(0)), nothingSold);
    expect(next.offers.map(({ id }) => id)).toEqual(['AGG1/o1', 'AGG1/o2']);
  });
});
