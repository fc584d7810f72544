/** Requests and bids at an open gate: taken, replaced, withdrawn and refused, each with its reason. */
import fc from 'fast-check';
import { givenOf } from '../testing/decider-spec';
import {
  bid,
  closed,
  nowMs,
  offer,
  offered,
  opened,
  recorded,
  register,
  request,
  requested,
  scheduled,
  sessionId,
} from '../testing/session-story';
import type { MarketRegister, MarketSessionCommand } from './commands';
import { marketSessionDecider } from './decider';
import type {
  BlockOffer,
  FlexibilityOffer,
  FlexibilityRequest,
  MarketSessionEvent,
} from './events';
import { recordedOffer } from './book-offers';
import { type ScheduledSession, standingOffers } from './state';

const given = givenOf(marketSessionDecider);
const open = [scheduled, opened];
const { decide, evolve, initialState } = marketSessionDecider;

const stateAfter = (...events: readonly MarketSessionEvent[]): ScheduledSession =>
  events.reduce(evolve, initialState) as ScheduledSession;
/** The offers that stand, `aggregatorId/offerId`. */
const book = (...events: readonly MarketSessionEvent[]): string[] =>
  standingOffers(stateAfter(...events)).map(
    ({ aggregatorId, offerId }) => `${aggregatorId}/${offerId}`,
  );
const ask = (change: Partial<FlexibilityRequest> = {}): MarketSessionCommand => ({
  kind: 'requestFlexibility',
  nowMs,
  request: request(change),
  register,
});
const withdrawOffers = (aggregatorId: string, ...offerIds: string[]): MarketSessionCommand => ({
  kind: 'withdrawOffers',
  nowMs,
  aggregatorId,
  offerIds,
});
const withdrawn = (aggregatorId: string, ...offerIds: string[]): MarketSessionEvent => ({
  type: 'OfferWithdrawn',
  data: { sessionId, aggregatorId, offerIds },
});

describe('a request', () => {
  it('of the DSO for PoDs, or of the TSO for a primary substation, stands', () => {
    given(...open)
      .when(ask())
      .then(requested());
    const tso: Partial<FlexibilityRequest> = {
      requestId: 'r2',
      requester: 'TSO',
      scope: { pom: 'CP-NORD' },
      priceCapMicroEurPerKwh: 200_000,
    };
    given(...open)
      .when(ask(tso))
      .then(requested(tso));
  });

  it('names the point of the grid that its PoDs hang below', () => {
    const gridPoint = { pom: 'CP-NORD', mvFeeder: 'line0', secondarySubstation: 'trafo4' };
    given(...open)
      .when(ask({ gridPoint: { ...gridPoint, colour: 'red' } as typeof gridPoint }))
      .then(requested({ gridPoint }));
  });

  it('replaces an earlier one of its id, and changes nothing when it is the same', () => {
    const less = { quantityW: [100, 100, 100, 100] };
    given(...open, requested())
      .when(ask(less))
      .then(requested(less));
    given(...open, requested())
      .when(ask())
      .then();
    expect(stateAfter(...open, requested(), requested(less)).requests).toEqual([request(less)]);
  });

  it('does not replace one of another requester', () => {
    given(...open, requested())
      .when(ask({ requester: 'TSO', scope: { pom: 'CP-NORD' } }))
      .thenRefused('request-id-taken');
  });

  it('is withdrawn once', () => {
    const withdraw: MarketSessionCommand = { kind: 'withdrawRequest', nowMs, requestId: 'r1' };
    const gone: MarketSessionEvent = {
      type: 'RequestWithdrawn',
      data: { sessionId, requestId: 'r1' },
    };
    given(...open, requested())
      .when(withdraw)
      .then(gone);
    given(...open, requested(), gone)
      .when(withdraw)
      .then();
    expect(stateAfter(...open, requested(), gone).requests).toEqual([]);
  });

  it('is recorded with its own members only', () => {
    const more = { ...request(), sessionId: 'another', colour: 'red' };
    given(...open)
      .when({ kind: 'requestFlexibility', nowMs, request: more, register })
      .then(requested());
  });

  it.each<[string, object, string]>([
    ['a TSO with PoDs', { requester: 'TSO' }, 'scope'],
    ['an unknown PoD', { scope: { podIds: ['POD1', 'NONE'] } }, 'scope.podIds[1]'],
    ['no PoD', { scope: { podIds: [] } }, 'scope.podIds'],
    ['an unknown substation', { scope: { pom: 'CP-SUD' } }, 'scope.pom'],
    ['no scope', { scope: null }, 'scope.podIds'],
    ['a grid point above none of its PoDs', { gridPoint: { pom: 'CP-SUD' } }, 'gridPoint.pom'],
    ['a grid point without a name', { gridPoint: { pom: '' } }, 'gridPoint.pom'],
    [
      'a grid point beside a substation',
      { scope: { pom: 'CP-NORD' }, gridPoint: { pom: 'CP-NORD' } },
      'gridPoint',
    ],
    ['an MTU too few', { quantityW: [1, 1, 1] }, 'quantityW'],
    ['half a watt', { quantityW: [1, 0.5, 1, 1] }, 'quantityW[1]'],
    ['less than nothing', { quantityW: [1, 1, 1, -1] }, 'quantityW[3]'],
    ['more than 1 GW', { quantityW: [1e9 + 1, 0, 0, 0] }, 'quantityW[0]'],
    ['a cap of 1,000 EUR per kWh', { priceCapMicroEurPerKwh: 1e9 }, 'priceCapMicroEurPerKwh'],
    ['no id', { requestId: '' }, 'requestId'],
    ['a long id', { requestId: 'r'.repeat(101) }, 'requestId'],
    ['another requester', { requester: 'AGG1' }, 'requester'],
    ['another product', { product: 'S' }, 'product'],
    ['another direction', { direction: 'left' }, 'direction'],
  ])('with %s is refused by field', (_, change, field) => {
    const command = ask(change as Partial<FlexibilityRequest>);
    given(...open)
      .when(command)
      .thenRefused('request-malformed');
    expect(() => decide(command, stateAfter(...open))).toThrow(
      expect.objectContaining({
        violations: expect.arrayContaining([expect.objectContaining({ field })]),
      }),
    );
  });
});

