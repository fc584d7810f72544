/** Each party its own of every event, and nothing of others. */
import {
  type EventType,
  type Json,
  type JsonObject,
  type RecordedEvent,
  eventVersions,
} from '@flexledger/domain';
import { type Principal, partyOf } from '@flexledger/identity';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { repositoryRoot } from '../repository-root';
import { PARTIES, shownTo } from './events-by-role';
import type { Owners } from './ownership';
import { shownOf } from './visible-events';

const MINE = 'IT002E60000001';
const THEIRS = 'IT002E60000002';
const AGGREGATOR_OF: Readonly<Record<string, string>> = { [MINE]: 'AGG1', [THEIRS]: 'AGG2' };
const owners: Owners = {
  aggregatorOfPod: (podId) => AGGREGATOR_OF[podId],
  aggregatorOfAgreement: (podId) => AGGREGATOR_OF[podId],
  requesterOf: (_, requestId) => (requestId === 'd' ? 'DSO' : 'TSO'),
};

const actorOf = {
  dso: 'dso',
  tso: 'tso',
  aggregator: 'aggregator:AGG1',
  customer: `customer:${MINE}`,
  node: `node:${MINE}`,
} as const;
const principal = (actor: string): Principal => ({
  clientId: 'any',
  actor,
  scopes: ['events:read'],
  ...partyOf(actor),
});

const event = (type: EventType, data: object): RecordedEvent => ({
  id: `id-${type}`,
  type,
  schemaVersion: eventVersions[type],
  occurredAt: '2026-03-17T10:00:00.000Z',
  correlationId: 'c',
  causationId: 'c',
  actor: 'platform:market',
  data,
  streamId: 'any',
  revision: 0,
  position: 7,
  recordedAt: '2026-03-17T10:00:00.000Z',
  hash: 'h',
});
const row = (podId: string, requester: 'DSO' | 'TSO') => ({
  podId,
  requester,
  aggregatorId: AGGREGATOR_OF[podId],
  requestId: requester === 'DSO' ? 'd' : 't',
});
const rows = [row(MINE, 'DSO'), row(THEIRS, 'DSO'), row(MINE, 'TSO'), row(THEIRS, 'TSO')];
const nothingGranted = { grantedSince: () => undefined };
const seen = (speaker: Principal, of: RecordedEvent) =>
  shownOf(speaker, of, owners, nothingGranted);
const data = (actor: string, of: RecordedEvent): unknown => seen(principal(actor), of)?.event.data;

describe.each<EventType>(['ResultPublished', 'SettlementComputed'])('of %s', (type) => {
  const whole = event(type, { sessionId: 's', part: { index: 1, of: 2 }, rows });
  it.each<[string, readonly number[]]>([
    ...(type === 'SettlementComputed' ? [['dso', [0, 1]] as [string, number[]]] : []),
    ['tso', [2, 3]],
    ['aggregator:AGG1', [0, 2]],
    ['aggregator:AGG2', [1, 3]],
    [`customer:${THEIRS}`, [1, 3]],
    ['aggregator:AGG3', []],
  ])('%s is shown its rows, told to be a part', (actor, own) => {
    expect(seen(principal(actor), whole)).toEqual({
      event: { ...whole, data: { ...whole.data, rows: own.map((index) => rows[index]) } },
      isPartial: true,
    });
  });

  it('auditors and operators are shown it whole, and a result the DSO, nodes nothing', () => {
    const dso = type === 'ResultPublished' ? ['dso'] : [];
    for (const actor of ['auditor', 'operator', 'platform:market', ...dso]) {
      expect(seen(principal(actor), whole)).toEqual({ event: whole, isPartial: false });
    }
    expect(data(`node:${MINE}`, whole)).toBeUndefined();
  });

  it('a part without own rows is not there, unless it is the last', () => {
    const first = event(type, { sessionId: 's', part: { index: 0, of: 2 }, rows: [rows[3]!] });
    expect(data('aggregator:AGG1', first)).toBeUndefined();
    const last = event(type, { ...first.data, part: { index: 1, of: 2 } });
    expect(data('aggregator:AGG1', last)).toMatchObject({ rows: [] });
  });
});

// The DSO validates what is sold on its grid, and forecasts by what its customers do of their own.
it('a clearing shows a system operator how its own requests fared, the DSO also the others', () => {
  const requests = [{ requestId: 'd' }, { requestId: 't' }];
  const cleared = event('MarketCleared', {
    sessionId: 's',
    part: { index: 0, of: 1 },
    rows,
    requests,
  });
  expect(data('tso', cleared)).toMatchObject({ rows: rows.slice(2), requests: [requests[1]] });
  expect(data('aggregator:AGG1', cleared)).toMatchObject({
    rows: [rows[0], rows[2]],
    requests: [],
  });
  expect(data('dso', cleared)).toEqual(cleared.data);
  expect(data(`customer:${MINE}`, cleared)).toBeUndefined();
});

it.each<[EventType, object]>([
  ['MeasurementRecorded', {}],
  ['PacketRejected', {}],
  ['SetpointReceived', { setpointId: 'x' }],
  ['AnomalyRaised', {}],
  ['AgreementAccepted', {}],
  ['BaselineDeclared', {}],
])('%s is shown to the PoD’s own people, and to those of no other', (type, more) => {
  for (const [podId, isOwn] of [
    [MINE, true],
    [THEIRS, false],
  ] as const) {
    const of = event(type, { podId, ...more });
    for (const actor of [actorOf.aggregator, actorOf.customer]) {
      expect([podId, actor, data(actor, of) !== undefined]).toEqual([podId, actor, isOwn]);
    }
  }
});

