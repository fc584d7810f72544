/** One log follows another over a socket: what it takes, what it names, and what it notices. */
import { mkdtempSync, rmSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type MirrorAlarm,
  type MirroredEvent,
  type ProposedEvent,
  type RecordedEvent,
  currentVersionOf,
} from '@flexledger/domain';
import { type SqliteEventStore, openSqliteEventStore } from '@flexledger/event-store';
import { createTokenIssuer, createTokenVerifier, newTokenKey } from '@flexledger/identity';
import { sleep, wallClock } from '@flexledger/runtime';
import { EventsModule } from '../events/events.controller';
import { partyLog } from '../events/party-log';
import { type HttpApp, createHttpApp } from '../http/http-app';
import { type MirrorSource, createMirror } from './mirror';

let folder: string;
let theirs: SqliteEventStore;
let ours: SqliteEventStore;
let http: HttpApp | undefined;
let served: AbortController;
let problems: string[];
let following: AbortController;
let count = 0;
/** Where the other side answers, for as long as the test lasts. */
let port = 0;

const realm = { issuer: 'test', audience: 'test', clock: wallClock };
const issuing = newTokenKey().then((key) => createTokenIssuer({ ...realm, key }));

const open = (name: string): SqliteEventStore =>
  openSqliteEventStore({ path: path.join(folder, name), clock: wallClock });

async function serve(store = theirs): Promise<void> {
  served = new AbortController();
  const issuer = await issuing;
  http = await createHttpApp(
    EventsModule.register({ log: partyLog(store), closing: served.signal, clock: wallClock }),
    {
      title: 'Events',
      description: 'Events alone.',
      port,
      access: { verify: createTokenVerifier({ ...realm, keys: issuer.jwks() }) },
      reads: { caughtUp: async () => {}, version: async () => 'test' },
      log: () => {},
    },
  );
  port = Number(new URL(http.url).port);
}
async function cut(): Promise<void> {
  served.abort();
  await http?.close();
  http = undefined;
}

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'mirror-'));
  theirs = open('theirs.sqlite');
  ours = open('ours.sqlite');
  problems = [];
  port = 0;
  await serve();
});
afterEach(async () => {
  following.abort();
  await cut();
  await ours.close();
  await theirs.close();
  rmSync(folder, { recursive: true });
});

async function follow(party: string, more: Partial<MirrorSource> = {}): Promise<void> {
  following = new AbortController();
  const url = `http://127.0.0.1:${port}`;
  const mirror = createMirror({
    source: { name: 'market', url, certifierUrl: url, party, ...more },
    token: async () => (await (await issuing).issueFor(party)).accessToken,
    log: ours,
    clock: wallClock,
    onProblem: (problem) => void problems.push(problem),
    pausesMs: [20],
    lookBackEveryMs: 50,
  });
  await mirror.begin!({ signal: following.signal, fence: 1 });
}

const proposed = (type: string, data: object): ProposedEvent => ({
  id: `5f1c8f5e-0000-4000-8000-${String((count += 1)).padStart(12, '0')}`,
  type,
  schemaVersion: currentVersionOf(type),
  occurredAt: '2026-03-17T10:00:00.000Z',
  correlationId: 'c',
  causationId: 'c',
  actor: 'platform:market',
  data,
});
const opened = (sessionId: string) => proposed('SessionOpened', { sessionId });
const closed = (sessionId: string) =>
  proposed('SessionClosed', { sessionId, requests: 0, offers: 0 });
const result = (sessionId: string, ...aggregatorIds: string[]) =>
  proposed('ResultPublished', {
    sessionId,
    part: { index: 0, of: 1 },
    rows: aggregatorIds.map((aggregatorId) => ({
      offerId: `o-${aggregatorId}`,
      requestId: 'DSO-1',
      podId: 'IT002E60000001',
      aggregatorId,
      requester: 'DSO',
      product: 'P',
      direction: 'up',
      firstMtu: 0,
      acceptedW: [1_000],
      priceMicroEurPerKwh: [100_000],
    })),
  });

async function all(store: SqliteEventStore): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const event of store.readAll()) events.push(event);
  return events;
}
const own = async (): Promise<RecordedEvent[]> =>
  (await all(ours)).filter(({ streamId }) => streamId !== 'mirror-market');
const dataOf = async <Data>(type: string): Promise<Data[]> =>
  (await all(ours)).filter((event) => event.type === type).map(({ data }) => data as Data);