describe('a session that trades active power only', () => {
  const { type, data } = scheduled as Extract<MarketSessionEvent, { type: 'SessionScheduled' }>;
  const activeOnly = [{ type, data: { ...data, products: ['P'] } } as const, opened];

  it('takes requests and offers of it, and none of reactive power', () => {
    const reactive = offer({ offerId: 'o2', product: 'Q' });
    given(...activeOnly)
      .when(ask())
      .then(requested());
    given(...activeOnly)
      .when(ask({ product: 'Q' }))
      .thenRefused('request-malformed');
    const refused = [{ index: 1, offerId: 'o2', reason: 'product must be one of P' }];
    given(...activeOnly)
      .when(bid({ offers: [offer(), reactive] }))
      .then(offered({ refused }));
  });
});

describe('a bid', () => {
  it('stands with what the register says of its PoD', () => {
    given(...open)
      .when(bid())
      .then(offered());
    expect(offered().data).toMatchObject({ offers: [{ pom: 'CP-NORD', podLimitW: 2_000 }] });
  });

  it('of blocks stands', () => {
    const block: BlockOffer = {
      offerId: 'b1',
      podId: 'POD1',
      product: 'P',
      direction: 'down',
      kind: 'block',
      quantityW: 500,
      priceMicroEurPerKwh: 0,
      durationMtus: 2,
      window: [2, 3],
    };
    given(...open)
      .when(bid({ offers: [block] }))
      .then(offered({ offers: [{ ...block, pom: 'CP-NORD', podLimitW: 500 }] }));
  });

  describe('of a PoD that declares by the clock', () => {
    const curve = Array.from({ length: 96 }, (_, quarter) => (quarter < 50 ? 300 : 2_000));
    const byClock: MarketRegister = {
      ...register,
      pod: (podId) => {
        const known = register.pod(podId);
        return known && { ...known, flexibility: { ...known.flexibility, upW: curve } };
      },
    };
    const clocked = { register: byClock, quarterHours: [48, 49, 50, 51] };
    const podLimitW = [300, 300, 2_000, 2_000];
    const reasonOf = (row: object): string | undefined => {
      try {
        decide(bid({ ...clocked, offers: [{ ...offer(), ...row }] }), stateAfter(...open));
        return undefined;
      } catch (error) {
        return (error as { violations: { reason: string }[] }).violations[0]!.reason;
      }
    };

    it('stands with the limit of each of its MTUs', () => {
      const offers = [offer({ quantityW: [300, 0, 2_000, 1_999] })];
      given(...open)
        .when(bid({ ...clocked, offers }))
        .then(offered({ offers: [{ ...recorded(offers[0]!), podLimitW }] }));
    });

    it('is refused by the MTU in which it is more', () => {
      expect(reasonOf({ quantityW: [300, 301, 0, 0] })).toBe(
        'quantityW 301 is above the 300 declared for POD1 in MTU 1',
      );
    });

    it('has to fit as a block somewhere in its window', () => {
      const big = { ...block(2, [0, 3]), quantityW: 2_000 };
      expect(reasonOf(big)).toBeUndefined();
      expect(reasonOf({ ...big, durationMtus: 3 })).toBe(
        'quantityW 2000 is nowhere in its window within what is declared for POD1 over 3 MTUs',
      );
    });

    it('keeps what stood when it was made: an amendment counts for the next one', () => {
      const before = offered({
        offers: [{ ...recorded(offer({ quantityW: [1, 1, 1, 1] })), podLimitW }],
      });
      const offers = standingOffers(stateAfter(...open, before));
      expect(offers.map((one) => one.podLimitW)).toEqual([podLimitW]);
      given(...open, before, closed(0, 1))
        .when(bid({ bidId: 'late', register: byClock }))
        .thenRefused('gate-closed');
    });
  });

  it('stands with its good rows; the bad ones are refused by place, name and reason', () => {
    const offers = [
      offer({ offerId: 'unknown', podId: 'NONE' }),
      offer(),
      offer({ offerId: 'foreign', podId: 'POD3' }),
      offer({ offerId: 'off', podId: 'OFF' }),
      offer({ offerId: 'asked', podId: 'ASKED' }),
      offer({ offerId: 'much', quantityW: [0, 0, 2_001, 0] }),
      offer(),
      offer({ offerId: 'reactive', product: 'Q' }),
    ];
    const reasons = [
      [0, 'unknown', 'podId NONE is not in the register; register and locate it first'],
      [2, 'foreign', 'podId POD3 is not in the portfolio of AGG1'],
      [3, 'off', 'podId OFF is switched off by its customer on 2026-03-17'],
      [
        4,
        'asked',
        'podId ASKED has an agreement that is proposed, not in force; its customer has to accept one first',
      ],
      [5, 'much', 'quantityW 2001 is above the 2000 declared for POD1'],
      [6, 'o1', 'offerId stands twice'],
      [
        7,
        'reactive',
        'podId POD1 has declared no reactive power (upVar is 0), as a PoD without an inverter has none',
      ],
    ] as const;
    const refused = reasons.map(([index, offerId, reason]) => ({ index, offerId, reason }));
    given(...open)
      .when(bid({ offers }))
      .then(offered({ refused }));
  });

  it('of bad rows only is refused, and so is an empty one', () => {
    given(...open)
      .when(bid({ aggregatorId: 'AGG2' }))
      .thenRefused('bid-refused');
    given(...open)
      .when(bid({ offers: [] }))
      .thenRefused('bid-refused');
  });

  it('repeated changes nothing', () => {
    given(...open, offered())
      .when(bid())
      .then();
  });

  it('does not take the id of another, whoever sent that', () => {
    given(...open, offered())
      .when(bid({ aggregatorId: 'AGG2', offers: [offer({ podId: 'POD3' })] }))
      .thenRefused('bid-id-taken');
    given(...open, offered())
      .when(bid({ offers: [offer({ offerId: 'o2' })] }))
      .thenRefused('bid-id-taken');
  });

  it('is recorded with its own members only', () => {
    const more = { ...offer(), podLimitW: 9_999, colour: 'red' };
    given(...open)
      .when(bid({ offers: [more] }))
      .then(offered());
  });

  it.each<[string, unknown]>([
    ['kind must be', offer({ kind: 'other' as 'single' })],
    ['quantityW must have one value', offer({ quantityW: [1, 2, 3] })],
    ['quantityW[2] must be', offer({ quantityW: [1, 2, -3, 4] })],
    ['priceMicroEurPerKwh[0] must be', offer({ priceMicroEurPerKwh: [1e9, 0, 0, 0] })],
    ['priceMicroEurPerKwh must have', offer({ priceMicroEurPerKwh: 'free' as never })],
    ['minQuantityW must be', offer({ minQuantityW: -1 })],
    ['divisible is not', offer({ divisible: 'yes' as never })],
    ['window must hold 3 MTUs between 0 and 3', { ...offer(), ...block(3, [2, 3]) }],
    ['window must hold 1 MTUs between 0 and 3', { ...offer(), ...block(1, [3, 4]) }],
    ['window must hold 1 MTUs', { ...offer(), ...block(1, [0, 3, 9] as never) }],
    ['window must hold 0 MTUs', { ...offer(), ...block(0, [0, 3]) }],
    ['offerId must be', offer({ offerId: 7 as never })],
    ['is not an offer', null],
    ['is not an offer', 'o1'],
    ['offerId must be', []],
  ])('with a row whose %s... is told so', (reason, bad) => {
    const [event] = decide(
      bid({ offers: [bad as FlexibilityOffer, offer()] }),
      stateAfter(...open),
    );
    expect(event).toMatchObject({
      data: { refused: [{ index: 0, reason: expect.stringContaining(reason) }] },
    });
  });

  function block(durationMtus: number, window: [number, number]): object {
    return { kind: 'block', quantityW: 1, priceMicroEurPerKwh: 1, durationMtus, window };
  }

  it('of any JSON at all is answered row by row, never with a crash', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 5 }), (rows) => {
        const offers = [...rows, offer()] as FlexibilityOffer[];
        const [event] = decide(bid({ offers }), stateAfter(...open));
        expect(event).toMatchObject({ data: { offers: [recorded(offer())] } });
        expect(event).toHaveProperty('data.refused.length', rows.length);
      }),
    );
  });
});

