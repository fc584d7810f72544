/** A session of two rounds: the DSO refuses half of the cheap offer, the dear one fills up. */
import {
  type ClearingRecord,
  type MarketSessionCommand,
  type MarketSessionEvent,
  type MarketSessionState,
  type ScheduledSession,
  type SingleOffer,
  marketSessionDecider,
  sessionInput,
} from '@flexledger/domain';
import { createReplay } from '../replay';
import { createFindings } from '../report';
import { WHOLE_LOG } from '../scope';
import { inSession, rules, rulesAdopted, schedules } from '../testing/session-log';
import { smallLog, tools } from '../testing/node-tools';
import { type SmallEvent, failuresOf } from '../testing/small-log';
import { clearAgain } from '../tools';
import { createClearingCheck } from './clearing';

const schedule = schedules[0]!;
const { sessionId, mtuCount } = schedule;
const noSession: MarketSessionState = { status: 'unknown' };
const gateOpenMs = Date.parse(schedule.gateOpensAt);

/** W in the first quarter-hour only. */
const atFirst = (value: number): number[] => [value, ...new Array<number>(mtuCount - 1).fill(0)];
const offer = (offerId: string, price: number): SingleOffer => ({
  offerId,
  podId: `POD-${offerId}`,
  product: 'P',
  direction: 'up',
  kind: 'single',
  quantityW: atFirst(100),
  priceMicroEurPerKwh: atFirst(price),
  divisible: true,
  minQuantityW: 0,
});
const register = {
  pod: () => ({
    aggregatorId: 'AGG1',
    pom: 'PS-1',
    flexibility: { upW: 100, downW: 100, upVar: 0, downVar: 0 },
    unavailableDays: [],
  }),
  hasPom: () => true,
};

/** The session as the decider takes it through commands; each sees the state it is made for. */
async function session(
  ...steps: ((state: ScheduledSession) => MarketSessionCommand | Promise<MarketSessionCommand>)[]
): Promise<MarketSessionEvent[]> {
  const events: MarketSessionEvent[] = [{ type: 'SessionScheduled', data: schedule }];
  for (const step of steps) {
    const state = events.reduce(marketSessionDecider.evolve, noSession) as ScheduledSession;
    events.push(...marketSessionDecider.decide(await step(state), state));
  }
  return events;
}

type Step = Parameters<typeof session>[number];

const open: Step = () => ({ kind: 'open', nowMs: gateOpenMs });
const request: Step = () => ({
  kind: 'requestFlexibility',
  nowMs: gateOpenMs,
  register,
  request: {
    requestId: 'r',
    requester: 'DSO',
    product: 'P',
    direction: 'up',
    scope: { pom: 'PS-1' },
    quantityW: atFirst(100),
    priceCapMicroEurPerKwh: null,
  },
});
const bid: Step = () => ({
  kind: 'offerFlexibility',
  nowMs: gateOpenMs,
  register,
  bidId: 'b',
  aggregatorId: 'AGG1',
  quarterHours: [0, 1, 2, 3],
  offers: [offer('cheap', 10_000), offer('dear', 20_000)],
});
const close: Step = () => ({ kind: 'close', nowMs: Date.parse(schedule.gateClosesAt) });
const clear =
  (round: number, change: (clearing: ClearingRecord) => ClearingRecord = (clearing) => clearing) =>
  async (state: ScheduledSession): Promise<MarketSessionCommand> => ({
    kind: 'recordClearing',
    clearing: change(await clearAgain(tools, sessionInput(state, noSession), rules, round)),
  });
const send: Step = () => ({ kind: 'sendForValidation', answerDueMs: gateOpenMs });
const answer =
  (round: number, permittedW?: number): Step =>
  () => ({
    kind: 'recordValidation',
    outcomeId: `${sessionId}/${round}`,
    validatedBy: 'DSO',
    exceptions:
      permittedW === undefined
        ? []
        : [{ index: 0, status: 'partial', permittedW: [permittedW], violatedElement: 'line0' }],
  });
