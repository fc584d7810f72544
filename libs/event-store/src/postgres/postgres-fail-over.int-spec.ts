/**
 * A log on a PostgreSQL whose primary is killed while it is written and followed, and whose synchronous replica takes its place: what was
 * acknowledged is there, once, in dense positions, and whoever followed has it all. Skipped by name where there is none.
 */
import { sleep, wallClock } from '@flexledger/runtime';
import { BEFORE_FIRST, type EventStore } from '../port';
import { collect, take, testEvent } from '../testing/events';
import { expectGaplessRevisions } from '../testing/expectations';
import {
  type ReplicatedPostgres,
  startReplicatedPostgres,
  whyNoPostgresPrograms,
} from './machine-postgres';
import { addressesOf } from './postgres-access';
import { openPostgresEventStore } from './postgres-event-store';

jest.setTimeout(180_000);

const missing = whyNoPostgresPrograms();
const describeWithReplica = missing === undefined ? describe : describe.skip;

describeWithReplica(
  `a real PostgreSQL with a synchronous replica${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    let servers: ReplicatedPostgres;
    const stores: EventStore[] = [];

    beforeEach(async () => {
      servers = await startReplicatedPostgres();
    });
    afterEach(async () => {
      for (const store of stores.splice(0)) await store.close();
      servers.close();
    });

    async function open(url: string, patienceMs = 60_000): Promise<EventStore> {
      const store = await openPostgresEventStore({ url, clock: wallClock, patienceMs });
      stores.push(store);
      return store;
    }

    it('loses nothing acknowledged when the primary is killed, and goes on', async () => {
      const writers = [await open(servers.url), await open(servers.urlOfReplicaFirst)];
      const reader = await open(servers.url);
      const acknowledged: string[] = [];
      const followed: string[] = [];
      const stop = new AbortController();
      const following = (async () => {
        const { signal } = stop;
        for await (const { id } of reader.subscribe({ after: BEFORE_FIRST, signal })) {
          followed.push(id);
        }
      })();
      const until = async (holds: () => boolean): Promise<void> => {
        while (!holds()) await sleep(20);
      };
      let isOver = false;
      const writing = writers.flatMap((store, writer) =>
        Array.from({ length: 4 }, async (_, lane) => {
          for (let turn = 0; !isOver; turn += 1) {
            const event = testEvent(`${writer}/${lane}/${turn}`);
            await store.append(`s-${writer}-${lane}`, turn - 1 < 0 ? 'noStream' : turn - 1, [
              event,
            ]);
            acknowledged.push(event.id);
          }
        }),
      );
      await until(() => acknowledged.length >= 200);
      servers.killPrimary();
      const before = acknowledged.length;
      await sleep(1_000);
      servers.promote();
      await until(() => acknowledged.length >= before + 200);
      isOver = true;
      await Promise.all(writing);

      const standing = await collect(reader.readAll());
      const ids = standing.map(({ id }) => id);
      expect(ids.toSorted()).toEqual(acknowledged.toSorted());
      expect(standing.map(({ position }) => position)).toEqual(standing.map((_, index) => index));
      expectGaplessRevisions(standing);
      await until(() => followed.length >= ids.length);
      stop.abort();
      await following;
      expect(followed).toEqual(ids);
    });

    it('is read and written at the primary alone, whichever is named first', async () => {
      const store = await open(servers.urlOfReplicaFirst);
      const followed = take(store.subscribe({ after: BEFORE_FIRST }), 1);
      await store.append('a', 'noStream', [testEvent('x')]);
      expect(await followed).toHaveLength(1);
    });

    it('says that there are replicas only, where no primary is left', async () => {
      const store = await open(servers.url, 1_500);
      await store.append('a', 'noStream', [testEvent('x')]);
      servers.killPrimary();
      const appended = store.append('a', 0, [testEvent('y')]);
      await expect(appended).rejects.toMatchObject({ name: 'LogUnavailable' });
      const reading = open(servers.replicaUrl, 500);
      await expect(reading).rejects.toThrow(/read-only transaction/);
      servers.promote();
      expect(await store.append('a', 0, [testEvent('y')])).toMatchObject({ position: 1 });
    });
  },
);

it.each([
  ['postgres://h:1/db', ['postgres://h:1/db']],
  [
    'postgres://user:p,w@one:1,other:2/db?sslmode=verify-full',
    [
      'postgres://user:p,w@one:1/db?sslmode=verify-full',
      'postgres://user:p,w@other:2/db?sslmode=verify-full',
    ],
  ],
  ['postgresql://one,[::1]:5433', ['postgresql://one', 'postgresql://[::1]:5433']],
])('the address %s names its servers', (url, addresses) => {
  expect(addressesOf(url)).toEqual(addresses);
});
