/** A model published while the platform runs: adopted at once, and no earlier forecast loses its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RecordedEvent } from '@flexledger/domain';
import { type SqliteEventStore, openSqliteEventStore } from '@flexledger/event-store';
import { VirtualClock } from '@flexledger/runtime';
import { OPEN, createPoms, feederFile, operateGrid } from '@flexledger/grid-operations';
import { createModelAdoption, gridAsOf, lastPublished, publishGrid } from './published-grids';

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

const publish = (model: object, limits = OPEN) =>
  publishGrid(store, clock, { gridId, model, limits });
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
});

it('everybody who holds the grid sees the new model; PoDs stay where they were located', async () => {
  const grid = operateGrid(await publish(chain(2)));
  const poms = createPoms(grid);
  grid.busOfPod.set('located', 'n1');
  expect([...poms().keys()]).toEqual(['mv', 'n0', 'n1', 'n2']);
  const { handle } = createModelAdoption(store, grid);
  const second = await publish(
    {
      ...chain(3),
      pods: [
        { id: 'known', bus: 'n3' },
        { id: 'located', bus: 'n3' },
      ],
    },
    { ...OPEN, transformerLimitPerMille: 700 },
  );
  await handle((await logged()).at(-1)!);
  expect(grid.modelDigest).toBe(second.digest);
  expect(grid.compiled.network.buses).toHaveLength(5);
  expect(grid.limits.transformerPercent).toBe(70);
  expect([...grid.busOfPod]).toEqual([
    ['located', 'n1'],
    ['known', 'n3'],
  ]);
  expect([...poms().keys()]).toContain('n3');
});

it('seen again after a restart, an earlier publication brings nothing back', async () => {
  await publish(chain(2));
  const grid = operateGrid(await publish(chain(3)));
  const { handle } = createModelAdoption(store, grid);
  for (const event of await logged()) await handle(event);
  expect(grid.compiled.network.buses).toHaveLength(5);
});

it('what was forecast on an earlier model is validated on it', async () => {
  const first = await publish(chain(2));
  const grid = operateGrid(await publish(chain(3)));
  grid.busOfPod.set('located', 'n1');
  const then = await gridAsOf(store, grid, first.digest);
  expect(then.compiled.network.buses).toHaveLength(4);
  expect(then.busOfPod.get('located')).toBe('n1');
  expect(await gridAsOf(store, grid, grid.modelDigest)).toBe(grid);
  await expect(gridAsOf(store, grid, 'none')).rejects.toThrow(
    'Grid model none of feeder is not in the log',
  );
});
