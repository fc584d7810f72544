/**
 * One views file in several hands: one instance folds under a lease, others wait for it and read. Two
 * instances are two connections to the file over one log, as two processes have them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BEFORE_FIRST } from '@flexledger/event-store';
import Database from 'libsql';
import { CheckpointConflict, type DocumentStore, FencedOff, ViewsBusy } from './document-store';
import { openViews, type Views } from './open-views';
import { createProjectionRunner, type ProjectionRunner } from './runner';
import { openSqliteDocumentStore } from './sqlite/sqlite-document-store';
import { ArrayEventStore } from './testing/array-event-store';
import { dyingAt } from './testing/mortal-store';
import { documentsAfter, recordedLog } from './testing/recorded-log';
import { decodeGift, given, noise, type Tally, tallies } from './testing/tallies';
import type { View } from './view';

let folder: string;
let path: string;
const opened: DocumentStore[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shared-views-'));
  path = join(folder, 'views.sqlite');
});
afterEach(async () => {
  for (const documents of opened.splice(0)) await documents.close();
  rmSync(folder, { recursive: true });
});

function openDocuments(patienceMs?: number): DocumentStore {
  const documents = openSqliteDocumentStore({ path, ...(patienceMs && { patienceMs }) });
  opened.push(documents);
  return documents;
}

const gifts = Array.from({ length: 40 }, (_, index) => given({ a: index + 1, b: 1 }));
const events = recordedLog(gifts);

interface Instance {
  readonly runner: ProjectionRunner;
  readonly documents: DocumentStore;
}

/** An instance that holds the lease of this number. */
function instance(
  log: ArrayEventStore,
  fence: () => number,
  documents = openDocuments(),
): Instance {
  const options = { store: log.asEventStore(), documents, views: [tallies], batchSize: 8 };
  return { documents, runner: createProjectionRunner({ ...options, fence, decode: decodeGift }) };
}

/** A store whose commits of documents wait until they are let go. */
function pausing(documents: DocumentStore) {
  let arrived: () => void = () => {};
  let letGo: () => void = () => {};
  const atCommit = new Promise<void>((resolve) => (arrived = resolve));
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  const store: DocumentStore = {
    ...dyingAt(documents, []),
    async commit(writes, fence) {
      if (writes.length > 0) {
        arrived();
        await gate;
      }
      return documents.commit(writes, fence);
    },
  };
  return { store, atCommit, letGo };
}

async function expectReplayed(documents: DocumentStore): Promise<void> {
  expect((await documents.find(tallies)).items).toEqual(documentsAfter(tallies, gifts));
}

describe('an instance that was stopped before its commit and lost its lease', () => {
  it('stores nothing, forgets what it had in memory, and no view differs from a replay', async () => {
    const log = new ArrayEventStore([...events]);
    const paused = pausing(openDocuments());
    let lease = 1;
    const a = instance(log, () => lease, paused.store);
    const folding = a.runner.catchUp();
    await paused.atCommit;

    const b = instance(log, () => 2);
    expect(await b.runner.catchUp()).toBe(40);
    paused.letGo();
    await expect(folding).rejects.toThrow(FencedOff);
    await expect(folding).rejects.toThrow('folded under lease 2, this process folds under lease 1');
    await expectReplayed(b.documents);

    // Asleep or not, it may not fold until it has the lease again; then it goes on from what is stored.
    await expect(a.runner.catchUp()).rejects.toThrow(FencedOff);
    lease = 3;
    expect(await a.runner.catchUp()).toBe(0);
    await expectReplayed(a.documents);
  });

  it('ends its following with that error', async () => {
    const log = new ArrayEventStore(events.slice(0, 3));
    const a = instance(log, () => 1);
    const following = a.runner.follow(new AbortController().signal);
    while (a.runner.status()[0]!.position < 2) await new Promise((done) => setImmediate(done));
    await instance(log, () => 2).runner.catchUp();
    log.push(...events.slice(3));
    await expect(following).rejects.toThrow(FencedOff);
    await instance(log, () => 2).runner.catchUp();
    await expectReplayed(openDocuments());
  });

  it('cannot come in between a new holder that has read where the views stand and its first commit', async () => {
    const log = new ArrayEventStore([...events]);
    const first = pausing(openDocuments());
    const second = pausing(openDocuments());
    const a = instance(log, () => 1, first.store).runner.catchUp();
    await first.atCommit;
    const b = instance(log, () => 2, second.store).runner.catchUp();
    await second.atCommit;
    first.letGo();
    await expect(a).rejects.toThrow(FencedOff);
    second.letGo();
    expect(await b).toBe(40);
    await expectReplayed(openDocuments());
  });
});

