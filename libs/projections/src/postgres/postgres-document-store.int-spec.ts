/**
 * The document store's contract on a real PostgreSQL, writers that race, and a server that crashes. Skipped by name where there
 * is none.
 */
import {
  BEFORE_FIRST,
  type PostgresServer,
  startPostgres,
  whyNoPostgres,
} from '@flexledger/event-store';
import { Client } from 'pg';
import {
  CheckpointConflict,
  type DocumentStore,
  FencedOff,
  type ViewWrites,
  ViewsUnavailable,
} from '../document-store';
import { documentStoreContract } from '../document-store.contract.spec-suite';
import type { View } from '../view';
import { openPostgresDocumentStore } from './postgres-document-store';

const missing = whyNoPostgres();
const describeOnPostgres = missing === undefined ? describe : describe.skip;

interface Parcel {
  readonly id: string;
  readonly town: string;
}
const parcels: View<Parcel> = {
  name: 'parcels',
  version: 1,
  types: [],
  indexes: ['town'],
  keysOf: () => [],
  evolve: (doc) => doc,
};

function writes(position: number, puts: readonly Parcel[], continues = position - 1): ViewWrites {
  return {
    view: parcels,
    puts: puts.map((doc) => ({ id: doc.id, doc })),
    deletes: [],
    checkpoint: { version: 1, logStart: 'log-a', position },
    continues,
  };
}

describeOnPostgres(
  `views in a real PostgreSQL${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    let server: PostgresServer;
    let schemas = 0;
    let schema: string;
    const opened: DocumentStore[] = [];

    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(() => server.close());
    afterEach(async () => {
      for (const documents of opened.splice(0)) await documents.close();
      await asked(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
    });

    async function asked(text: string): Promise<readonly Record<string, unknown>[]> {
      const client = new Client({ connectionString: server.url });
      await client.connect();
      const { rows } = await client.query<Record<string, unknown>>(text);
      await client.end();
      return rows;
    }
    async function open(): Promise<DocumentStore> {
      const documents = await openPostgresDocumentStore({ url: server.url, schema });
      opened.push(documents);
      return documents;
    }
    function openEmpty(): Promise<DocumentStore> {
      schemas += 1;
      schema = `views_${process.pid}_${schemas}`;
      return open();
    }

    describe('keep the document store’s promises', () =>
      documentStoreContract(async () => {
        const documents = await openEmpty();
        opened.pop();
        return documents;
      }));

    it('have an index for each field a query may name once they are made, and use it in every order', async () => {
      const documents = await openEmpty();
      const many = Array.from({ length: 3_000 }, (_, at) => ({
        id: `${at}`,
        town: `T${at % 1_000}`,
      }));
      await documents.commit([writes(0, many, BEFORE_FIRST)]);
      await documents.makeIndexes([parcels]);
      await asked(`ANALYZE "${schema}".parcels`);
      for (const order of ['town ASC NULLS FIRST, id ASC', 'town DESC NULLS LAST, id DESC']) {
        const plan = await asked(
          `EXPLAIN SELECT id, doc FROM "${schema}".parcels WHERE town IS NOT NULL ORDER BY ${order} LIMIT 20`,
        );
        expect(JSON.stringify(plan)).toContain('parcels.town');
        expect(JSON.stringify(plan)).not.toContain('Sort');
      }
    });

    it('take one commit of writers at once that continue the same, and all of it', async () => {
      const first = await openEmpty();
      await first.commit([writes(0, [], BEFORE_FIRST)], 1);
      const writers = [first, await open(), await open(), await open()];
      const outcomes = await Promise.allSettled(
        writers.map((documents, at) =>
          documents.commit(
            [
              writes(1, [
                { id: 'a', town: `T${at}` },
                { id: `b${at}`, town: 'Pisa' },
              ]),
            ],
            1,
          ),
        ),
      );
      const won = outcomes.findIndex(({ status }) => status === 'fulfilled');
      const lost = outcomes.filter(({ status }) => status === 'rejected');
      expect(lost).toHaveLength(3);
      for (const outcome of lost)
        expect(outcome).toMatchObject({ reason: expect.any(CheckpointConflict) });
      const { items } = await first.find(parcels);
      expect(items).toEqual([
        { id: 'a', town: `T${won}` },
        { id: `b${won}`, town: 'Pisa' },
      ]);
    });

    it('a writer that waits for another one is refused when that has a higher fence', async () => {
      const late = await openEmpty();
      await late.commit([writes(0, [{ id: 'a', town: 'Roma' }], BEFORE_FIRST)], 1);
      const holder = new Client({ connectionString: server.url });
      await holder.connect();
      await holder.query(`BEGIN; SELECT fence FROM "${schema}"._fence FOR UPDATE`);
      const waiting = late.commit([writes(1, [{ id: 'a', town: 'Pisa' }])], 1);
      const refused = expect(waiting).rejects.toThrow(FencedOff);
      await holder.query(`UPDATE "${schema}"._fence SET fence = 2; COMMIT`);
      await holder.end();
      await refused;
      expect(await late.getMany(parcels, ['a'])).toEqual([{ id: 'a', town: 'Roma' }]);
    });

    it('of another version are told, not answered from', async () => {
      const documents = await openEmpty();
      await documents.commit([writes(0, [{ id: 'a', town: 'Roma' }], BEFORE_FIRST)]);
      const weighed = { ...parcels, indexes: ['weightG'] } as unknown as View<{ weightG: number }>;
      await expect(documents.count(weighed, { weightG: 1 })).rejects.toThrow(
        "raise the view's version",
      );
    });

    it('go on over a server that crashes and recovers; what was committed is there', async () => {
      if (!server.isOurs) return;
      const documents = await openEmpty();
      let position = 0;
      await documents.commit([writes(0, [], BEFORE_FIRST)], 1);
      let isOver = false;
      const writing = (async () => {
        while (!isOver) {
          await documents.commit(
            [writes(position + 1, [{ id: `${position + 1}`, town: 'Roma' }])],
            1,
          );
          position += 1;
        }
      })();
      await untilAt(() => position, 20);
      server.crash();
      server.start();
      await untilAt(() => position, position + 20);
      isOver = true;
      await writing;
      expect((await documents.checkpoint(parcels))?.position).toBe(position);
      expect(await documents.count(parcels)).toBe(position);
    });

    async function untilAt(at: () => number, wanted: number): Promise<void> {
      while (at() < wanted) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  },
);

it('a server that is not there is told with the remedy, and without the password', async () => {
  const url = 'postgres://user:secret@127.0.0.1:1/flexledger';
  const opening = openPostgresDocumentStore({ url, schema: 'x' });
  await expect(opening).rejects.toThrow(ViewsUnavailable);
  await expect(opening).rejects.toThrow(
    /at postgres:\/\/127\.0\.0\.1:1.*ECONNREFUSED.*Look whether/,
  );
});

it('a schema whose name PostgreSQL would shorten is refused', async () => {
  const opening = openPostgresDocumentStore({
    url: 'postgres://127.0.0.1:1/x',
    schema: 'v'.repeat(64),
  });
  await expect(opening).rejects.toThrow('more than 63 bytes');
});