it('a request is its sender’s, also when it is withdrawn in its name', () => {
  const withdrawn = event('RequestWithdrawn', { sessionId: 's', requestId: 't' });
  expect(data('tso', withdrawn)).toBeDefined();
  expect(data('dso', withdrawn)).toBeUndefined();
});

it('nobody is shown anything by a token without the scope', () => {
  const opened = event('SessionOpened', { sessionId: 's' });
  for (const actor of ['dso', 'auditor']) {
    const speaker = { ...principal(actor), scopes: ['market:read' as const] };
    expect(seen(speaker, opened)).toBeUndefined();
  }
});

describe('by a grant of the owner', () => {
  const measured = event('MeasurementRecorded', { podId: THEIRS });
  const planned = event('ForecastComputed', { gridId: 'rome' });
  const grantedBy = (reader: string, dataSet: string, source: string, since: number) => ({
    grantedSince: (...asked: readonly string[]) =>
      asked.join() === [reader, dataSet, source].join() ? since : undefined,
  });

  it.each<[string, RecordedEvent, ReturnType<typeof grantedBy>, boolean]>([
    ['from the grant on', measured, grantedBy('aggregator:AGG1', 'measurements', THEIRS, 6), true],
    ['not before it', measured, grantedBy('aggregator:AGG1', 'measurements', THEIRS, 7), false],
    ['of that PoD', measured, grantedBy('aggregator:AGG1', 'measurements', MINE, 6), false],
    ['of that data set', measured, grantedBy('aggregator:AGG1', 'setpoints', THEIRS, 6), false],
    ['to that reader', measured, grantedBy('aggregator:AGG3', 'measurements', THEIRS, 6), false],
    ['of the grid', planned, grantedBy('aggregator:AGG1', 'grid', 'grid', 6), true],
    ['of the grid, by it alone', planned, grantedBy('aggregator:AGG1', 'grid', 'x', 6), false],
  ])('%s', (_, of, grants, isShown) => {
    const speaker = principal('aggregator:AGG1');
    expect(shownOf(speaker, of, owners, grants) !== undefined).toBe(isShown);
    const deaf = { ...speaker, scopes: ['market:read' as const] };
    expect(shownOf(deaf, of, owners, grants)).toBeUndefined();
  });

  it('what is agreed on it is shown to both, and to nobody else', () => {
    const reader = 'aggregator:AGG1';
    const granted = event('DataAccessGranted', { source: THEIRS, reader, owner: 'x' });
    expect(data(reader, granted)).toBeDefined();
    expect(data(`customer:${THEIRS}`, granted)).toBeDefined();
    for (const other of ['aggregator:AGG2', `customer:${MINE}`, 'dso', 'tso']) {
      expect(data(other, granted)).toBeUndefined();
    }
  });
});

it('a dashboard that is a user’s own is shown to that user, and to no other of the aggregator', () => {
  const saved = (userId: string | null) =>
    event('DashboardSaved', { aggregatorId: 'AGG1', dashboardId: 'd', userId });
  const speaker = { ...principal('aggregator:AGG1'), userId: 'anna' };
  expect(seen(speaker, saved('anna'))).toBeDefined();
  expect(seen(speaker, saved('bruno'))).toBeUndefined();
  expect(seen(principal('aggregator:AGG1'), saved('anna'))).toBeUndefined();
  expect(seen(speaker, saved(null))).toBeDefined();
  expect(seen({ ...principal('aggregator:AGG2'), userId: 'anna' }, saved('anna'))).toBeUndefined();
  expect(seen(principal('operator'), saved('anna'))).toBeDefined();
});

describe('of every type, as release 0.1.0 recorded it', () => {
  const file = path.join(repositoryRoot(), 'infra/releases/0.1.0/events.json');
  const examples = JSON.parse(readFileSync(file, 'utf8')) as RecordedEvent[];

  it.each(examples.map((one) => [one.type, one] as const))('%s', (_, example) => {
    // Told again of strangers, it is shown only to whom the table says all.
    const foreign = { ...example, data: ofStrangers(example.data as Json) as object };
    const strangers: Owners = {
      aggregatorOfPod: () => 'STRANGER',
      aggregatorOfAgreement: () => 'STRANGER',
      requesterOf: () => undefined,
    };
    for (const role of PARTIES) {
      const shown = shownOf(principal(actorOf[role]), foreign, strangers, nothingGranted);
      const reach = shownTo(role, example.type);
      if (reach === 'all') expect(shown?.event.data).toEqual(foreign.data);
      else if (reach !== 'ownRows') expect(shown).toBeUndefined();
      else expect(JSON.stringify(shown?.event.data ?? '')).not.toContain('STRANGER');
    }
  });
});

/** The same data with other owners wherever one is named. */
function ofStrangers(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(ofStrangers);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([key, member]) => {
      const isOwner = ['aggregatorId', 'podId', 'requester'].includes(key);
      return [key, isOwner ? 'STRANGER' : ofStrangers(member)];
    }),
  );
}
