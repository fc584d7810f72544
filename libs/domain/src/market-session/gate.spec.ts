/** When a session opens and closes, and that outside these times nothing is taken. */
import { givenOf } from '../testing/decider-spec';
import {
  bid,
  closed,
  closesMs,
  nowMs,
  offered,
  opened,
  opensMs,
  register,
  request,
  requested,
  schedule,
  scheduled,
  sessionId,
} from '../testing/session-story';
import type { MarketSessionCommand } from './commands';
import type { MarketSessionEvent, RecordedOffer } from './events';
import { marketSessionDecider } from './decider';
import { PRODUCTS } from '../units/units';

const given = givenOf(marketSessionDecider);
const open = [scheduled, opened];
const ask: MarketSessionCommand = {
  kind: 'requestFlexibility',
  nowMs,
  request: request(),
  register,
};

describe('a session of the calendar', () => {
  const entry = {
    sessionId,
    kind: 'realTime' as const,
    deliveryDay: '2026-03-17',
    period: { startMs: Date.parse(schedule.deliveryStart), mtuCount: 4 },
    gateOpensMs: opensMs,
    gateClosesMs: closesMs,
    resultDueMs: closesMs + 3_600_000,
    setpointsMs: 0,
    products: PRODUCTS,
  };
  const command: MarketSessionCommand = {
    kind: 'schedule',
    entry,
    rulePackDigest: schedule.rulePackDigest,
    registerPosition: 41,
  };

  it('is scheduled once, with its rules and the register it starts from', () => {
    given().when(command).then(scheduled);
    given(scheduled).when(command).then();
  });

  it('opens at its time and not before, once', () => {
    given(scheduled)
      .when({ kind: 'open', nowMs: opensMs - 1 })
      .thenRefused('too-early');
    given(scheduled).when({ kind: 'open', nowMs: opensMs }).then(opened);
    given(...open)
      .when({ kind: 'open', nowMs: opensMs })
      .then();
  });

  it('opens late after an outage, so that it can close', () => {
    given(scheduled)
      .when({ kind: 'open', nowMs: closesMs + 1 })
      .then(opened);
  });

  it('closes at its time and not before, once, and counts what stands', () => {
    given(...open)
      .when({ kind: 'close', nowMs: closesMs - 1 })
      .thenRefused('too-early');
    given(...open, requested(), offered(), offered({ bidId: 'bid2' }))
      .when({ kind: 'close', nowMs: closesMs })
      .then(closed(1, 1));
    given(...open, closed(0, 0))
      .when({ kind: 'close', nowMs: closesMs })
      .then();
  });

  it.each<MarketSessionCommand>([
    { kind: 'open', nowMs },
    { kind: 'close', nowMs },
    bid(),
    ask,
    { kind: 'publish' },
    { kind: 'cancel', reason: 'test' },
  ])('that was never scheduled knows no $kind', (command) => {
    given().when(command).thenRefused('session-unknown');
  });
});

describe('a gate', () => {
  const orders: MarketSessionCommand[] = [
    bid(),
    ask,
    { kind: 'withdrawOffers', nowMs, aggregatorId: 'AGG1', offerIds: ['o1'] },
    { kind: 'withdrawRequest', nowMs, requestId: 'r1' },
  ];

  it.each(orders)('that has not opened refuses $kind', (command) => {
    given(scheduled).when(command).thenRefused('gate-closed');
  });

  it.each(orders)('that is closed refuses $kind', (command) => {
    given(...open, closed(0, 0))
      .when(command)
      .thenRefused('gate-closed');
  });

  it.each(orders)(
    'opened by a clock that is ahead refuses $kind until its time is come',
    (command) => {
      given(...open)
        .when({ ...command, nowMs: opensMs - 1 } as MarketSessionCommand)
        .thenRefused('gate-closed');
    },
  );

  it.each(orders)('whose time is over refuses $kind, closed or not', (command) => {
    given(...open)
      .when({ ...command, nowMs: closesMs } as MarketSessionCommand)
      .thenRefused('gate-closed');
  });

  it('answers what was taken in time as before, when it is asked again after it closed', () => {
    const past = [...open, requested(), offered(), closed(1, 1)];
    given(...past)
      .when(bid({ nowMs: closesMs + 1 }))
      .then();
    given(...past)
      .when(ask)
      .then();
  });
});

describe('the reliability of a bid’s providers', () => {
  const plain = offered();
  const ranked = {
    ...plain,
    data: {
      ...plain.data,
      offers: (plain.data as { offers: readonly RecordedOffer[] }).offers.map((offer) => ({
        ...offer,
        reliabilityPerMille: 700,
      })),
    },
  } as MarketSessionEvent;
  const ranking = (command: MarketSessionCommand, reliabilityOf: unknown) =>
    ({ ...command, reliabilityOf }) as MarketSessionCommand;

  it('stands in its offers, and is asked for again where the gate opened meanwhile', () => {
    given(...open)
      .when(ranking(bid(), () => 700))
      .then(ranked);
    given(...open)
      .when(ranking(bid(), 'not-open'))
      .thenRefused('gate-closed');
  });

  it('makes no other bid of the same one, sent again when it is not known any more', () => {
    given(...open, ranked, closed(0, 1))
      .when(ranking(bid({ nowMs: closesMs + 60_000 }), 'not-open'))
      .then();
  });
});
