/**
 * Two releases on one log while they are upgraded one after the other: the newer one writes an event in a
 * version that the older one does not know. The older one's views stop there and say so, those that do not
 * want the event go on, and the newer one reads old and new events alike.
 */
import { createEventDecoder } from '@flexledger/domain';
import type { DocumentStore } from './document-store';
import { createProjectionRunner, type ProjectionRunner } from './runner';
import { openSqliteDocumentStore } from './sqlite/sqlite-document-store';
import { ArrayEventStore } from './testing/array-event-store';
import { recordedLog } from './testing/recorded-log';
import type { AnyView, View } from './view';

interface Meal {
  readonly who: string;
  readonly cent: number;
}

const meals: View<Meal> = {
  name: 'meals',
  version: 1,
  types: ['Eaten'],
  indexes: [],
  keysOf: ({ data }) => [(data as Meal).who],
  evolve: (doc, { data }) => {
    const { who, cent } = data as Meal;
    return { who, cent: (doc?.cent ?? 0) + cent };
  },
};
/** The view as the older release has it: it knows a price in euro. */
const olderMeals: View<Meal> = {
  ...meals,
  evolve: (doc, { data }) => {
    const { who, euro } = data as unknown as { readonly who: string; readonly euro: number };
    return { who, cent: (doc?.cent ?? 0) + euro * 100 };
  },
};
const heard: View<{ readonly times: number }> = {
  name: 'heard',
  version: 1,
  types: ['Heard'],
  indexes: [],
  keysOf: () => ['all'],
  evolve: (doc) => ({ times: (doc?.times ?? 0) + 1 }),
};

const older = createEventDecoder({ versions: { Eaten: 1, Heard: 1 }, upcasters: [] });
const newer = createEventDecoder({
  versions: { Eaten: 2, Heard: 1 },
  upcasters: [
    {
      type: 'Eaten',
      from: 1,
      up: (data) => {
        const { who, euro } = data as { readonly who: string; readonly euro: number };
        return { who, cent: euro * 100 };
      },
    },
  ],
});

const log = recordedLog([
  { streamId: 'table', type: 'Eaten', data: { who: 'anna', euro: 3 } },
  { streamId: 'table', type: 'Heard', data: {} },
  { streamId: 'table', type: 'Eaten', data: { who: 'anna', cent: 250 } },
  { streamId: 'table', type: 'Heard', data: {} },
]).map((event, position) => (position === 2 ? { ...event, schemaVersion: 2 } : event));

const opened: DocumentStore[] = [];
afterEach(async () => {
  for (const documents of opened.splice(0)) await documents.close();
});

async function release(
  decode: typeof older,
  views: readonly AnyView[],
): Promise<{ readonly runner: ProjectionRunner; readonly documents: DocumentStore }> {
  const documents = openSqliteDocumentStore({ path: ':memory:' });
  opened.push(documents);
  const store = new ArrayEventStore([...log]).asEventStore();
  const runner = createProjectionRunner({ store, documents, views, decode });
  await runner.catchUp();
  return { runner, documents };
}

it('the older release stops at what it does not know, says so, and serves what came before', async () => {
  const { runner, documents } = await release(older, [olderMeals, heard]);
  const [stopped, running] = runner.status();
  expect(stopped?.halted?.message).toBe(
    'View meals stopped at the Eaten of position 2 (id 00000000-0000-8000-8000-000000000002): ' +
      'The Eaten at position 2 (id 00000000-0000-8000-8000-000000000002) is of version 2; this ' +
      'release reads it up to version 1. Use the newer release that wrote it. The other views go on.',
  );
  expect(stopped?.halted?.cause).toMatchObject({
    name: 'UnknownEventVersion',
    version: 2,
    newest: 1,
  });
  expect(running).toMatchObject({ position: 3, halted: undefined });
  expect((await documents.find(olderMeals)).items).toEqual([{ who: 'anna', cent: 300 }]);
});

it('the newer release reads both', async () => {
  const { runner, documents } = await release(newer, [meals, heard]);
  expect(runner.status().map(({ halted }) => halted)).toEqual([undefined, undefined]);
  expect((await documents.find(meals)).items).toEqual([{ who: 'anna', cent: 550 }]);
});

it('a type that a release does not know stops only the views that want it', async () => {
  const without = createEventDecoder({ versions: { Heard: 1 }, upcasters: [] });
  const { runner } = await release(without, [meals, heard]);
  const [stopped, running] = runner.status();
  expect(stopped?.halted?.message).toContain('this release knows no event of that type');
  expect(running).toMatchObject({ position: 3, halted: undefined });
});
