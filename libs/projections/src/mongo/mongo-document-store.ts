/**
 * Read models in MongoDB, without its transactions, so that a single server is enough. A commit is written to a
 * journal first, then said to hold by one atomic write of the store's state, then carried out; whoever writes next
 * carries out what was left half done. Each step may be done again. One writer at a time, under its lease.
 *
 * Readers may see documents of a commit that is being carried out; a view's checkpoint comes after all of them.
 */
import { BEFORE_FIRST } from '@flexledger/event-store';
import { messageOf } from '@flexledger/runtime';
import type { AnyBulkWriteOperation, Collection, Db, MongoClient } from 'mongodb';
import {
  type Checkpoint,
  CheckpointConflict,
  type DocumentStore,
  FencedOff,
  type Page,
  type Query,
  type ViewWrites,
  ViewsUnavailable,
} from '../document-store';
import { checkQuery, checkWhere, encodeCursor, indexValue } from '../page';
import { sqlText, sqlValue } from '../sqlite/sql-text';
import type { AnyView, View } from '../view';
import { type StoredDoc, fieldOf, filterOf, sortOf } from './find-filter';

export interface MongoDocumentStoreOptions {
  /** `mongodb://host:port/`, with user and password where it wants them. */
  readonly url: string;
  /** The database of these views, for them alone. */
  readonly database: string;
}

/** The one document of the store's state: changing it is atomic. */
interface State {
  readonly _id: 'state';
  /** The highest fence that was ever given. */
  readonly fence: number;
  /** The commit that holds and may not be carried out whole. */
  readonly pending: string | null;
}

/** A part of a commit in the journal. */
interface JournalPart {
  readonly _id: string;
  readonly commit: string;
  /** Of the writer, in the order of the parts. */
  readonly fence: number;
  readonly index: number;
  readonly view: string;
  readonly position: number;
  readonly puts: readonly StoredDoc[];
  readonly deletes: readonly string[];
  /** In the last part of a view. */
  readonly checkpoint?: Checkpoint;
}

interface StoredView {
  readonly _id: string;
  readonly checkpoint: Checkpoint;
}

/** Under no lease; below every fence. */
const NO_FENCE = -1;
/** Documents and characters of one part of the journal: a document of MongoDB is 16 MB at most. */
const DOCS_PER_PART = 1_000;
const CHARACTERS_PER_PART = 2_000_000;
const ANSWER_WITHIN_MS = 5_000;
/** A unique key that stands already. */
const DUPLICATE_KEY = 11_000;

/**
 * Opens the database, which is made with the first commit.
 *
 * @throws ViewsUnavailable when the server does not answer
 */
export async function openMongoDocumentStore(
  options: MongoDocumentStoreOptions,
): Promise<DocumentStore> {
  const { MongoClient, ObjectId } = await import('mongodb');
  const { url, database } = options;
  const place = url.replace(/\/\/[^@/]*@/, '//');
  let client: MongoClient | undefined;
  try {
    client = new MongoClient(url, {
      serverSelectionTimeoutMS: ANSWER_WITHIN_MS,
      writeConcern: { w: 'majority' },
      readConcern: { level: 'majority' },
      readPreference: 'primary',
    });
    await client.connect();
    await client.db(database).command({ ping: 1 });
  } catch (error) {
    await client?.close();
    throw new ViewsUnavailable(place, messageOf(error), { cause: error });
  }
  const newId = (): string => new ObjectId().toHexString();
  return new MongoDocumentStore(client, client.db(database), newId);
}

class MongoDocumentStore implements DocumentStore {
  private readonly state: Collection<State>;
  private readonly journal: Collection<JournalPart>;
  private readonly views: Collection<StoredView>;

  constructor(
    private readonly client: MongoClient,
    private readonly db: Db,
    private readonly newId: () => string,
  ) {
    this.state = db.collection('_state');
    this.journal = db.collection('_journal');
    this.views = db.collection('_views');
  }