/** A store whose first commit of documents is said to have failed, and is carried out before the next one. */
function answeringLate(documents: DocumentStore): DocumentStore {
  let late: Parameters<DocumentStore['commit']> | 'none yet' | undefined = 'none yet';
  return {
    ...dyingAt(documents, []),
    async commit(...commit) {
      const [writes] = commit;
      if (writes.length > 0 && late === 'none yet') {
        late = commit;
        throw new Error('The connection was lost.');
      }
      if (writes.length > 0 && Array.isArray(late)) {
        await documents.commit(...late);
        late = undefined;
      }
      return documents.commit(...commit);
    },
  };
}

it('goes on behind a commit of its own whose answer was lost, and which held after all', async () => {
  const log = new ArrayEventStore([...events]);
  const { runner, documents } = instance(log, () => 1, answeringLate(openDocuments()));
  await expect(runner.catchUp()).rejects.toThrow('The connection was lost.');
  expect(await runner.catchUp()).toBe(32);
  await expectReplayed(documents);
});

it('without a lease others may fold too, and end it', async () => {
  const log = new ArrayEventStore([...events]);
  const documents = answeringLate(openDocuments());
  const options = { store: log.asEventStore(), documents, views: [tallies], batchSize: 8 };
  const runner = createProjectionRunner({ ...options, decode: decodeGift });
  await expect(runner.catchUp()).rejects.toThrow('The connection was lost.');
  await expect(runner.catchUp()).rejects.toThrow(CheckpointConflict);
});

it('an instance whose lease went away and came back trusts nothing of its memory', async () => {
  const log = new ArrayEventStore(events.slice(0, 10));
  let lease = 1;
  const a = instance(log, () => lease);
  await a.runner.catchUp();
  log.push(...events.slice(10, 20));
  await instance(log, () => 2).runner.catchUp();
  lease = 3;
  log.push(...events.slice(20));
  expect(await a.runner.catchUp()).toBe(20);
  await expectReplayed(a.documents);
});

describe('the lock of another writer', () => {
  it('is waited for asleep: the process answers meanwhile', async () => {
    const documents = openDocuments();
    const tool = new Database(path);
    tool.exec('BEGIN IMMEDIATE');
    let beats = 0;
    const heart = setInterval(() => (beats += 1), 5);
    const commit = documents.commit([], 1);
    expect(await documents.count(tallies)).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    clearInterval(heart);
    expect(beats).toBeGreaterThan(5);
    tool.exec('COMMIT');
    tool.close();
    await commit;
    await expect(documents.commit([], 0)).rejects.toThrow(FencedOff);
  });

  it('that never goes is named, and the work is done once it has gone', async () => {
    const documents = openDocuments(50);
    const tool = new Database(path);
    tool.exec('BEGIN IMMEDIATE');
    await expect(documents.commit([], 1)).rejects.toThrow(ViewsBusy);
    await expect(documents.commit([], 1)).rejects.toThrow(
      `The read models in ${path} were locked for 50 ms; end or continue the process that holds them`,
    );
    tool.exec('ROLLBACK');
    tool.close();
    await documents.commit([], 1);
  });
});

