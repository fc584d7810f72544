/** A long rebuild over the real log and the real file gives the documents of the incremental way. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteEventStore, type SqliteEventStore } from '@flexledger/event-store';
import { uuidFrom } from '@flexledger/identity';
import { VirtualClock } from '@flexledger/runtime';
import fc from 'fast-check';
import type { DocumentStore } from './document-store';
import { allOf } from './each-page';
import { createProjectionRunner } from './runner';
import { openSqliteDocumentStore } from './sqlite/sqlite-document-store';
import { anyEvent } from './testing/any-event';
import { dyingAt } from './testing/mortal-store';
import { timeAt } from './testing/recorded-log';
import type { View } from './view';
import { allViews } from './views';

/** More than a reading thread is started for. */
const EVENTS = 9_000;
const CHAPTERS = 6;

let folder: string;
let store: SqliteEventStore;
let documents: DocumentStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rebuild-'));
  store = openSqliteEventStore({ path: join(folder, 'log.sqlite'), clock: new VirtualClock(0) });
  documents = openSqliteDocumentStore({ path: join(folder, 'views.sqlite') });
});
afterEach(async () => {
  await documents.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

async function append(from: number, below: number): Promise<void> {
  const events = fc.sample(anyEvent, { numRuns: below, seed: 3 }).slice(from);
  await Promise.all(
    events.map(({ streamId, type, data }, index) => {
      const id = uuidFrom(`${from + index}`);
      const envelope = { id, schemaVersion: 1, occurredAt: timeAt(from + index) };
      const cause = { correlationId: id, causationId: id, actor: 'platform:test' };
      return store.append(streamId, 'any', [{ ...envelope, ...cause, type, data }]);
    }),
  );
}

/** Every document of every view as stored, in order. */
async function dump(): Promise<string> {
  const lines: string[] = [];
  for (const view of allViews) {
    const docs = await allOf((page) => documents.find(view as View<object>, page));
    lines.push(...docs.map((doc) => `${view.name}: ${JSON.stringify(doc)}`));
  }
  return lines.join('\n');
}

it('byte for byte, also when it dies on the way and goes on', async () => {
  const incremental = createProjectionRunner({ store, documents, views: allViews });
  for (let chapter = 0; chapter < CHAPTERS; chapter += 1) {
    await append((chapter * EVENTS) / CHAPTERS, ((chapter + 1) * EVENTS) / CHAPTERS);
    await incremental.catchUp();
  }
  const expected = await dump();
  expect(expected.length).toBeGreaterThan(50_000);

  await incremental.rebuild();
  expect(await dump()).toBe(expected);

  const mortal = dyingAt(documents, ['before', 'after']);
  const small = { batchSize: 2_000, views: allViews, store };
  await createProjectionRunner({ ...small, documents: mortal })
    .rebuild()
    .catch(() => undefined);
  expect(await dump()).not.toBe(expected);
  await createProjectionRunner({ ...small, documents: mortal })
    .catchUp()
    .catch(() => undefined);
  const left = await documents.checkpoint(allViews[0]!);
  expect(left?.position).toBeLessThan(EVENTS - 1);
  await createProjectionRunner({ ...small, documents }).catchUp();
  expect(await dump()).toBe(expected);
}, 60_000);