const mirrored = async (): Promise<MirroredEvent[]> =>
  (await dataOf<{ events: MirroredEvent[] }>('EventsMirrored')).flatMap(({ events }) => events);
const alarms = async (): Promise<string[]> =>
  (await dataOf<MirrorAlarm>('MirrorAlarmRaised')).map(({ kind }) => kind);

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (await holds()) return;
    await sleep(20);
  }
  throw new Error(`It never came to it; told: ${problems.join(' ')}`);
}
const untilMirrored = (events: number): Promise<void> =>
  until(async () => (await mirrored()).length >= events);

it('takes what it is shown, as it is, and names what is the other’s own matter', async () => {
  await theirs.append('session-s', 'noStream', [opened('s')]);
  const party = { party: 'aggregator:AGG1', name: 'One' };
  await theirs.append('party-aggregator:AGG1', 'any', [proposed('PartyRegistered', party)]);
  await follow('aggregator:AGG1');
  await untilMirrored(2);
  await theirs.append('session-s', 'any', [result('s', 'AGG1', 'AGG2')]);
  await untilMirrored(3);
  const [first, , last] = await all(theirs);
  const taken = await own();
  expect(taken.map(({ id }) => id)).toEqual([first!.id, last!.id]);
  const { position: _, recordedAt: __, ...whole } = first!;
  expect(taken[0]).toMatchObject(whole);
  expect((taken[1]!.data as { rows: object[] }).rows).toHaveLength(1);
  expect(await mirrored()).toEqual([
    expect.objectContaining({ eventId: first!.id, hash: first!.hash, became: 'taken' }),
    expect.objectContaining({ type: 'PartyRegistered', became: 'named' }),
    expect.objectContaining({ hash: last!.hash, shownDigest: expect.any(String), became: 'taken' }),
  ]);
  expect(problems).toEqual([]);
});

it('goes on where it was when the other side was away, and repeats nothing', async () => {
  await theirs.append('session-s', 'noStream', [opened('s')]);
  await follow('dso');
  await untilMirrored(1);
  await cut();
  await theirs.append('session-t', 'noStream', [opened('t')]);
  await until(async () => problems.length > 0);
  await sleep(100);
  expect(problems.join('\n')).toMatch(
    /^Mirror market of \S+: following it failed: .*tried again\.$/m,
  );
  await serve();
  await untilMirrored(2);
  expect((await own()).map(({ streamId }) => streamId)).toEqual(['session-s', 'session-t']);
  expect(await alarms()).toEqual([]);
});

it('whose own log was lost for a week catches up', async () => {
  await theirs.append('session-s', 'noStream', [opened('s')]);
  await theirs.append('session-t', 'noStream', [opened('t')]);
  await theirs.append('session-t', 'any', [closed('t')]);
  // All but the record of it: as when it ended between the two.
  const [first, second] = await all(theirs);
  for (const { position: _, recordedAt: __, hash: ___, revision: ____, streamId, ...event } of [
    first!,
    second!,
  ]) {
    await ours.append(streamId, 'any', [event]);
  }
  await follow('dso');
  await untilMirrored(3);
  expect((await own()).map(({ type }) => type)).toEqual([
    'SessionOpened',
    'SessionOpened',
    'SessionClosed',
  ]);
  expect((await mirrored()).map(({ became }) => became)).toEqual(['taken', 'taken', 'taken']);
  expect(await alarms()).toEqual([]);
});

describe('a history that changes under it', () => {
  it('is kept beside what it was, told once, and survived', async () => {
    await theirs.append('session-s', 'noStream', [opened('s')]);
    await follow('dso');
    await untilMirrored(1);
    following.abort();
    await cut();
    const other = open('other.sqlite');
    await other.append('session-s', 'noStream', [opened('s')]);
    await other.append('session-s', 'any', [closed('s')]);
    await serve(other);
    await follow('dso');
    await untilMirrored(2);
    await until(async () => (await alarms()).length > 0);
    await sleep(200);
    expect(await alarms()).toEqual(['changed']);
    expect(problems.filter((problem) => problem.includes('changed'))).toHaveLength(1);
    const [alarm] = await dataOf<MirrorAlarm>('MirrorAlarmRaised');
    const [before] = await all(theirs);
    const [now] = await all(other);
    expect(alarm!.known).toEqual({ eventId: before!.id, hash: before!.hash });
    expect(JSON.parse(alarm!.shown!)).toMatchObject({ id: now!.id, hash: now!.hash });
    expect((await own()).map(({ id }) => id)[0]).toBe(before!.id);
    following.abort();
    await cut();
    await other.close();
  });

  it('because it was restored from an older copy, is told of at once', async () => {
    await theirs.append('session-s', 'noStream', [opened('s')]);
    await theirs.append('session-t', 'noStream', [opened('t')]);
    await follow('dso');
    await untilMirrored(2);
    following.abort();
    await cut();
    const other = open('other.sqlite');
    const [first] = await all(theirs);
    const { position: _, recordedAt: __, hash: ___, revision: ____, ...event } = first!;
    await other.append('session-s', 'noStream', [event]);
    await serve(other);
    await follow('dso');
    await until(async () => (await alarms()).includes('vanished'));
    expect(await alarms()).toEqual(['vanished']);
    following.abort();
    await cut();
    await other.close();
  });
});