describe('the views of an owner', () => {
  const other: View<Tally> = { ...tallies, name: 'other' };

  /** Views of gifts are no views of the domain, so the event is one that every release knows. */
  const pods = recordedLog(
    ['a', 'b', 'c'].map((podId) => ({
      streamId: `node-${podId}`,
      type: 'NodeConnected',
      data: { podId },
    })),
  );
  const connected: View<Tally> = {
    ...tallies,
    name: 'connected',
    types: ['NodeConnected'],
    keysOf: ({ data }) => [(data as { readonly podId: string }).podId],
    evolve: (doc, _event, key) => ({ who: key, sum: 0, events: (doc?.events ?? 0) + 1 }),
  };
  const open = (options: Partial<Parameters<typeof openViews>[0]> & { log: ArrayEventStore }) => {
    const { log, ...more } = options;
    const views = openViews({ path, store: log.asEventStore(), views: [connected], ...more });
    opened.push(views.documents);
    return views;
  };

  it('are what stands in their file: those that nobody owns any more are dropped', async () => {
    const documents = openDocuments();
    const store = new ArrayEventStore([...events]).asEventStore();
    await createProjectionRunner({
      store,
      documents,
      views: [other],
      decode: decodeGift,
    }).catchUp();
    expect(await documents.storedViews()).toEqual(['other']);
    await open({ log: new ArrayEventStore([...pods]) }).runner.catchUp();
    expect(await documents.storedViews()).toEqual(['connected']);
    expect(await documents.count(other)).toBe(0);
  });

  describe('whenProcessed', () => {
    it('folds at once where it may', async () => {
      const views = open({ log: new ArrayEventStore([...pods]), fence: () => 1 });
      await views.whenProcessed(2, { timeoutMs: 60_000 });
      expect(await views.documents.count(connected)).toBe(3);
    });

    it('waits for the process that folds where it may not', async () => {
      const log = new ArrayEventStore(pods.slice(0, 1));
      const folder = open({ log });
      const readers: Views[] = [
        open({ log, fence: () => undefined }),
        open({ log, fence: () => undefined }),
      ];
      await folder.runner.catchUp();
      for (const reader of readers) {
        await reader.whenProcessed(0, { timeoutMs: 0 });
        await expect(reader.runner.catchUp()).rejects.toThrow('This instance holds no lease');
      }
      log.push(...pods.slice(1));
      const waiting = readers.map((reader) => reader.whenProcessed(2));
      await folder.runner.catchUp();
      await Promise.all(waiting);
      for (const { documents } of readers) expect(await documents.count(connected)).toBe(3);
    });

    it('passes events that no view wants', async () => {
      const log = new ArrayEventStore(recordedLog([noise, noise]));
      const folder = open({ log });
      await folder.runner.catchUp();
      await open({ log, fence: () => undefined }).whenProcessed(1, { timeoutMs: 0 });
    });

    it('names the view, where it stands and what is wanted when the time is up', async () => {
      const log = new ArrayEventStore([...pods]);
      const reader = open({ log, fence: () => undefined });
      await expect(reader.whenProcessed(2, { timeoutMs: 0 })).rejects.toMatchObject({
        name: 'ViewNotYetProcessed',
        view: 'connected',
        reached: BEFORE_FIRST,
        wanted: 2,
      });
      await open({ log }).runner.catchUp();
      await expect(reader.whenProcessed(3, { timeoutMs: 40 })).rejects.toThrow(
        'View connected stands at position 2 after 40 ms, wanted is 3',
      );
    });

    it('waits for documents of its own version, not of another release', async () => {
      const log = new ArrayEventStore([...pods]);
      await open({ log }).runner.catchUp();
      const newer = open({ log, fence: () => undefined, views: [{ ...connected, version: 2 }] });
      await expect(newer.whenProcessed(0, { timeoutMs: 0 })).rejects.toMatchObject({
        reached: BEFORE_FIRST,
      });
    });

    it('tells at once of a view that has stopped, in every process, and waits for others', async () => {
      const fragile: View<Tally> = {
        ...connected,
        name: 'fragile',
        evolve(doc, event, key, index) {
          if (key === 'b') throw new RangeError('no such node');
          return connected.evolve(doc, event, key, index);
        },
      };
      const views = [fragile, connected];
      const log = new ArrayEventStore([...pods]);
      const folder = open({ log, views });
      const reader = open({ log, views, fence: () => undefined });
      const said =
        'View fragile stopped at the NodeConnected of position 1 ' +
        '(id 00000000-0000-8000-8000-000000000001): no such node.';
      await expect(folder.whenProcessed(2)).rejects.toThrow(said);
      await expect(reader.whenProcessed(2)).rejects.toThrow(said);
      await expect(reader.whenProcessed(1)).rejects.toThrow(said);
      await reader.whenProcessed(0, { timeoutMs: 0 });
      await reader.whenProcessed(2, { timeoutMs: 0, views: [connected] });

      // Corrected, it goes on, and readers see that too.
      const corrected = [{ ...fragile, evolve: connected.evolve }, connected];
      await open({ log, views: corrected }).runner.catchUp();
      await reader.whenProcessed(2, { timeoutMs: 0 });
    });
  });
});
