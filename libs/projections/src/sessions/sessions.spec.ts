/** A session's events -> where it stands and its totals. */
import type { MarketSessionEvent } from '@flexledger/domain';
import { documentsAfter, timeAt } from '../testing/recorded-log';
import {
  cleared,
  inSession,
  opened,
  outcomeRow,
  published,
  requested,
  schedule,
  scheduled,
  SESSION,
  WHOLE,
} from '../testing/session-events';
import { type SessionDocument, sessionsView } from './sessions-view';

const after = (...events: readonly MarketSessionEvent[]): SessionDocument | undefined =>
  documentsAfter(sessionsView, inSession(...events))[0];

const closed: MarketSessionEvent = {
  type: 'SessionClosed',
  data: { sessionId: SESSION, requests: 1, offers: 7 },
};
const sent: MarketSessionEvent = {
  type: 'OutcomeSentForValidation',
  data: {
    sessionId: SESSION,
    outcomeId: `${SESSION}/0`,
    round: 0,
    rows: 3,
    answerDueAt: schedule.resultDueAt,
  },
};
const validated = (index: number, of: number, exceptions: number): MarketSessionEvent => ({
  type: 'OutcomeValidated',
  data: {
    sessionId: SESSION,
    outcomeId: `${SESSION}/0`,
    round: 0,
    part: { index, of },
    validatedBy: 'DSO',
    exceptions: Array.from({ length: exceptions }, (_, row) => ({
      index: row,
      status: 'KO' as const,
      permittedW: [0],
      violatedElement: 'line-17',
    })),
  },
});

it('a scheduled session has its calendar and no totals yet', () => {
  const nothing = { rows: 0, acceptedWMtu: 0, acceptedVarMtu: 0, costMicroEur: 0 };
  expect(after(scheduled)).toEqual({
    ...schedule,
    status: 'scheduled',
    requests: [],
    requestedWMtu: 0,
    requestedVarMtu: 0,
    offers: null,
    clearing: null,
    validation: null,
    result: nothing,
    publishedAt: null,
    cancelledBecause: null,
    unfinished: { exceptions: 0, result: nothing },
  });
});

it('events of a session that was never scheduled leave no document', () => {
  expect(after(opened, requested('r1'))).toBeUndefined();
});

it('goes through its stations', () => {
  const way = [opened, closed, cleared(), sent, validated(0, 1, 0), published([])];
  const statuses = way.map((_, index) => after(scheduled, ...way.slice(0, index + 1))?.status);
  expect(statuses).toEqual(['open', 'closed', 'cleared', 'validating', 'validated', 'published']);
});

it('is cancelled with the reason', () => {
  const data = { sessionId: SESSION, reason: 'grid in emergency' };
  expect(after(scheduled, opened, { type: 'SessionCancelled', data })).toMatchObject({
    status: 'cancelled',
    cancelledBecause: 'grid in emergency',
  });
});

describe('requests', () => {
  it('are added up by product; a later one of the same id takes the place', () => {
    const session = after(
      scheduled,
      requested('r1', { quantityW: [10, 20] }),
      requested('r2', { product: 'Q', quantityW: [5] }),
      requested('r3', { quantityW: [1, 1] }),
      requested('r1', { quantityW: [100, 200] }),
    );
    expect(session).toMatchObject({ requestedWMtu: 302, requestedVarMtu: 5 });
    expect(session?.requests).toEqual([
      { requestId: 'r2', product: 'Q', quantityMtu: 5 },
      { requestId: 'r3', product: 'P', quantityMtu: 2 },
      { requestId: 'r1', product: 'P', quantityMtu: 300 },
    ]);
  });

  it('that are withdrawn count no longer', () => {
    const data = { sessionId: SESSION, requestId: 'r1' };
    const withdrawn: MarketSessionEvent = { type: 'RequestWithdrawn', data };
    const session = after(scheduled, requested('r1'), withdrawn);
    expect(session).toMatchObject({ requests: [], requestedWMtu: 0 });
  });
});

it('the closing tells the number of offers', () => {
  expect(after(scheduled, closed)?.offers).toBe(7);
});

describe('clearing', () => {
  it('is told by its last part', () => {
    expect(after(scheduled, cleared({ part: { index: 0, of: 2 } }))).toMatchObject({
      status: 'scheduled',
      clearing: null,
    });
    expect(after(scheduled, cleared({ part: { index: 0, of: 2 } }), cleared())?.clearing).toEqual({
      algorithm: 'merit-order',
      version: '1',
      rounds: 1,
      gap: null,
      inputDigest: 'cd'.repeat(32),
      clearedAt: timeAt(2),
    });
  });

  it('counts fill-up rounds', () => {
    const session = after(scheduled, cleared(), sent, validated(0, 1, 1), cleared({ round: 1 }));
    expect(session).toMatchObject({ status: 'cleared', clearing: { rounds: 2 } });
  });
});

it('validation adds up the exceptions of its parts, anew for each outcome', () => {
  const answered = [scheduled, sent, validated(0, 2, 2), validated(1, 2, 1)];
  expect(after(...answered.slice(0, 3))?.validation).toBeNull();
  const first = { outcomeId: `${SESSION}/0`, validatedBy: 'DSO', exceptions: 3 };
  expect(after(...answered)).toMatchObject({ status: 'validated', validation: first });
  expect(after(...answered, sent, validated(0, 1, 1))?.validation?.exceptions).toBe(1);
});

describe('the result', () => {
  const rows = [
    outcomeRow({ acceptedW: [400, 201], priceMicroEurPerKwh: [120_000, 10] }),
    outcomeRow({ product: 'Q', acceptedW: [7], priceMicroEurPerKwh: [4_000] }),
  ];

  it('is added up over all parts: W·MTU, var·MTU and money rounded by MTU', () => {
    const session = after(
      scheduled,
      published(rows, { index: 0, of: 2 }),
      published([outcomeRow()], { index: 1, of: 2 }),
    );
    expect(session?.result).toEqual({
      rows: 3,
      acceptedWMtu: 601 + 600,
      acceptedVarMtu: 7,
      // 400 x 120,000 / 4,000; 201 x 10 / 4,000 = 0.5025 rounds to 1; 7 x 4,000 / 4,000; 600 W·MTU.
      costMicroEur: 12_000 + 1 + 7 + 18_000,
    });
    expect(session).toMatchObject({ status: 'published', publishedAt: timeAt(2) });
  });

  it('does not count before its last part', () => {
    expect(after(scheduled, published(rows, { index: 0, of: 2 }))).toMatchObject({
      status: 'scheduled',
      publishedAt: null,
      result: { rows: 0, costMicroEur: 0 },
    });
  });

  it('of nothing is published too', () => {
    expect(after(scheduled, published([], WHOLE))).toMatchObject({
      status: 'published',
      result: { rows: 0, acceptedWMtu: 0 },
    });
  });
});