it('an event of an id that stands here with other content is evidence, and not taken', async () => {
  const session = opened('s');
  await ours.append('session-s', 'noStream', [{ ...session, data: { sessionId: 'x' } }]);
  await theirs.append('session-s', 'noStream', [session]);
  await follow('dso');
  await untilMirrored(1);
  await until(async () => (await alarms()).length > 0);
  expect(await alarms()).toEqual(['contradicting']);
  expect((await mirrored())[0]).toMatchObject({ became: 'named' });
});

describe('a PoD that the other log gives to another aggregator', () => {
  const podId = 'IT002E60000001';
  const stream = `pod-${podId}`;
  const details = (aggregatorId: string) => ({
    podId,
    aggregatorId,
    customerKind: 'household',
    contractedPowerW: 3_000,
    annualEnergyKwh: 2_500,
    pvPeakW: 0,
    wallet: `0x${'1'.repeat(40)}`,
  });
  const registered = proposed('PodRegistered', details('AGG1'));
  const changed = (aggregatorId: string) => proposed('PodDetailsChanged', details(aggregatorId));

  it('is its, where it was registered by its word', async () => {
    await theirs.append(stream, 'noStream', [registered, changed('AGG2')]);
    await follow('operator');
    await untilMirrored(2);
    await theirs.append(stream, 'any', [changed('AGG3')]);
    await untilMirrored(3);
    expect((await mirrored()).map(({ became }) => became)).toEqual(['taken', 'taken', 'taken']);
    expect(await alarms()).toEqual([]);
  });

  it('stays with whom this log has registered it for, until the other says alike', async () => {
    await ours.append(stream, 'noStream', [registered]);
    await theirs.append(stream, 'noStream', [changed('AGG2')]);
    await follow('operator');
    await untilMirrored(1);
    await until(async () => (await alarms()).length > 0);
    await theirs.append(stream, 'any', [
      proposed('PodUnregistered', { podId, aggregatorId: 'AGG2', reason: 'moved' }),
    ]);
    await untilMirrored(2);
    expect((await own()).map(({ id }) => id)).toEqual([registered.id]);
    const [alarm] = await dataOf<MirrorAlarm>('MirrorAlarmRaised');
    expect(alarm!.reason).toMatch(/is registered for AGG1 in this log .* for AGG2 in the other/);
    await theirs.append(stream, 'any', [changed('AGG1')]);
    await untilMirrored(3);
    expect((await mirrored()).map(({ became }) => became)).toEqual(['named', 'named', 'taken']);
    expect(await alarms()).toEqual(['contradicting']);
  });

  const ended = () => proposed('PodUnregistered', { podId, reason: 'moved' });
  /** Our own registration, as the other log shows it again. */
  const echo = async (): Promise<ProposedEvent> => {
    const [{ position: _, recordedAt: __, hash: ___, revision: ____, streamId, ...said }] = (
      await all(ours)
    ).filter(({ id }) => id === registered.id) as [RecordedEvent];
    expect(streamId).toBe(stream);
    return said;
  };

  it.each<[string, () => Promise<ProposedEvent[]>]>([
    ['that shows our registration with it', async () => [await echo(), changed('AGG2')]],
    ['that says alike first', async () => [changed('AGG1'), changed('AGG2')]],
    [
      'that registers it alike first',
      async () => {
        return [proposed('PodRegistered', details('AGG1')), changed('AGG2')];
      },
    ],
    [
      'that is in dispute, shows our registration and ends it',
      async () => {
        return [changed('AGG2'), await echo(), ended(), changed('AGG3')];
      },
    ],
    [
      'that ends it and registers it for itself',
      async () => {
        return [ended(), proposed('PodRegistered', details('AGG2'))];
      },
    ],
  ])('stays where it is before a log %s', async (_, shown) => {
    await ours.append(stream, 'noStream', [registered]);
    const events = await shown();
    await theirs.append(stream, 'noStream', events);
    await follow('operator');
    await untilMirrored(events.length);
    await until(async () => (await alarms()).length > 0);
    expect(await alarms()).toContain('contradicting');
    const standing = (await own()).map(({ type, data }) => [
      type,
      (data as { aggregatorId?: string }).aggregatorId,
    ]);
    expect(standing.filter(([type, of]) => type === 'PodUnregistered' || of !== 'AGG1')).toEqual(
      [],
    );
  });

  it('stays where it is, whenever the other log says that it had our registration', async () => {
    // Stored over there earlier than here.
    await theirs.append(stream, 'noStream', [registered]);
    await sleep(5);
    await ours.append(stream, 'noStream', [registered]);
    await follow('operator');
    await untilMirrored(1);
    await theirs.append(stream, 'any', [changed('AGG2')]);
    await untilMirrored(2);
    await until(async () => (await alarms()).length > 0);
    expect((await mirrored()).map(({ became }) => became)).toEqual(['named', 'named']);
    expect(await alarms()).toEqual(['contradicting']);
  });

  it('is ended by who has registered it', async () => {
    await theirs.append(stream, 'noStream', [registered, ended()]);
    await follow('operator');
    await untilMirrored(2);
    await theirs.append(stream, 'any', [proposed('PodRegistered', details('AGG2'))]);
    await untilMirrored(3);
    await theirs.append(stream, 'any', [ended()]);
    await untilMirrored(4);
    expect(new Set((await mirrored()).map(({ became }) => became))).toEqual(new Set(['taken']));
    expect(await alarms()).toEqual([]);
  });
});