const publish: Step = () => ({ kind: 'publish' });

const ordered = [open, request, bid, close];
const firstRound = [clear(0), send, answer(0, 50)];
const secondRound = [clear(1), send, answer(1)];

async function failures(events: readonly MarketSessionEvent[]): Promise<[string, string][]> {
  const replay = createReplay();
  const check = createClearingCheck(replay, WHOLE_LOG, tools, createFindings('clearing'));
  const log: SmallEvent[] = [
    rulesAdopted,
    ...events.map(({ type, data }) => inSession(type, data)),
  ];
  const found = await failuresOf(check, smallLog(log), replay.take);
  return found.map(({ type, reason }) => [type!, reason]);
}

it('accepts what the market did, round by round', async () => {
  const events = await session(...ordered, ...firstRound, ...secondRound, publish);
  const published = events.filter((event) => event.type === 'ResultPublished');
  expect(published[0]!.data.rows.map(({ offerId, acceptedW }) => [offerId, acceptedW])).toEqual([
    ['cheap', [50]],
    ['dear', [50]],
  ]);
  expect(await failures(events)).toEqual([]);
});

it('names a second round that is not what clearing the rest gives', async () => {
  const dearer = (clearing: ClearingRecord): ClearingRecord => ({
    ...clearing,
    rows: clearing.rows.map((row) => ({ ...row, priceMicroEurPerKwh: [20_001] })),
  });
  const rest = [clear(1, dearer), send, answer(1), publish];
  expect(await failures(await session(...ordered, ...firstRound, ...rest))).toEqual([
    ['MarketCleared', 'row 0 of round 1 is not what clearing anew gives'],
  ]);
});

it.each<[string, Partial<ClearingRecord>, RegExp]>([
  [
    'algorithm',
    { algorithm: 'guess' },
    /^algorithm is "guess", cleared anew "nested-merit-order"$/,
  ],
  [
    'parameters',
    { parameters: { costWeight: 2 } },
    /^parameters is {"costWeight":2}, cleared anew/,
  ],
  ['input digest', { inputDigest: 'ab' }, /^inputDigest is "ab", cleared anew/],
])('names another %s', async (_, change, reason) => {
  const changed = clear(0, (clearing) => ({ ...clearing, ...change }));
  expect(await failures(await session(...ordered, changed))).toEqual([
    ['MarketCleared', expect.stringMatching(reason)],
  ]);
});

it('names a result that was published while another round was due', async () => {
  expect(await failures(await session(...ordered, ...firstRound, publish))).toEqual([
    ['ResultPublished', 'it was published while another round of clearing was due'],
  ]);
});

it('names a round that nothing called for', async () => {
  const unharmed = [clear(0), send, answer(0), clear(1)];
  expect(await failures(await session(...ordered, ...unharmed))).toEqual([
    ['MarketCleared', 'round 1 was cleared although none was due'],
  ]);
});

