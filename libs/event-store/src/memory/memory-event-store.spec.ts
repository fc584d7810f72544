/** The log in memory keeps the promises that every engine keeps, and those of a model of a disk. */
import { VirtualClock, wallClock } from '@flexledger/runtime';
import { describeEventStoreContract } from '../contract.spec-suite';
import { AppendFailed } from '../errors';
import { collect, testEvent } from '../testing/events';
import { openMemoryEventStore } from './memory-event-store';
import { createMemoryLog } from './memory-log';

describeEventStoreContract('The log in memory', async () => {
  const log = createMemoryLog();
  let store = openMemoryEventStore({ log, clock: wallClock });
  return {
    store,
    async reopen() {
      await store.close();
      store = openMemoryEventStore({ log, clock: wallClock });
      return store;
    },
    cleanup: () => store.close(),
  };
});

describe('The log in memory as a disk', () => {
  const clock = new VirtualClock(Date.parse('2026-03-17T10:00:00.000Z'));

  it('keeps what was answered when the power is cut', async () => {
    const log = createMemoryLog();
    const store = openMemoryEventStore({ log, clock });
    await store.append('a', 'noStream', [testEvent('a/0')]);
    log.cutPower();
    expect(await collect(openMemoryEventStore({ log, clock }).readAll())).toHaveLength(1);
  });

  it('loses what a disk that forgets to sync had answered, and no more', async () => {
    const log = createMemoryLog({ isSynced: (write) => write === 1 });
    const store = openMemoryEventStore({ log, clock });
    await store.append('a', 'noStream', [testEvent('a/0')]);
    await store.append('a', 0, [testEvent('a/1')]);
    log.cutPower();
    const after = openMemoryEventStore({ log, clock });
    expect((await collect(after.readAll())).map(({ revision }) => revision)).toEqual([0]);
    expect(await after.append('a', 0, [testEvent('a/1')])).toEqual({ revision: 1, position: 1 });
  });

  it.each([
    ['store/append', 0],
    ['store/appended', 1],
  ])('refuses an append that fails at %s, of which %i events stand', async (point, standing) => {
    const log = createMemoryLog();
    const faults = {
      reach: async (name: string) => {
        if (name === point) throw new Error('no space left on the device');
      },
    };
    const store = openMemoryEventStore({ log, clock, faults });
    const appended = store.append('a', 'noStream', [testEvent('a/0')]);
    await expect(appended).rejects.toBeInstanceOf(AppendFailed);
    await expect(appended).rejects.toThrow('no space left on the device');
    expect(log.events).toHaveLength(standing);
    // The same again, as the error says, records it once.
    await openMemoryEventStore({ log, clock }).append('a', 'noStream', [testEvent('a/0')]);
    expect(log.events).toHaveLength(1);
  });
});
