import type { Schemas } from '@flexledger/api-client';
import { ALARM_KINDS } from '@flexledger/domain';
import { zoneOf } from '../parts/words';
import {
  KINDS_SEEN_TO,
  aggregatorNeeds,
  agreementNeeds,
  gridNeeds,
  haltedNeeds,
  saidBefore,
} from './needs';

const rome = zoneOf('Europe/Rome');
const startMs = Date.parse('2026-03-17T15:00:00Z');
const line = {
  gridId: 'ieee33',
  sessionId: 's',
  startMs,
  elementType: 'line' as const,
  elementId: 'line17',
  violation: 'overload' as const,
  value: [0, 216_000, 210_000, 0],
  limit: 200_000,
  podIds: ['A', 'B'],
  missingW: [0, 40_000, 1_000, 0],
  helpW: [0, 150_000, 120_000, 0],
  helpVar: [],
  detectedAt: '2026-03-17T12:00:00.000Z',
  resolvedAt: null,
  resolvedFor: null,
};

it('tells which line will carry too much, when, and what is missing', () => {
  const [need, ...others] = gridNeeds([line], startMs, rome);
  expect(others).toEqual([]);
  expect(need).toMatchObject({
    what: 'Line 17 will carry 108 % of its limit, Tue 17 Mar, 16:15 to 16:45.',
    detail: '40.000 kW are missing at most. 2 PoDs below it can help, together 150.000 kW.',
  });
  expect(need!.actions[0]!.address).toBe('/grid/ieee33?session=s');
});

it('tells not that those who can help give nothing where a forecast did not say how much', () => {
  expect(gridNeeds([{ ...line, helpW: [] }], startMs, rome)[0]!.detail).toBe(
    '40.000 kW are missing at most. 2 PoDs below it can help.',
  );
});

it('tells a voltage in pu, and that nothing moves it', () => {
  const bus = {
    ...line,
    elementType: 'bus' as const,
    elementId: 'bus18',
    violation: 'underVoltage' as const,
    value: [0, 893_000, 0, 0],
    limit: 900_000,
    missingW: [0, null, 0, 0],
  };
  expect(gridNeeds([bus], startMs, rome)[0]).toMatchObject({
    what: 'Bus 18 will be at 0.893 pu, the limit is 0.90, Tue 17 Mar, 16:15 to 16:30.',
    detail:
      'How much would help could not be computed. 2 PoDs below it can help, together 150.000 kW.',
  });
});

it.each([
  ['is covered by what the PoDs can give', { missingW: [0, 0, 0, 0] }, startMs],
  ['is resolved', { resolvedAt: '2026-03-17T13:00:00.000Z' }, startMs],
  ['is over', {}, startMs + 4 * 900_000],
])('needs nobody where it %s', (_, change, nowMs) => {
  expect(gridNeeds([{ ...line, ...change }], nowMs, rome)).toEqual([]);
});

it('asks an operator about a halted processor, and a customer about proposed terms', () => {
  const halt = {
    eventId: 'e',
    eventType: 'SessionClosed',
    position: 3,
    reason: 'no solution',
    sinceMs: 0,
    message: 'market/clearing has halted at position 3: no solution.',
  };
  const working = {
    name: 'dso/requests',
    owner: 'a',
    status: 'working' as const,
    checkpoint: 1,
    lag: 0,
  };
  expect(
    haltedNeeds([working, { ...working, name: 'market/clearing', status: 'halted', halt }]),
  ).toEqual([
    expect.objectContaining({ what: 'market/clearing has halted.', detail: halt.message }),
  ]);
  const terms = {
    podId: 'A',
    aggregatorId: 'AGG1',
    customerSharePerMille: 700,
    customerPenaltySharePerMille: 500,
    aggregatorWallet: '0x',
  };
  const agreement = {
    podId: 'A',
    smartContractId: 'ab',
    status: 'proposed' as const,
    terms,
    reason: null,
    termsDigest: null,
    txHash: null,
    endTxHash: null,
    acceptedHash: null,
    changedAt: '',
  };
  expect(agreementNeeds([agreement, { ...agreement, status: 'inForce' }])).toEqual([
    expect.objectContaining({ detail: "70 % of what it earns would be the customer's." }),
  ]);
});

