/** A rework of thousands of customers is several appends: cut short between them, it is completed or made anew. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadProfilesStream } from '@flexledger/domain';
import {
  type EventStore,
  type SqliteEventStore,
  contextOf,
  openSqliteEventStore,
} from '@flexledger/event-store';
import { VirtualClock } from '@flexledger/runtime';
import { basis } from '../testing/basis';
import { type LoadProfiles, createLoadProfiles } from './load-profiles';
import { CUSTOMERS_AT_MOST } from './rework';

// Megabytes are hashed and written, on a machine that may be busy.

const PODS = Array.from({ length: 1_700 }, (_, index) => ({ podId: `pod${index}`, pvPeakW: 0 }));
const clock = new VirtualClock(Date.parse('2026-04-01T00:00:00Z'));
const context = contextOf('profiles', 'profiles', 'dso');

let folder: string;
let store: SqliteEventStore;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-profiles-'));
  store = await openSqliteEventStore({ path: path.join(folder, 'events.sqlite'), clock });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

/** Profiles over a log, of customers who draw alike on the three days that were measured. */
const profilesOver = (over: EventStore, watts: number, pods = PODS): LoadProfiles =>
  createLoadProfiles({
    gridId: 'feeder',
    basis,
    customers: async () => pods,
    metering: {
      firstDay: async () => '2026-03-28',
      activatedOn: async () => new Map(),
      weather: async () => new Map(),
      measuredW: async (podIds, _, mtuCount) =>
        new Map(podIds.map((podId) => [podId, new Array<number>(mtuCount).fill(watts)])),
    },
    store: over,
    clock,
  });

/** The log of a process that is killed after its first append. */
function killedAfterOne(): EventStore {
  let appends = 0;
  return Object.assign(Object.create(store) as EventStore, {
    append: async (...args: Parameters<EventStore['append']>) => {
      appends += 1;
      if (appends > 1) throw new Error('killed');
      return store.append(...args);
    },
  });
}

async function recorded(): Promise<{ readonly type: string; readonly id: string }[]> {
  const events: { readonly type: string; readonly id: string }[] = [];
  for await (const event of store.readStream(loadProfilesStream('feeder', '2026-04'))) {
    events.push(event);
  }
  return events;
}

/** PoDs by 200 for each of three kinds of days, and the event that announces them. */
const WHOLE = 1 + 3 * 9;

it('what is missing follows where meters say the same, and the events are those of an undisturbed rework', async () => {
  await expect(
    profilesOver(killedAfterOne(), 1_234.4).monthBegan('2026-04', context),
  ).rejects.toThrow('killed');
  const cut = (await recorded()).length;
  expect(cut).toBeGreaterThan(0);
  expect(cut).toBeLessThan(WHOLE);
  const profiles = profilesOver(store, 1_234.4);
  expect(await profiles.standing()).toBeUndefined();
  await profiles.monthBegan('2026-04', context);
  await profiles.monthBegan('2026-04', context);
  const events = await recorded();
  expect(events).toHaveLength(WHOLE);
  expect(new Set(events.map(({ id }) => id)).size).toBe(WHOLE);
  const standing = (await profiles.standing())!;
  const monday = standing.historyOf('pod1699', 'working')!;
  expect([monday.sumW[95], monday.days[95]]).toEqual([1_234, 1]);
});

it('where meters have said otherwise since, another rework takes its place, and the half one never counts', async () => {
  await expect(profilesOver(killedAfterOne(), 500).monthBegan('2026-04', context)).rejects.toThrow(
    'killed',
  );
  const cut = (await recorded()).length;
  const profiles = profilesOver(store, 700);
  await profiles.monthBegan('2026-04', context);
  expect(await recorded()).toHaveLength(cut + WHOLE);
  const standing = (await profiles.standing())!;
  expect(standing.historyOf('pod0', 'saturday')!.sumW[0]).toBe(700);
});

it('of a city are refused before a meter is asked: they would take more memory than there is', async () => {
  const city = new Array<(typeof PODS)[0]>(CUSTOMERS_AT_MOST + 1).fill(PODS[0]!);
  await expect(profilesOver(store, 500, city).rework('now', context)).rejects.toMatchObject({
    code: 'profiles-too-many',
  });
  expect(await recorded()).toEqual([]);
});
