/** A model in the log: published once, found again, and published by a platform that opens on none. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RecordedEvent } from '@flexledger/domain';
import { type SqliteEventStore, openSqliteEventStore } from '@flexledger/event-store';
import { VirtualClock } from '@flexledger/runtime';
import { OPEN, feederFile } from '@flexledger/grid-operations';
import { lastPublished, publishGrid, publishedGrid, publishedOrPublish } from './published-grids';

const gridId = 'feeder';
const chain = (buses: number): object =>
  feederFile(Array.from({ length: buses }, (_, parent) => ({ parent, rOhm: 0.01 })));

let folder: string;
let store: SqliteEventStore;
const clock = new VirtualClock(Date.parse('2026-03-17T10:00:00Z'));
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-grids-'));
  store = await openSqliteEventStore({ path: path.join(folder, 'events.sqlite'), clock });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const publish = (model: object, id = gridId) =>
  publishGrid(store, clock, { gridId: id, model, limits: OPEN });
const opened = (model: object, id = gridId) =>
  publishedOrPublish(store, clock, { gridId: id, model, limits: OPEN });
async function logged(): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const event of store.readAll()) events.push(event);
  return events;
}

it('stands in the log once, however often it is published', async () => {
  const first = await publish(chain(2));
  await publish(chain(2));
  expect(await logged()).toHaveLength(1);
  const second = await publish(chain(3));
  expect(await lastPublished(store, gridId)).toEqual(second);
  expect(await lastPublished(store, gridId, first.digest)).toEqual(first);
  expect(await lastPublished(store, 'elsewhere')).toBeUndefined();
  expect(await publishedGrid(store)).toEqual(second);
});

it('is published by the platform that opens on a log without one, and by no other', async () => {
  expect(await publishedGrid(store)).toBeUndefined();
  const first = await opened(chain(2));
  expect(await opened(chain(3))).toEqual(first);
  expect(await opened(chain(3), 'another name')).toEqual(first);
  expect(await logged()).toHaveLength(1);
});

it('of several grids, a platform that opens takes its own', async () => {
  const own = await publish(chain(2));
  const other = await publish(chain(3), 'elsewhere');
  expect(await opened(chain(4))).toEqual(own);
  expect(await opened(chain(4), 'unheard of')).toEqual(other);
});

it('that is broken is not published', async () => {
  const bus = { id: 'mv', vnKv: 20, vMinPu: null, vMaxPu: null };
  const broken = { ...chain(2), buses: [bus] };
  await expect(opened(broken)).rejects.toThrow('n0');
  expect(await logged()).toEqual([]);
});
