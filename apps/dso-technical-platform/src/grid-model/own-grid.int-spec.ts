/**
 * Goal: every instance operates the grid that the log has, also one that is handed no events. Method:
 * two grids over one real log, models published and PoDs located beside them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type PodCommand, type PodEvent, podIdOf, podStream } from '@flexledger/domain';
import { type SqliteEventStore, openSqliteEventStore } from '@flexledger/event-store';
import { uuidFrom } from '@flexledger/identity';
import { VirtualClock, isoNow } from '@flexledger/runtime';
import { OPEN, feederFile } from '@flexledger/grid-operations';
import { createPodLocation } from './locate-pods';
import { type OwnGrid, openOwnGrid } from './own-grid';
import { type PublishedGrid, publishGrid } from './published-grids';

const gridId = 'feeder';
const BY_HAND = { unnamed: 'byHand' } as const;
const [KNOWN, LOCATED] = ['IT002E60000001', 'IT002E60000002'] as const;
const chain = (buses: number, pods: readonly object[] = []): object => ({
  ...feederFile(Array.from({ length: buses }, (_, parent) => ({ parent, rOhm: 0.01 }))),
  pods,
});

let folder: string;
let store: SqliteEventStore;
let first: PublishedGrid;
let grid: OwnGrid;
const clock = new VirtualClock(Date.parse('2026-03-17T10:00:00Z'));
const publish = (model: object, limits = OPEN) =>
  publishGrid(store, clock, { gridId, model, limits });

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-own-grid-'));
  store = await openSqliteEventStore({ path: path.join(folder, 'events.sqlite'), clock });
  first = await publish(chain(2));
  grid = await openOwnGrid(store, gridId, BY_HAND);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

async function locate(podId: string, busId: string, elsewhere = gridId): Promise<void> {
  const data: Extract<PodEvent, { type: 'PodLocated' }>['data'] = {
    podId,
    gridId: elsewhere,
    busId,
    pom: 'PS-t1',
  };
  const id = uuidFrom(`${podId}/${busId}/${elsewhere}`);
  await store.append(podStream(podId), 'any', [
    {
      id,
      type: 'PodLocated',
      schemaVersion: 1,
      occurredAt: isoNow(clock),
      correlationId: id,
      causationId: id,
      actor: 'dso',
      data,
    },
  ]);
}

it('has the model published last, with the PoDs where they were located', async () => {
  await locate(LOCATED, 'n1');
  await publish(
    chain(3, [
      { id: KNOWN, bus: 'n3' },
      { id: LOCATED, bus: 'n3' },
    ]),
    { ...OPEN, transformerLimitPerMille: 700 },
  );
  const { compiled, limits, busOfPod } = await grid.current();
  expect(compiled.network.buses).toHaveLength(5);
  expect(limits.transformerPercent).toBe(70);
  expect(Object.fromEntries(busOfPod)).toEqual({ [KNOWN]: 'n3', [LOCATED]: 'n1' });
});

it('an answer stays as it was, whatever is published or located afterwards', async () => {
  const before = await grid.current();
  expect(await grid.current()).toBe(before);
  await locate(LOCATED, 'n1');
  await publish(chain(3));
  const after = await grid.current();
  expect(after.busOfPod.get(LOCATED)).toBe('n1');
  expect(before.busOfPod.get(LOCATED)).toBeUndefined();
  expect([before, after].map(({ modelDigest }) => modelDigest)).toEqual([
    first.digest,
    (await publish(chain(3))).digest,
  ]);
});

it('is the same in an instance that has run all along and in one opened now', async () => {
  await grid.current();
  await publish(chain(3, [{ id: KNOWN, bus: 'n1' }]));
  await locate(LOCATED, 'n2');
  await grid.current();
  await publish(chain(4, [{ id: KNOWN, bus: 'n4' }]));
  const late = await openOwnGrid(store, gridId, BY_HAND);
  const [old, young] = [await grid.current(), await late.current()];
  expect(young.modelDigest).toBe(old.modelDigest);
  expect(young.limits).toEqual(old.limits);
  expect(young.busOfPod).toEqual(old.busOfPod);
  expect(Object.fromEntries(young.busOfPod)).toEqual({ [KNOWN]: 'n4', [LOCATED]: 'n2' });
});

it('what was forecast on an earlier model finds it again, with the PoDs where they are now', async () => {
  const second = await publish(chain(3));
  await locate(LOCATED, 'n1');
  const then = await grid.asOf(first.digest);
  expect(then.compiled.network.buses).toHaveLength(4);
  expect(then.busOfPod.get(LOCATED)).toBe('n1');
  expect(await grid.asOf(second.digest)).toBe(await grid.current());
  await expect(grid.asOf('none')).rejects.toThrow('Grid model none of feeder is not in the log');
});

it('tells where a PoD hangs as the log has it now', async () => {
  expect(await grid.placeOf(LOCATED, {})).toEqual({
    fault: 'it names neither supply point nor feeder',
  });
  await locate(LOCATED, 'n1');
  expect(await grid.placeOf(LOCATED, {})).toEqual({ busId: 'n1', pom: 'PS-t1' });
  await locate(LOCATED, 'nX');
  expect(await grid.placeOf(LOCATED, {})).toEqual({ fault: 'the model has no bus nX any more' });
});

describe('where PoDs go to the bus that is least loaded,', () => {
  let busy: OwnGrid;
  beforeEach(async () => {
    busy = await openOwnGrid(store, gridId, { unnamed: 'leastLoadedBus' });
  });
  const happened = (podId: string, type: string, details: object) => {
    const id = uuidFrom(`${podId}/${type}`);
    const named = { id, correlationId: id, causationId: id, actor: 'AGG1', schemaVersion: 2 };
    return { ...named, type, occurredAt: isoNow(clock), data: { podId, ...details } };
  };

  it('a bus is loaded with the contracted power of its PoDs, while they are registered', async () => {
    const happen = (podId: string, type: string, details: object) =>
      store.append(podStream(podId), 'any', [happened(podId, type, details)]);
    await happen(KNOWN, 'PodRegistered', { contractedPowerW: 3_000 });
    await locate(KNOWN, 'n0');
    expect(await busy.placeOf(LOCATED, {})).toEqual({ busId: 'n1', pom: 'PS-t1' });
    await happen(KNOWN, 'PodUnregistered', { reason: 'moved' });
    expect(await busy.placeOf(LOCATED, {})).toEqual({ busId: 'n0', pom: 'PS-t1' });
  });

  it('PoDs that were registered together are spread over the buses', async () => {
    const pods = [1, 2, 3, 4].map(podIdOf);
    for (const podId of pods) {
      const registered = happened(podId, 'PodRegistered', { contractedPowerW: 3_000 });
      await store.append(podStream(podId), 'any', [registered]);
    }
    const buses: string[] = [];
    const { handle } = createPodLocation(
      busy,
      {
        async submit(commands) {
          for (const command of commands as Extract<PodCommand, { kind: 'locatePod' }>[]) {
            await locate(command.podId, command.busId);
            buses.push(command.busId);
          }
          return [];
        },
      },
      (problem) => buses.push(problem),
    );
    for await (const event of store.readAll({ filter: { types: ['PodRegistered'] } })) {
      await handle(event);
    }
    expect(buses).toEqual(['n0', 'n1', 'n2', 'n0']);
  });
});

it('takes nothing from another grid', async () => {
  await locate(LOCATED, 'n1', 'elsewhere');
  await publishGrid(store, clock, { gridId: 'elsewhere', model: chain(5), limits: OPEN });
  const { modelDigest, busOfPod } = await grid.current();
  expect([modelDigest, busOfPod.size]).toEqual([first.digest, 0]);
  await expect(openOwnGrid(store, 'nowhere', BY_HAND)).rejects.toThrow('No model of grid nowhere');
});