  async getMany<Doc extends object>(
    view: View<Doc>,
    ids: readonly string[],
  ): Promise<(Doc | undefined)[]> {
    const keys = ids.map(sqlText);
    if (keys.length === 0) return [];
    const found = new Map<string, Doc>();
    const cursor = this.collection(view.name).find({ _id: { $in: [...new Set(keys)] } });
    for await (const { _id, json } of cursor) found.set(_id, JSON.parse(json) as Doc);
    return keys.map((key) => found.get(key));
  }

  async find<Doc extends object>(view: View<Doc>, query: Query<Doc> = {}): Promise<Page<Doc>> {
    const checked = checkQuery(view, query);
    const { orderBy, limit } = checked;
    const found = await this.collection(view.name)
      .find(filterOf(checked.where, checked))
      .sort(sortOf(checked))
      .limit(limit + 1)
      .toArray();
    const rows = found.slice(0, limit);
    const last = rows.at(-1);
    const value = last && orderBy !== undefined ? last.fields[orderBy]! : null;
    return {
      items: rows.map(({ json }) => JSON.parse(json) as Doc),
      next:
        last && found.length > rows.length
          ? encodeCursor(view, checked, { id: last._id, value })
          : null,
    };
  }

  async count<Doc extends object>(view: View<Doc>, where: object = {}): Promise<number> {
    return this.collection(view.name).countDocuments(filterOf(checkWhere(view, where)));
  }

  async commit(writes: readonly ViewWrites[], fence?: number): Promise<void> {
    const hasCarriedOut = await this.begin(fence);
    for (const { view, continues } of writes) {
      const actual = (await this.checkpoint(view))?.position ?? BEFORE_FIRST;
      if (actual === continues) continue;
      throw new CheckpointConflict(view.name, continues, actual, hasCarriedOut);
    }
    const commit = this.newId();
    const parts = writes
      .flatMap((write) => partsOf(write))
      .map((part, index) => ({
        ...part,
        _id: `${commit}/${index}`,
        commit,
        index,
        fence: fence ?? NO_FENCE,
      }));
    if (parts.length > 0) await this.journal.insertMany(parts);
    await this.hold(fence, parts.length > 0 ? commit : null);
    if (parts.length > 0) await this.carryOut(commit);
  }

  async makeIndexes(views: readonly AnyView[]): Promise<void> {
    for (const view of views) {
      for (const field of view.indexes) {
        await this.collection(view.name).createIndex({ [fieldOf(field)]: 1, _id: 1 });
      }
    }
  }

  async checkpoint(view: AnyView): Promise<Checkpoint | undefined> {
    return (await this.views.findOne({ _id: view.name }))?.checkpoint;
  }

  async drop({ name }: Pick<AnyView, 'name'>, fence?: number): Promise<void> {
    await this.begin(fence);
    await this.hold(fence, null);
    // The checkpoint first: a view without one is dropped again before it is folded anew.
    await this.views.deleteOne({ _id: name });
    await this.dropCollection(name);
  }