it('a PoD that two organisations claim stays with whom this log has it, and the other’s claim is evidence', async () => {
  const stream = 'pod-IT002E60000001';
  const claim = (aggregatorId: string) =>
    proposed('PodRegistered', {
      podId: 'IT002E60000001',
      aggregatorId,
      customerKind: 'household',
      contractedPowerW: 3_000,
      annualEnergyKwh: 2_500,
      pvPeakW: 0,
      wallet: `0x${'1'.repeat(40)}`,
    });
  const ended = (reason: string) =>
    proposed('PodUnregistered', { podId: 'IT002E60000001', aggregatorId: 'AGG2', reason });
  await ours.append(stream, 'noStream', [claim('AGG1')]);
  await theirs.append(stream, 'noStream', [claim('AGG2')]);
  await follow('operator');
  await untilMirrored(1);
  await until(async () => (await alarms()).length > 0);
  expect(await alarms()).toEqual(['contradicting']);
  const [alarm] = await dataOf<MirrorAlarm>('MirrorAlarmRaised');
  expect(alarm!.reason).toMatch(
    /IT002E60000001 is registered for AGG1 in this log .* for AGG2 in the other/,
  );
  expect(JSON.parse(alarm!.shown!)).toMatchObject({ data: { aggregatorId: 'AGG2' } });

  // It would end the registration that stands here; not after another connection either.
  following.abort();
  await cut();
  await serve();
  await follow('operator');
  await theirs.append(stream, 'any', [ended('moved')]);
  await untilMirrored(2);
  expect((await own()).map(({ data }) => (data as { aggregatorId: string }).aggregatorId)).toEqual([
    'AGG1',
  ]);

  await theirs.append(stream, 'any', [claim('AGG1')]);
  await untilMirrored(3);
  expect((await mirrored()).map(({ became }) => became)).toEqual(['named', 'named', 'taken']);
  expect(await alarms()).toEqual(['contradicting']);
});

it('a part of what stands here already is an echo, and nothing is said against it', async () => {
  const whole = result('s', 'AGG1', 'AGG2');
  const rows = (whole.data as { rows: object[] }).rows.slice(0, 1);
  await ours.append('session-s', 'noStream', [whole]);
  await theirs.append('session-s', 'noStream', [{ ...whole, data: { ...whole.data, rows } }]);
  await follow('operator');
  await untilMirrored(1);
  expect((await mirrored())[0]).toMatchObject({ became: 'named' });
  expect(await alarms()).toEqual([]);
});