describe('the order book', () => {
  const second = offered({ bidId: 'bid2', offers: [recorded(offer({ offerId: 'o2' }))] });
  const other = offered({ bidId: 'bid3', aggregatorId: 'AGG2' });

  it('holds offers in the order of the log; equal ids of two aggregators are two offers', () => {
    expect(book(...open, offered(), second, other)).toEqual(['AGG1/o1', 'AGG1/o2', 'AGG2/o1']);
  });

  it('has of equal ids the last, in its place', () => {
    const cheaper = recorded(offer({ priceMicroEurPerKwh: [1, 1, 1, 1] }));
    const events = [...open, offered(), second, offered({ bidId: 'bid4', offers: [cheaper] })];
    expect(book(...events)).toEqual(['AGG1/o2', 'AGG1/o1']);
    const last = standingOffers(stateAfter(...events))[1]!;
    expect(last.aggregatorId).toBe('AGG1');
    expect(recordedOffer(last)).toEqual(cheaper);
  });

  it('does not hold what was withdrawn, until it is offered again', () => {
    const gone = withdrawn('AGG1', 'o1');
    given(...open, offered(), second)
      .when(withdrawOffers('AGG1', 'o1', 'never-offered'))
      .then(gone);
    given(...open, offered(), gone)
      .when(withdrawOffers('AGG1', 'o1'))
      .then();
    expect(book(...open, offered(), second, gone)).toEqual(['AGG1/o2']);
    expect(book(...open, offered(), gone, offered({ bidId: 'bid5' }))).toEqual(['AGG1/o1']);
  });

  it('keeps an offer that is not of who withdraws', () => {
    given(...open, offered())
      .when(withdrawOffers('AGG2', 'o1'))
      .then();
    expect(book(...open, offered(), withdrawn('AGG2', 'o1'))).toEqual(['AGG1/o1']);
  });

  it('keeps a later offer though a bid begun before the withdrawal ends after it', () => {
    const begun = offered({
      bidId: 'slow',
      part: { index: 0, of: 2 },
      offers: [recorded(offer({ offerId: 'o9' }))],
    });
    const ended = offered({
      bidId: 'slow',
      part: { index: 1, of: 2 },
      offers: [recorded(offer({ offerId: 'o10' }))],
    });
    const again = offered({ bidId: 'again' });
    expect(book(...open, begun, offered(), withdrawn('AGG1', 'o1'), again, ended)).toEqual([
      'AGG1/o1',
      'AGG1/o9',
      'AGG1/o10',
    ]);
  });
});
