/** The served log by its protocol: rights, filters, checkpoints, conflicts, lost and silent servers, TLS. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type Socket, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BACKWARDS,
  END,
  type EventStoreDBClient,
  EventStoreDBClient as Client,
  jsonEvent,
  persistentSubscriptionToStreamSettingsFromDefaults,
  streamNameFilter,
  eventTypeFilter,
} from '@eventstore/db-client';
import { wallClock } from '@flexledger/runtime';
import { openKurrentEventStore } from '../kurrentdb/kurrent-event-store';
import { type EventStore, BEFORE_FIRST } from '../port';
import { openSqliteEventStore } from '../sqlite/sqlite-event-store';
import { collect, take, testEvent, testEvents } from '../testing/events';
import type { LogRights, RightsOf } from './log-rights';
import { type LogServer, startLogServer } from './log-server';

let folder: string;
let log: EventStore;
const servers: LogServer[] = [];
const stores: EventStore[] = [];
const clients: EventStoreDBClient[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-server-'));
  log = openSqliteEventStore({ path: join(folder, 'events.db'), clock: wallClock });
});
afterEach(async () => {
  for (const opened of clients.splice(0)) {
    await opened.dispose();
    (
      await (opened as unknown as { getChannel(): Promise<{ close(): void }> }).getChannel()
    ).close();
  }
  for (const store of stores.splice(0)) await store.close();
  for (const server of servers.splice(0)) await server.close();
  await log.close();
  rmSync(folder, { recursive: true });
});

async function serve(given: { rightsOf?: RightsOf; port?: number; tls?: object } = {}) {
  const server = await startLogServer({
    log,
    host: '127.0.0.1',
    port: 0,
    rightsOf: () => ({ mayAppend: true }),
    onProblem: () => undefined,
    ...(given as object),
  });
  servers.push(server);
  return server;
}

function client(port: number): EventStoreDBClient {
  const opened = Client.connectionString(`esdb://127.0.0.1:${port}?tls=false`);
  clients.push(opened);
  return opened;
}

async function adapter(port: number, given: object = {}): Promise<EventStore> {
  const url = `esdb://127.0.0.1:${port}?tls=false`;
  const store = await openKurrentEventStore({ url, clock: wallClock, ...given });
  stores.push(store);
  return store;
}

const READER: LogRights = { mayAppend: false, streamPrefixes: ['pod-'] };

describe('what the log does not do', () => {
  it.each<[string, (given: EventStoreDBClient) => Promise<unknown>, RegExp]>([
    ['delete', (given) => given.deleteStream('pod-1'), /never deletes/],
    ['tombstone', (given) => given.tombstoneStream('pod-1'), /never deletes/],
    [
      'create',
      (given) =>
        given.createPersistentSubscriptionToStream(
          'pod-1',
          'group',
          persistentSubscriptionToStreamSettingsFromDefaults(),
        ),
      /no place of its readers.*subscribe to the stream/,
    ],
    [
      'read',
      async (given) => {
        for await (const event of given.subscribeToPersistentSubscriptionToStream('pod-1', 'group'))
          throw new Error(`It came: ${String(event)}`);
      },
      /no place of its readers.*subscribe to the stream/,
    ],
  ])('refuses to %s, and says what to do in its place', async (_, ask, reason) => {
    const { port } = await serve();
    await log.append('pod-1', 'any', [testEvent('a')]);
    await expect(ask(client(port))).rejects.toThrow(reason);
    expect(await collect(log.readStream('pod-1'))).toHaveLength(1);
  });
});

describe('who may only read', () => {
  it('is refused an append, in words, and nothing is written', async () => {
    const { port } = await serve({ rightsOf: () => READER });
    const appended = (await adapter(port)).append('pod-1', 'any', [testEvent('a')]);
    await expect(appended).rejects.toThrow(/denies it to this user/);
    expect(await log.head()).toBe(BEFORE_FIRST);
  });

  it('sees the streams that are shown, in reads of the log and one by one', async () => {
    await log.append('pod-1', 'any', [testEvent('a')]);
    await log.append('session-1', 'any', [testEvent('b')]);
    const { port } = await serve({ rightsOf: () => READER });
    const store = await adapter(port);
    expect((await collect(store.readAll())).map(({ streamId }) => streamId)).toEqual(['pod-1']);
    await expect(collect(store.readStream('session-1'))).rejects.toThrow(/session-1 is not shown/);
  });

  it('is nobody where the server wants a user', async () => {
    const { port } = await serve({ rightsOf: (user) => (user ? READER : undefined) });
    await expect(collect((await adapter(port)).readAll())).rejects.toThrow(/Sign in with a user/);
  });
});

describe('an append from outside', () => {
  it('is refused without our envelope, and names the member that is missing', async () => {
    const { port } = await serve();
    const event = jsonEvent({ type: 'X', data: { a: 1 }, metadata: { schemaVersion: 1 } });
    await expect(client(port).appendToStream('pod-1', event)).rejects.toThrow(
      /occurredAt is no text/,
    );
    expect(await log.head()).toBe(BEFORE_FIRST);
  });

  it('under an id that stands elsewhere is told where', async () => {
    const { port } = await serve();
    await log.append('pod-1', 'any', [testEvent('a')]);
    const appended = (await adapter(port)).append('pod-2', 'noStream', [testEvent('a')]);
    await expect(appended).rejects.toMatchObject({
      name: 'EventIdTaken',
      streamId: 'pod-1',
      revision: 0,
    });
  });

  it('that expects a stream to exist is refused where it does not', async () => {
    const { port } = await serve();
    const { id, type, data, ...envelope } = testEvent('a');
    const metadata = {
      ...envelope,
      $correlationId: envelope.correlationId,
      $causationId: envelope.causationId,
    };
    const event = jsonEvent({ id, type, data: data as Record<string, unknown>, metadata });
    const expecting = { expectedRevision: 'stream_exists' as const };
    await expect(client(port).appendToStream('pod-1', event, expecting)).rejects.toMatchObject({
      type: 'wrong-expected-version',
      actualVersion: 'no_stream',
    });
    await log.append('pod-1', 'any', [testEvent('first')]);
    const { nextExpectedRevision } = await client(port).appendToStream('pod-1', event, expecting);
    expect(nextExpectedRevision).toBe(1n);
  });
});

describe('a client of KurrentDB', () => {
  const ids = async (events: AsyncIterable<{ event?: { id: string } }>): Promise<string[]> =>
    (await collect(events)).map(({ event }) => event!.id);

  it('reads a stream and the log backwards', async () => {
    for (let index = 0; index < 200; index += 1) {
      await log.append(`s-${index % 2}`, 'any', [testEvent(`e/${index}`)]);
    }
    const { port } = await serve();
    const reader = client(port);
    const all = (await collect(log.readAll())).map(({ id }) => id);
    const newest = reader.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 150 });
    expect(await ids(newest)).toEqual(all.toReversed().slice(0, 150));
    const [, , third] = await collect(log.readAll({ limit: 3 }));
    const at = { commit: BigInt(third!.position), prepare: BigInt(third!.position) };
    expect(await ids(reader.readAll({ direction: BACKWARDS, fromPosition: at }))).toEqual(
      all.slice(0, 2).toReversed(),
    );
    const stream = (await collect(log.readStream('s-1'))).map(({ id }) => id);
    const backwards = { direction: BACKWARDS, fromRevision: END, maxCount: 70 } as const;
    expect(await ids(reader.readStream('s-1', backwards))).toEqual(
      stream.toReversed().slice(0, 70),
    );
    expect(await ids(reader.readStream('s-1', { direction: BACKWARDS, fromRevision: 3n }))).toEqual(
      stream.slice(0, 4).toReversed(),
    );
    await expect(ids(reader.readStream('absent'))).rejects.toMatchObject({
      type: 'stream-not-found',
    });
  });

  it('follows by an expression with lookahead, and is told how far it was looked', async () => {
    await log.append('pod-1', 'any', testEvents('quiet', 100));
    await log.append('session-1', 'any', [testEvent('wanted')]);
    const { port } = await serve();
    const reached: bigint[] = [];
    const following = client(port).subscribeToAll({
      filter: streamNameFilter({
        regex: '^(?!(\\$.+$|pod-.*$))',
        maxSearchWindow: 10,
        checkpointReached: (_, { commit }) => void reached.push(commit),
      }),
    });
    const [first] = await take(following, 1);
    expect(first!.event!.streamId).toBe('session-1');
    expect(reached.length).toBeGreaterThan(5);
    expect(reached).toEqual(reached.toSorted((a, b) => Number(a - b)));
    await following.unsubscribe();
  });

  it('with an expression that would run forever is refused, and the log goes on', async () => {
    await log.append('pod-1', 'any', [testEvent('a', { type: `${'a'.repeat(40)}!` })]);
    const { port } = await serve();
    const following = client(port).subscribeToAll({
      filter: eventTypeFilter({ regex: '^(a+)+$' }),
    });
    await expect(collect(following)).rejects.toThrow(/takes more than 500 ms/);
    expect(await collect((await adapter(port)).readAll())).toHaveLength(1);
  });

  it('follows one stream from behind a revision, without loss or repetition', async () => {
    await log.append('pod-1', 'any', testEvents('a', 3));
    await log.append('pod-10', 'any', testEvents('x', 2));
    const { port } = await serve();
    const following = client(port).subscribeToStream('pod-1', { fromRevision: 0n });
    const followed = take(following, 4);
    for (let index = 3; index < 6; index += 1) {
      await log.append('pod-1', 'any', [testEvent(`a/${index}`)]);
      await log.append('pod-10', 'any', [testEvent(`y/${index}`)]);
    }
    expect((await followed).map(({ event }) => event!.revision)).toEqual([1n, 2n, 3n, 4n]);
    await following.unsubscribe();
  });
});

describe('a server that goes away', () => {
  it('and comes back: appends, reads and subscriptions go on, once each', async () => {
    const first = await serve();
    const problems: string[] = [];
    const store = await adapter(first.port, { onProblem: (told: string) => problems.push(told) });
    await store.append('a', 'noStream', testEvents('before', 10));
    const followed = take(store.subscribe({ after: BEFORE_FIRST }), 30);
    await take(store.subscribe({ after: BEFORE_FIRST }), 10);
    await servers.pop()!.close();
    const appended = Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        store.append('a', 9 + index, [testEvent(`during/${index}`)]),
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 600));
    await serve({ port: first.port });
    expect((await appended).map(({ revision }) => revision)).toEqual(
      Array.from({ length: 20 }, (_, index) => 10 + index),
    );
    expect((await followed).map(({ revision }) => revision)).toEqual(
      Array.from({ length: 30 }, (_, index) => index),
    );
    expect(problems).toEqual([
      expect.stringMatching(/127\.0\.0\.1.* does not answer: /),
      expect.stringMatching(/answers again/),
    ]);
  });

  it('before it could answer: what it had written is not written twice, though nothing was expected', async () => {
    const { port } = await serve();
    const store = await adapter(port, { answerWithinMs: 400 });
    await store.append('a', 'any', [testEvent('warm')]);
    // The server writes and its answer is lost: as if it had died in between.
    await log.append('a', 'any', [testEvent('lost')]);
    await servers.pop()!.close();
    const repeated = store.append('a', 'any', [testEvent('lost')]);
    await serve({ port });
    expect(await repeated).toMatchObject({ revision: 1 });
    expect(await collect(log.readStream('a'))).toHaveLength(2);
  });

  it('for good is told, with the reason and how long it was waited', async () => {
    const { port } = await serve();
    await servers.pop()!.close();
    const store = await adapter(port, { patienceMs: 500 });
    const lost = expect.objectContaining({
      name: 'LogUnavailable',
      message: expect.stringMatching(/has not answered for \d+ ms: .*ECONNREFUSED.*Look whether/),
    });
    await expect(store.append('a', 'any', [testEvent('a')])).rejects.toEqual(lost);
    await expect(store.head()).rejects.toEqual(lost);
  });

  it('and one that takes connections and says nothing does not hold an append forever', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const store = await adapter(port, { patienceMs: 300, answerWithinMs: 200 });
    await expect(store.append('a', 0, [testEvent('a')])).rejects.toMatchObject({
      name: 'LogUnavailable',
    });
    await store.close();
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
});

it('speaks TLS, and knows users by their passwords', async () => {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
      .concat(['-days', '1', '-subj', '/CN=localhost', '-addext', names])
      .concat(['-keyout', key, '-out', cert]),
    { stdio: 'ignore' },
  );
  const rightsOf: RightsOf = (user) =>
    user?.name === 'platform' && user.password === 'secret' ? { mayAppend: true } : undefined;
  const { port } = await serve({
    rightsOf,
    tls: { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') },
  });
  const open = async (user: string): Promise<EventStore> => {
    const url = `esdb://${user}@localhost:${port}?tls=true&tlsCaFile=${cert}`;
    const store = await openKurrentEventStore({ url, clock: wallClock });
    stores.push(store);
    return store;
  };
  const platform = await open('platform:secret');
  await platform.append('a', 'noStream', [testEvent('a')]);
  expect(await collect(platform.readAll())).toHaveLength(1);
  const guest = (await open('guest:secret')).readAll();
  await expect(collect(guest)).rejects.toThrow(/There is no such user/);
});
