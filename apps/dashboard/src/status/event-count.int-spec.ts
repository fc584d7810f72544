/** The events of a log whose positions leave numbers out are counted, from the last checkpoint on. */
import { CERTIFICATION_STREAM, type ProposedEvent, currentVersionOf } from '@flexledger/domain';
import { type EventStore, openSqliteEventStore } from '@flexledger/event-store';
import { uuidFrom } from '@flexledger/identity';
import { type Views, openViews } from '@flexledger/projections';
import { wallClock } from '@flexledger/runtime';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createEventCount } from './event-count';

let folder: string;
let store: EventStore;
let views: Views;
let appended: number;
/** Pages that were read, by where they began. */
let reads: (number | undefined)[];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-count-'));
  const positionAfter = (position: number): number => position + 100;
  store = openSqliteEventStore({
    path: path.join(folder, 'events.sqlite'),
    clock: wallClock,
    positionAfter,
  });
  views = openViews({ path: path.join(folder, 'views.sqlite'), store });
  appended = 0;
  reads = [];
});

afterEach(async () => {
  await views.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

async function append(streamId: string, type: string, data: object): Promise<number> {
  const id = uuidFrom(`count/${appended}`);
  appended += 1;
  const event: ProposedEvent = {
    id,
    type,
    schemaVersion: currentVersionOf(type),
    occurredAt: '2026-03-17T10:00:00.000Z',
    correlationId: id,
    causationId: id,
    actor: 'platform:test',
    data,
  };
  return (await store.append(streamId, 'any', [event])).position;
}

const other = (): Promise<number> => append('node-1', 'NodeConnected', { podId: 'IT002E1' });

const counting = (): (() => Promise<number>) => {
  const readAll: EventStore['readAll'] = (options) => {
    reads.push(options?.after);
    return store.readAll(options);
  };
  return createEventCount({ store: { ...store, readAll }, documents: views.documents });
};

it('an empty log holds none, and each event is counted once, whoever asks when', async () => {
  const count = counting();
  expect(await count()).toBe(0);
  await other();
  await other();
  expect(await Promise.all([count(), count()])).toEqual([2, 2]);
  await other();
  expect(await count()).toBe(3);
});

it('what the last checkpoint covers is not read again', async () => {
  await other();
  const lastPosition = await other();
  const sealed = { size: 2, root: 'ab'.repeat(32), note: '', lastPosition };
  await append(CERTIFICATION_STREAM, 'CheckpointSealed', sealed);
  await views.runner.catchUp();
  const count = counting();
  expect(await count()).toBe(3);
  await other();
  expect(await count()).toBe(4);
  expect(reads[0]).toBe(lastPosition);
  expect(reads).toHaveLength(2);
});