  async storedViews(): Promise<readonly string[]> {
    const stored = await this.views.find({}).sort({ _id: 1 }).toArray();
    return stored.map(({ _id }) => _id);
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  /** Looks whether the writer may write, and carries out what another left half done: whether there was such. @throws FencedOff */
  private async begin(fence = NO_FENCE): Promise<boolean> {
    const state = await this.state.findOne({ _id: 'state' });
    if (!state) return false;
    if (fence < state.fence) {
      throw new FencedOff(fence === NO_FENCE ? undefined : fence, state.fence);
    }
    if (state.pending !== null) await this.carryOut(state.pending);
    // What writers before it wrote into the journal and did not come to hold.
    if (fence > state.fence) await this.journal.deleteMany({ fence: { $lt: fence } });
    return state.pending !== null;
  }

  /** From here on the commit holds, and no writer with a lower fence. @throws FencedOff */
  private async hold(fence = NO_FENCE, pending: string | null): Promise<void> {
    const given = { fence, pending };
    const held = await this.state.updateOne(
      { _id: 'state', fence: { $lte: fence } },
      { $set: given },
    );
    if (held.matchedCount > 0) return;
    try {
      await this.state.insertOne({ _id: 'state', ...given });
    } catch (error) {
      if ((error as { readonly code?: number }).code !== DUPLICATE_KEY) throw error;
      const { fence: highest } = (await this.state.findOne({ _id: 'state' }))!;
      throw new FencedOff(fence === NO_FENCE ? undefined : fence, highest);
    }
  }

  private async carryOut(commit: string): Promise<void> {
    const parts = await this.journal.find({ commit }).toArray();
    for (const part of parts.toSorted((one, other) => one.index - other.index)) {
      if ((await this.views.findOne({ _id: part.view })) === null) await this.clearRests(part);
      await this.carryOutPart(part);
    }
    await this.state.updateOne({ _id: 'state', pending: commit }, { $set: { pending: null } });
    await this.journal.deleteMany({ commit });
  }

  /** What a view without a checkpoint has in its collection is of a drop that was cut off. */
  private async clearRests({ view, position }: JournalPart): Promise<void> {
    await this.collection(view).deleteMany({ position: { $ne: position } });
  }

  private async carryOutPart({
    view,
    position,
    puts,
    deletes,
    checkpoint,
  }: JournalPart): Promise<void> {
    const operations: AnyBulkWriteOperation<StoredDoc>[] = [
      ...puts.map((doc) => ({
        replaceOne: {
          filter: { _id: doc._id, position: { $lte: position } },
          replacement: doc,
          upsert: true,
        },
      })),
      ...deletes.map((_id) => ({ deleteOne: { filter: { _id, position: { $lte: position } } } })),
    ];
    if (operations.length > 0) {
      await unlessNewer(() => this.collection(view).bulkWrite(operations, { ordered: false }));
    }
    if (!checkpoint) return;
    const notNewer = { _id: view, 'checkpoint.position': { $lte: position } };
    const stored = { _id: view, checkpoint };
    await unlessNewer(() => this.views.replaceOne(notNewer, stored, { upsert: true }));
  }

  private async dropCollection(name: string): Promise<void> {
    const there = await this.db.listCollections({ name: collectionOf(name) }).toArray();
    if (there.length > 0) await this.collection(name).drop();
  }

  private collection(view: string): Collection<StoredDoc> {
    return this.db.collection<StoredDoc>(collectionOf(view));
  }
}

/**
 * A writer that was held up carries out what another has carried out since: what is newer stands under its key, and
 * is left as it is.
 */
async function unlessNewer(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const { code, writeErrors } = error as {
      readonly code?: number;
      readonly writeErrors?: readonly { readonly code: number }[] | { readonly code: number };
    };
    const codes = writeErrors ? [writeErrors].flat().map((one) => one.code) : [code];
    if (codes.some((one) => one !== DUPLICATE_KEY)) throw error;
  }
}

function collectionOf(view: string): string {
  return `view.${view}`;
}

/** A view's part of a commit, in as many documents of the journal as it needs. @throws TypeError for an unfit field */
function partsOf(write: ViewWrites): Omit<JournalPart, '_id' | 'commit' | 'index' | 'fence'>[] {
  const { view, deletes, checkpoint } = write;
  const { position } = checkpoint;
  const parts: StoredDoc[][] = [];
  let characters = Infinity;
  for (const { id, doc } of write.puts) {
    const fields: Record<string, string | number | null> = {};
    for (const field of view.indexes) fields[field] = sqlValue(indexValue(view, doc, field));
    const json = JSON.stringify(doc);
    if (characters + json.length > CHARACTERS_PER_PART || parts.at(-1)!.length >= DOCS_PER_PART) {
      parts.push([]);
      characters = 0;
    }
    parts.at(-1)!.push({ _id: sqlText(id), json, fields, position });
    characters += json.length;
  }
  const common = { view: view.name, position, deletes: [] };
  return [
    ...parts.map((puts) => ({ ...common, puts })),
    { ...common, puts: [], deletes: deletes.map(sqlText), checkpoint },
  ];
}
