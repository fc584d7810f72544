/**
 * The law of the read models, over the real document store: whatever the batches, the crashes and the
 * memory, a log gives the documents of the plain fold, byte for byte.
 */
import { type RecordedEvent, decodeEvent } from '@flexledger/domain';
import fc from 'fast-check';
import type { DocumentStore } from './document-store';
import { createProjectionRunner, type ProjectionRunner } from './runner';
import { openSqliteDocumentStore } from './sqlite/sqlite-document-store';
import { ArrayEventStore } from './testing/array-event-store';
import { anyEvent } from './testing/any-event';
import { dyingAt } from './testing/mortal-store';
import { foldView, recordedLog } from './testing/recorded-log';
import type { AnyView, View } from './view';
import { allViews } from './views';

function runnerOver(
  log: ArrayEventStore,
  options: { documents: DocumentStore; batchSize: number; cachedDocuments?: number },
): ProjectionRunner {
  return createProjectionRunner({ store: log.asEventStore(), views: allViews, ...options });
}

/** Every document of every view as stored, in order. */
async function dump(store: DocumentStore, views: readonly AnyView[]): Promise<string> {
  const dumps = [];
  for (const view of views) {
    const { items } = await store.find(view as View<object>, { limit: 10_000 });
    dumps.push(`${view.name}: ${items.map((doc) => JSON.stringify(doc)).join('\n')}`);
  }
  return dumps.join('\n\n');
}

/** The documents of `events`, each read as a view reads it: as the current version of its type. */
function plainFold(views: readonly AnyView[], events: readonly RecordedEvent[]): string {
  const known = new Set(views.flatMap(({ types }) => types as readonly string[]));
  const decoded = events.map((event) => (known.has(event.type) ? decodeEvent(event) : event));
  return views
    .map((view) => {
      const docs = [...foldView(view, decoded)].sort(([a], [b]) => (a < b ? -1 : 1));
      return `${view.name}: ${docs.map(([, doc]) => JSON.stringify(doc)).join('\n')}`;
    })
    .join('\n\n');
}

it('the logs below hold every type of event that any view folds', () => {
  const types = new Set(fc.sample(anyEvent, { numRuns: 5_000, seed: 1 }).map(({ type }) => type));
  const missing = allViews.flatMap((view) => view.types.filter((type) => !types.has(type)));
  expect(missing).toEqual([]);
});

describe('any log gives the same documents, byte for byte', () => {
  it('as the plain fold, over all views, however batched, cached and interrupted', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyEvent, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 5 }),
        fc.array(fc.constantFrom('before' as const, 'after' as const), { maxLength: 3 }),
        async (events, batchSize, cachedDocuments, deaths) => {
          const store = openSqliteDocumentStore({ path: ':memory:' });
          const recorded = recordedLog(events);
          const log = new ArrayEventStore(recorded);
          const sizes = { batchSize, cachedDocuments };
          for (const death of deaths) {
            const mortal = dyingAt(store, [death]);
            const doomed = runnerOver(log, { ...sizes, documents: mortal });
            await doomed.catchUp().catch(() => undefined);
          }
          const runner = runnerOver(log, { ...sizes, documents: store });
          await runner.catchUp();
          const expected = plainFold(allViews, recorded);
          expect(await dump(store, allViews)).toBe(expected);
          await runner.rebuild();
          expect(await dump(store, allViews)).toBe(expected);
          expect(runner.status().map(({ halted }) => halted)).toEqual(
            allViews.map(() => undefined),
          );
          await store.close();
        },
      ),
      { numRuns: 150 },
    );
  }, 60_000);

  it('in one runner that fails and goes on, with events coming in between', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(anyEvent, { maxLength: 10 }), { minLength: 1, maxLength: 5 }),
        fc.array(fc.constantFrom(undefined, 'before' as const, 'after' as const)),
        async (chapters, deaths) => {
          const store = openSqliteDocumentStore({ path: ':memory:' });
          const recorded = recordedLog(chapters.flat());
          const log = new ArrayEventStore([]);
          const mortal = dyingAt(store, deaths as ('before' | 'after')[]);
          const runner = runnerOver(log, { batchSize: 4, documents: mortal });
          for (const { length } of chapters) {
            log.push(...recorded.splice(0, length));
            await runner.catchUp().catch(() => undefined);
          }
          for (let left = deaths.length; left > 0; left -= 1) {
            await runner.catchUp().catch(() => undefined);
          }
          await runner.catchUp();
          expect(await dump(store, allViews)).toBe(
            plainFold(allViews, recordedLog(chapters.flat())),
          );
          await store.close();
        },
      ),
      { numRuns: 100 },
    );
  }, 60_000);
});
