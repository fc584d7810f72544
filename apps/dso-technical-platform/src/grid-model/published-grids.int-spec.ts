/** Models of a grid, each published in the place of the one that its publisher has seen. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type SqliteEventStore, openSqliteEventStore } from '@flexledger/event-store';
import { OPEN } from '@flexledger/grid-operations';
import { VirtualClock } from '@flexledger/runtime';
import { lastPublished, publishGrid } from './published-grids';

const clock = new VirtualClock(0);
const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-grids-'));
let log: SqliteEventStore;
beforeAll(async () => {
  log = await openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock });
});
afterAll(async () => {
  await log.close();
  rmSync(folder, { recursive: true });
});

const named = (name: string) => ({ gridId: 'g', model: { name }, limits: OPEN });

it('is refused in the place of a model that is no longer the last, and nothing is written', async () => {
  const seen = await publishGrid(log, clock, named('seen'));
  const next = await publishGrid(log, clock, named('next'), undefined, seen);
  await expect(publishGrid(log, clock, named('late'), undefined, seen)).rejects.toMatchObject({
    code: 'grid-changed',
  });
  expect(await lastPublished(log, 'g')).toEqual(next);
});

it('that stands already is nothing to refuse', async () => {
  const standing = (await lastPublished(log, 'g'))!;
  const before = { ...standing, digest: 'another' };
  const head = await log.head();
  expect(await publishGrid(log, clock, named('next'), undefined, before)).toEqual(standing);
  expect(await log.head()).toBe(head);
});