it('what this log said itself and the other shows again is an echo too, whole or not', async () => {
  await ours.append('session-s', 'noStream', [opened('s')]);
  await sleep(5);
  const [{ position: _, recordedAt: __, hash: ___, revision: ____, streamId, ...said }] =
    (await all(ours)) as [RecordedEvent];
  await theirs.append(streamId, 'noStream', [said]);
  await theirs.append('session-t', 'noStream', [opened('t')]);
  await follow('operator');
  await untilMirrored(2);
  expect((await mirrored()).map(({ became }) => became)).toEqual(['named', 'taken']);
  expect(await alarms()).toEqual([]);
});

it('what another mirror recorded over there is left to it, so that two come to an end', async () => {
  const started = { mirror: 'us', url: 'http://127.0.0.1:1', party: 'operator' };
  await theirs.append('mirror-us', 'noStream', [proposed('MirrorStarted', started)]);
  await theirs.append('session-s', 'noStream', [opened('s')]);
  await follow('operator');
  await untilMirrored(1);
  await sleep(100);
  expect((await mirrored()).map(({ streamId }) => streamId)).toEqual(['session-s']);
  expect(await alarms()).toEqual([]);
});

it('what is not as it is published is named, and the rest goes on', async () => {
  await theirs.append('session-s', 'noStream', [proposed('SessionOpened', { sessionId: 7 })]);
  await theirs.append('session-t', 'noStream', [opened('t')]);
  await follow('dso');
  await untilMirrored(2);
  await until(async () => (await alarms()).length > 0);
  expect(await alarms()).toEqual(['unsound']);
  expect(problems[0]).toContain('its data is not as SessionOpened version 1 is published');
  expect((await own()).map(({ streamId }) => streamId)).toEqual(['session-t']);
});

describe('what is no other log', () => {
  /** Answers each request for events with a stream of these texts. */
  async function serveText(...texts: string[]): Promise<Server> {
    await cut();
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'text/event-stream');
      for (const text of texts) response.write(text);
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return server;
  }
  const close = (server: Server) => new Promise((resolve) => server.close(resolve));

  it('and speaks nonsense is kept as evidence, each nonsense once', async () => {
    const server = await serveText('id: 1\ndata: nonsense\n\n', 'id: 2\ndata: {"id":7}\n\n');
    await follow('dso');
    await until(async () => (await alarms()).length > 1);
    await sleep(100);
    expect(await alarms()).toEqual(['unsound', 'unsound']);
    expect(await dataOf<MirrorAlarm>('MirrorAlarmRaised')).toMatchObject([
      { position: 1, shown: 'nonsense', reason: expect.stringContaining('it is no JSON') },
      { position: 2, shown: '{"id":7}', reason: 'its id is 7' },
    ]);
    expect(await own()).toEqual([]);
    following.abort();
    await close(server);
  });

  it('or claims another hash than its content has, is named and not taken', async () => {
    const event = {
      id: '5f1c8f5e-0000-4000-8000-00000000ffff',
      type: 'flexledger.SessionOpened',
      subject: 'session-s',
      time: '2026-03-17T10:00:00.000Z',
      recordedtime: '2026-03-17T10:00:00.000Z',
      position: 4,
      revision: 0,
      schemaversion: 1,
      correlationid: 'c',
      causationid: 'c',
      actor: 'platform:market',
      hash: 'a'.repeat(64),
      data: { sessionId: 's' },
    };
    const server = await serveText(`id: 4\ndata: ${JSON.stringify(event)}\n\n`);
    await follow('dso');
    await untilMirrored(1);
    await until(async () => (await alarms()).length > 0);
    expect(await mirrored()).toMatchObject([{ position: 4, became: 'named' }]);
    expect(problems.join()).toContain(`its hash is ${'a'.repeat(64)}, its content's is `);
    following.abort();
    await close(server);
  });

  it('and says nothing at all is told, and tried again', async () => {
    await cut();
    await follow('dso');
    await until(async () => problems.length > 1);
    expect(problems.join('\n')).toContain('following it failed');
    expect(await alarms()).toEqual([]);
  });
});

it('writes beside platforms of its own that write to the same stream', async () => {
  await follow('dso');
  const both: Promise<unknown>[] = [];
  for (let index = 0; index < 50; index += 1) {
    both.push(theirs.append('session-s', 'any', [opened('s')]));
    both.push(ours.append('session-s', 'any', [opened('s')]));
    await sleep(2);
  }
  await Promise.all(both);
  await untilMirrored(50);
  expect((await own()).length).toBe(100);
  expect(await alarms()).toEqual([]);
});
