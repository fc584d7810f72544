/**
 * Goal: the one rule for what comes again by HTTP. Method: contexts as requests have them, commands to a
 * switch in a real log, decided by its rule alone: what it is already changes nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Decider, DomainEvent } from '@flexledger/domain';
import {
  type CommandHandler,
  type EventStore,
  CommandConflict,
  createCommandHandler,
  openSqliteEventStore,
} from '@flexledger/event-store';
import type { Principal } from '@flexledger/identity';
import { VirtualClock } from '@flexledger/runtime';
import { commandContext } from './command-context';

type Switched = DomainEvent<'Switched', { readonly isOn: boolean }>;

const switchDecider: Decider<boolean, boolean, Switched> = {
  initialState: true,
  decide: (wanted, isOn) => (wanted === isOn ? [] : [{ type: 'Switched', data: { isOn: wanted } }]),
  evolve: (_, { data }) => data.isOn,
};
const speaker: Principal = {
  role: 'aggregator',
  partyId: 'AGG1',
  clientId: 'agg1-desk',
  actor: 'aggregator:AGG1',
  scopes: ['pods:write'],
};

let folder: string;
let store: EventStore;
let handler: CommandHandler<boolean, boolean, Switched>;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-repeats-'));
  const clock = new VirtualClock(0);
  store = await openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock });
  const decode = (event: object) => event as never;
  handler = createCommandHandler({ store, clock, decider: switchDecider, decode });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const request = (isOn: boolean, key?: string) =>
  handler.handle('switch-1', isOn, commandContext(speaker, 'switch-1', key, { isOn }));
const isOnNow = () => handler.stateOf('switch-1');

describe('without a key', () => {
  it('off, on and off again are three changes, and off once more is none', async () => {
    const changes = [];
    for (const isOn of [false, true, false, false]) {
      changes.push((await request(isOn)).events.length);
      expect(await isOnNow()).toBe(isOn);
    }
    expect(changes).toEqual([1, 1, 1, 0]);
  });
});

describe('under a key', () => {
  it('a repeat is answered from the log, whatever has happened since', async () => {
    const first = await request(false, 'k1');
    await request(true, 'k2');
    expect(await request(false, 'k1')).toEqual({ ...first, repeated: true });
    expect(await isOnNow()).toBe(true);
  });

  it('something else is refused', async () => {
    await request(false, 'k1');
    await expect(request(true, 'k1')).rejects.toThrow(CommandConflict);
    expect(await isOnNow()).toBe(false);
  });

  it('the same under another key is meant anew', async () => {
    for (const [key, isOn] of [
      ['k1', false],
      ['k2', true],
      ['k3', false],
    ] as const) {
      expect((await request(isOn, key)).events).toHaveLength(1);
    }
  });
});