describe('a round in which the solver ran out of time', () => {
  const whole: Step = () => ({
    kind: 'offerFlexibility',
    nowMs: gateOpenMs,
    register,
    bidId: 'b',
    aggregatorId: 'AGG1',
    quarterHours: [0, 1, 2, 3],
    offers: ['cheap', 'dear'].map((offerId, index) => ({
      ...offer(offerId, 10_000 * (index + 1)),
      divisible: false,
    })),
  });
  /** The round as it had come out had the solver seen only the dear offer: 2 where 1 is the least cost. */
  const clearedBy =
    (gap: object, change: (clearing: ClearingRecord) => object = () => ({})): Step =>
    async (state) => {
      const input = sessionInput(state, noSession);
      const dearOnly = { ...input, offers: input.offers.slice(1) };
      const { algorithm, inputDigest } = await clearAgain(tools, input, rules, 0);
      const dear = await clearAgain(tools, dearOnly, rules, 0);
      const record = { ...dear, algorithm, inputDigest, gap };
      return { kind: 'recordClearing', clearing: { ...record, ...change(record) } };
    };
  const faults = async (...how: Parameters<typeof clearedBy>): Promise<string[]> => {
    const events = await session(open, request, whole, close, clearedBy(...how));
    return (await failures(events)).map(([, reason]) => reason);
  };
  const half = { objective: 'cost', perMille: 500 };

  it('may have another outcome than clearing anew, if it says how much better there may be', async () => {
    expect(await faults(half)).toEqual([]);
    expect(await faults({ objective: 'tsoServed', perMille: 1 })).toEqual([]);
  });

  it.each<[string, object, RegExp]>([
    [
      'too little of it',
      { objective: 'cost', perMille: 499 },
      /^cost can be improved by 1000000 of/,
    ],
    ['a later objective', { objective: 'reliability', perMille: 9 }, /^cost counts as proven/],
    ['no objective', { objective: 'luck', perMille: 9 }, /names no objective/],
  ])('is named when its gap admits %s', async (_, gap, reason) => {
    expect(await faults(gap)).toEqual([expect.stringMatching(reason)]);
  });

  it.each<[string, RegExp, (clearing: ClearingRecord) => object]>([
    [
      'breaks a rule',
      /^its rows break notAllOrNothing in MTU 0/,
      ({ rows }) => ({ rows: rows.map((row) => ({ ...row, acceptedW: [99] })) }),
    ],
    [
      'names an unknown offer',
      /^its rows name what the order book does not have$/,
      ({ rows }) => ({ rows: rows.map((row) => ({ ...row, offerId: 'x' })) }),
    ],
    [
      'pays another price',
      /^row 0 does not follow from what is accepted$/,
      ({ rows }) => ({ rows: rows.map((row) => ({ ...row, priceMicroEurPerKwh: [1] })) }),
    ],
  ])('is named when it %s', async (_, reason, change) => {
    expect(await faults(half, change)).toEqual([expect.stringMatching(reason)]);
  });

  it('cannot be where merit order decides', async () => {
    const changed = clear(0, (clearing) => ({ ...clearing, gap: half }));
    expect(await failures(await session(...ordered, changed))).toEqual([
      ['MarketCleared', 'gap is {"objective":"cost","perMille":500}, cleared anew null'],
    ]);
  });
});

describe('a record in parts', () => {
  /** The last event of a type as two: its rows in the first part, the rest in the second. */
  const split = (events: MarketSessionEvent[], change = {}): MarketSessionEvent[] =>
    events.flatMap((event): MarketSessionEvent[] => {
      if (event.type !== 'MarketCleared') return [event];
      const { data } = event;
      return [
        { ...event, data: { ...data, part: { index: 0, of: 2 }, requests: [] } },
        { ...event, data: { ...data, part: { index: 1, of: 2 }, rows: [], ...change } },
      ];
    });

  it('is compared as one', async () => {
    const events = await session(...ordered, ...firstRound, ...secondRound, publish);
    expect(await failures(split(events))).toEqual([]);
  });

  it('is named by the part that differs', async () => {
    const cleared = await session(...ordered, clear(0));
    expect(await failures(split(cleared, { requests: [] }))).toEqual([
      ['MarketCleared', 'row 1 of round 0 is not what clearing anew gives'],
    ]);
  });
});

it('wants the rule pack under its own digest', async () => {
  const replay = createReplay();
  const check = createClearingCheck(replay, WHOLE_LOG, tools, createFindings('clearing'));
  const found = await failuresOf(
    check,
    smallLog([{ ...rulesAdopted, data: { ...rulesAdopted.data, digest: 'ab' } }]),
  );
  expect(found.map(({ reason }) => reason)).toEqual([
    expect.stringMatching(/^the pack's digest is [0-9a-f]{64}$/),
  ]);
});
