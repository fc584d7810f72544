/**
 * The document store's contract over MongoDB's protocol, and what a writer leaves that ends half way. Against the
 * server of MONGODB_URL, else FerretDB; skipped by name where there is neither.
 */
import { BEFORE_FIRST } from '@flexledger/event-store';
import { type Db, MongoClient } from 'mongodb';
import { documentStoreContract } from '../document-store.contract.spec-suite';
import {
  type DocumentStore,
  FencedOff,
  type ViewWrites,
  ViewsUnavailable,
} from '../document-store';
import { type MongoServer, startMongo, whyNoMongo } from './machine-mongo';
import type { View } from '../view';
import { openMongoDocumentStore } from './mongo-document-store';

const missing = whyNoMongo();
const describeOnMongo = missing === undefined ? describe : describe.skip;

describeOnMongo(`MongoDB’s protocol${missing === undefined ? '' : ` (${missing})`}`, () => {
  let server: MongoServer;
  let client: MongoClient;
  let databases = 0;
  let database: string;

  beforeAll(async () => {
    server = await startMongo();
    client = await new MongoClient(server.url).connect();
  });
  afterEach(() => client.db(database).dropDatabase());
  afterAll(async () => {
    await client.close();
    await server.close();
  });

  async function openEmpty(): Promise<DocumentStore> {
    databases += 1;
    database = `flexledger_test_${process.pid}_${databases}`;
    return openMongoDocumentStore({ url: server.url, database });
  }
  const opened = (): Promise<DocumentStore> =>
    openMongoDocumentStore({ url: server.url, database });

  describe('keeps the document store’s promises', () => documentStoreContract(openEmpty));

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
  const at = (position: number) => ({ version: 1, logStart: 'log-a', position });
  const writes = (position: number, puts: Parcel[], continues = position - 1): ViewWrites => ({
    view: parcels,
    puts: puts.map((doc) => ({ id: doc.id, doc })),
    deletes: [],
    checkpoint: at(position),
    continues,
  });
  const db = (): Db => client.db(database);

  describe('a writer that ends', () => {
    it('after its commit holds: the next writer carries it out before its own', async () => {
      const documents = await openEmpty();
      await documents.commit([writes(0, [{ id: 'a', town: 'Roma' }], BEFORE_FIRST)], 1);
      // As it stands between the write that makes a commit hold and its first document.
      const put = { _id: 'a', json: '{"id":"a","town":"Lucca"}', fields: { town: 'Lucca' } };
      await db()
        .collection('_journal')
        .insertOne({
          _id: 'half/0' as never,
          commit: 'half',
          index: 0,
          fence: 1,
          view: 'parcels',
          position: 1,
          puts: [{ ...put, position: 1 }],
          deletes: [],
          checkpoint: at(1),
        });
      await db()
        .collection('_state')
        .updateOne({}, { $set: { pending: 'half' } });
      expect((await documents.checkpoint(parcels))?.position).toBe(0);
      const next = await opened();
      await next.commit([writes(2, [{ id: 'b', town: 'Pisa' }])], 2);
      expect((await next.checkpoint(parcels))?.position).toBe(2);
      expect(await next.getMany(parcels, ['a'])).toEqual([{ id: 'a', town: 'Lucca' }]);
      await documents.close();
      await next.close();
    });

    it('without a lease, after its commit holds: the next one, who has read what was before, reads anew', async () => {
      const documents = await openEmpty();
      await documents.commit([writes(0, [], BEFORE_FIRST)]);
      const part = { view: 'parcels', position: 1, puts: [], deletes: [], checkpoint: at(1) };
      await db()
        .collection('_journal')
        .insertOne({ _id: 'half/0' as never, commit: 'half', index: 0, fence: -1, ...part });
      await db()
        .collection('_state')
        .updateOne({}, { $set: { pending: 'half' } });
      const next = await opened();
      const late = writes(1, [{ id: 'a', town: 'Roma' }]);
      await expect(next.commit([late])).rejects.toMatchObject({ isOfCarryingOut: true });
      await expect(next.commit([late])).rejects.toMatchObject({ isOfCarryingOut: false });
      await next.commit([writes(2, [{ id: 'a', town: 'Roma' }])]);
      expect((await next.checkpoint(parcels))?.position).toBe(2);
      await documents.close();
      await next.close();
    });

    it('before its commit holds: nothing of it ever shows', async () => {
      const documents = await openEmpty();
      await documents.commit([writes(0, [{ id: 'a', town: 'Roma' }], BEFORE_FIRST)], 1);
      await db()
        .collection('_journal')
        .insertOne({ _id: 'x/0' as never, commit: 'x', index: 0, fence: 1, view: 'parcels' });
      const next = await opened();
      await next.commit([writes(1, [])], 2);
      expect(await db().collection('_journal').countDocuments({})).toBe(0);
      expect(await next.getMany(parcels, ['a'])).toEqual([{ id: 'a', town: 'Roma' }]);
      await documents.close();
      await next.close();
    });
  });

  it('a writer whose lease was given on writes nothing, though it knew nothing of it', async () => {
    const late = await openEmpty();
    await late.commit([writes(0, [{ id: 'a', town: 'Roma' }], BEFORE_FIRST)], 1);
    const next = await opened();
    await next.commit([], 2);
    await expect(late.commit([writes(1, [{ id: 'a', town: 'Pisa' }])], 1)).rejects.toThrow(
      FencedOff,
    );
    expect(await next.getMany(parcels, ['a'])).toEqual([{ id: 'a', town: 'Roma' }]);
    await late.close();
    await next.close();
  });

  it('a server that is killed comes back with what was committed', async () => {
    const documents = await openEmpty();
    await documents.commit([writes(0, [{ id: 'a', town: 'Roma' }], BEFORE_FIRST)], 1);
    await server.restart();
    expect(await documents.getMany(parcels, ['a'])).toEqual([{ id: 'a', town: 'Roma' }]);
    await documents.commit([writes(1, [{ id: 'b', town: 'Pisa' }])], 1);
    expect(await documents.count(parcels)).toBe(2);
    await documents.close();
  });
});

it('a server that is not there is told at once, with the remedy', async () => {
  const opening = openMongoDocumentStore({
    url: 'mongodb://user:secret@127.0.0.1:1/?directConnection=true',
    database: 'x',
  });
  await expect(opening).rejects.toThrow(ViewsUnavailable);
  await expect(opening).rejects.toThrow(/mongodb:\/\/127\.0\.0\.1:1.*ECONNREFUSED.*Look whether/);
});