it('tells an aggregator its alarms, what can be done about them, and where it offers nothing', () => {
  const gate = { sessionId: 's', name: 'Day-ahead for Wed 18 Mar', gateClosesMs: startMs };
  const facts: readonly Schemas['AlarmFacts'][] = [
    {
      kind: 'notDeliverable',
      windowStart: '2026-03-17T14:00:00.000Z',
      infeasibleMtus: 3,
      worst: { podId: 'P1', limit: 'ramp', mtu: 0, soldChangeW: 2_000, changeW: 500 },
    },
    {
      kind: 'shortfall',
      sessionId: 's',
      mtuStart: '2026-03-17T14:00:00.000Z',
      soldWh: 500,
      deliveredWh: 100,
      podsShort: 2,
      podsUnmeasured: 0,
      worst: { podId: 'P1', soldWh: 400, deliveredWh: 0 },
    },
    { kind: 'nodeSilent', podId: 'P3', since: '2026-03-17T14:00:00.000Z' },
    {
      kind: 'nodesSilent',
      since: '2026-03-17T14:00:00.000Z',
      until: '2026-03-17T14:01:30.000Z',
      podCount: 1_600_000,
      podIds: ['P3', 'P4'],
      lastPodId: 'P9',
    },
    { kind: 'termsRefused', podId: 'P2', reason: 'too little' },
    {
      kind: 'noFlexibility',
      sessionId: 's',
      deliveryDay: '2026-03-18',
      gateClosesAt: '2026-03-17T15:00:00.000Z',
      podCount: 2,
      pods: [{ podId: 'P4', reason: 'it has declared no flexibility' }],
    },
    {
      kind: 'offersRefused',
      sessionId: 's',
      offerCount: 1,
      offers: [{ offerId: 'o', reason: 'the PoD is not yours' }],
    },
    { kind: 'offersLost', sessionId: 's', offered: 3, offerCount: 3, offers: [] },
  ];
  const needs = aggregatorNeeds(
    {
      alarms: facts.map(
        (one, index) => ({ alarmId: `${index}`, kind: one.kind, facts: one }) as never,
      ),
      open: [
        { ...gate, offers: 0 },
        { ...gate, sessionId: 't', offers: 1 },
      ],
    },
    rome,
  );
  expect(needs.map(({ what, detail }) => `${what} ${detail}`)).toEqual([
    '3 quarter-hours from Tue 17 Mar, 15:00 cannot be delivered as sold. P1 can do 0.500 of 2.000 kW.',
    '100 of 500 Wh came from Tue 17 Mar, 15:00. 2 PoDs bring less than was sold, P1 most of all.',
    'The Light Node of P3 is silent. Since Tue 17 Mar, 15:00.',
    '1,600,000 Light Nodes are silent. Cut off from Tue 17 Mar, 15:00 to 15:01, P3 first, P9 last.',
    'The customer of P2 refused your terms. too little',
    '2 PoDs cannot be offered on 2026-03-18. P4: it has declared no flexibility',
    'The market refused 1 offer. o: the PoD is not yours',
    'You offer nothing in Day-ahead for Wed 18 Mar. Its gate closes at 16:00.',
  ]);
});

it('tells who comes second what a colleague has said of an alarm, and that it stands', () => {
  const said = { acknowledgedBy: 'aggregator:AGG1/anna', action: 'called the customer' };
  expect(saidBefore({ ...said, reason: null })).toBe(
    'aggregator:AGG1/anna has seen to it before: “called the customer”. That stands; yours was not kept.',
  );
});

it('asks for every kind of alarm but the one that nobody can see to', () => {
  expect([...KINDS_SEEN_TO, 'offersLost'].sort()).toEqual([...ALARM_KINDS].sort());
});
