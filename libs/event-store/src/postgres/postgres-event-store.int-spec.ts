/**
 * The port's contract on a real PostgreSQL, several writers, readers beside open transactions, and a server that crashes.
 * Skipped by name where there is none.
 */
import { wallClock } from '@flexledger/runtime';
import { Client } from 'pg';
import { describeEventStoreContract } from '../contract.spec-suite';
import { BEFORE_FIRST, type EventStore } from '../port';
import { collect, take, testEvent, testEvents } from '../testing/events';
import { expectGaplessRevisions } from '../testing/expectations';
import { type PostgresServer, startPostgres, whyNoPostgres } from './machine-postgres';
import { openPostgresEventStore } from './postgres-event-store';

const missing = whyNoPostgres();
const describeOnPostgres = missing === undefined ? describe : describe.skip;

describeOnPostgres(`a real PostgreSQL${missing === undefined ? '' : ` (${missing})`}`, () => {
  let server: PostgresServer;
  let schemas = 0;
  let schema: string;
  const stores: EventStore[] = [];

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.close());
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    const client = new Client({ connectionString: server.url });
    await client.connect();
    await client.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
    await client.end();
  });

  function newSchema(): void {
    schemas += 1;
    schema = `log_${process.pid}_${schemas}`;
  }

  async function open(more: object = {}): Promise<EventStore> {
    const { url } = server;
    const store = await openPostgresEventStore({ url, schema, clock: wallClock, ...more });
    stores.push(store);
    return store;
  }

  describeEventStoreContract('PostgreSQL', async () => {
    newSchema();
    let store = await open();
    return {
      store,
      reopen: async () => {
        await store.close();
        store = await open();
        return store;
      },
      cleanup: () => store.close(),
    };
  });

  describe('with several writers', () => {
    beforeEach(newSchema);

    it('keeps every event, in gapless revisions, whoever wrote it', async () => {
      const writers = await Promise.all([open(), open(), open(), open()]);
      await Promise.all(
        writers.flatMap((writer, index) =>
          Array.from({ length: 50 }, (_, turn) =>
            writer.append(`s-${turn % 3}`, 'any', [testEvent(`${index}/${turn}`)]),
          ),
        ),
      );
      const all = await collect(writers[0]!.readAll());
      expect(all).toHaveLength(200);
      expectGaplessRevisions(all);
    });

    it('shows readers no position before those that come first are there', async () => {
      const [writer, other, reader] = await Promise.all([open(), open(), open()]);
      const followed = take(reader.subscribe({ after: BEFORE_FIRST }), 400);
      await Promise.all(
        Array.from({ length: 200 }, async (_, index) => {
          await writer.append('a', 'any', [testEvent(`a/${index}`)]);
          await other.append('b', 'any', [testEvent(`b/${index}`)]);
        }),
      );
      expect(await followed).toEqual(await collect(reader.readAll()));
    });

    it('gives an id once in the whole log, and says where it stands', async () => {
      const store = await open();
      await store.append('a', 'noStream', [testEvent('x')]);
      const taken = store.append('b', 'noStream', [testEvent('x')]);
      await expect(taken).rejects.toMatchObject({
        name: 'EventIdTaken',
        streamId: 'a',
        revision: 0,
      });
      expect(await store.append('a', 'any', [testEvent('x')])).toMatchObject({ repeated: true });
    });

    it('wakes a reader when another process appends, long before it would look by itself', async () => {
      const [writer, reader] = await Promise.all([open(), open()]);
      const followed = take(reader.subscribe({ after: BEFORE_FIRST }), 20);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const fromMs = performance.now();
      for (let index = 0; index < 20; index += 1) {
        await writer.append('a', 'any', [testEvent(`w/${index}`)]);
      }
      await followed;
      expect(performance.now() - fromMs).toBeLessThan(20 * 500);
    });
  });

  const itWithOurs = process.env['POSTGRES_URL'] ? it.skip : it;
  itWithOurs(
    'that crashes: appends and subscriptions go on, nothing is lost, nothing twice',
    async () => {
      newSchema();
      const problems: string[] = [];
      const store = await open({
        patienceMs: 30_000,
        onProblem: (told: string) => problems.push(told),
      });
      await store.append('a', 'noStream', testEvents('before', 5));
      const followed = take(store.subscribe({ after: BEFORE_FIRST }), 105);
      const appended = (async () => {
        for (let index = 0; index < 100; index += 1) {
          await store.append('a', 4 + index, [testEvent(`during/${index}`)]);
          if (index === 20) {
            server.crash();
            setTimeout(() => server.start(), 500);
          }
        }
      })();
      await appended;
      expect((await followed).map(({ revision }) => revision)).toEqual(
        Array.from({ length: 105 }, (_, index) => index),
      );
      expect(await collect(store.readStream('a'))).toHaveLength(105);
    },
  );
});

it('a server that is not there is told, with how long it was waited, and without the password', async () => {
  const opening = openPostgresEventStore({
    url: 'postgres://user:secret@127.0.0.1:1/x',
    clock: wallClock,
    patienceMs: 300,
  });
  await expect(opening).rejects.toMatchObject({
    name: 'LogUnavailable',
    message: expect.stringMatching(/postgres:\/\/127\.0\.0\.1:1\/x has not answered for \d+ ms/),
  });
});
