/** The record of a mirror that has followed for long: who begins reads its end, and knows what all of it says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type MirrorEvent,
  type MirrorState,
  type MirroredEvent,
  currentVersionOf,
  mirrorDecider,
  mirrorStream,
} from '@flexledger/domain';
import { type EventStore, openSqliteEventStore } from '@flexledger/event-store';
import { wallClock } from '@flexledger/runtime';
import { beginRecord, revisionBehind, revisionsBefore } from './mirror-record';

const mirror = 'market';
const stream = mirrorStream(mirror);

let folder: string;
let log: EventStore;
/** Events of the record that were read. */
let read: number;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mirror-record-'));
  log = openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock: wallClock });
  read = 0;
});
afterEach(async () => {
  await log.close();
  rmSync(folder, { recursive: true });
});

const counted = {
  async *readStream(...asked: Parameters<EventStore['readStream']>) {
    for await (const event of log.readStream(...asked)) {
      read += 1;
      yield event;
    }
  },
};

const shown = (position: number, more: Partial<MirroredEvent> = {}) => ({
  position,
  eventId: `e${position}`,
  type: 'SessionOpened',
  streamId: `session-${position % 10}`,
  revision: Math.floor(position / 10),
  recordedAt: '2026-03-17T10:00:00.000Z',
  hash: `h${position}`,
  became: 'taken' as const,
  text: '',
  ...more,
});

/** Follows for so many events, two at a time, as the mirror does; answers what all of the record says. */
async function followed(count: number): Promise<MirrorState> {
  const started: MirrorEvent = {
    type: 'MirrorStarted',
    data: { mirror, url: 'https://a', party: 'dso' },
  };
  const alarm: MirrorEvent = {
    type: 'MirrorAlarmRaised',
    data: { mirror, kind: 'late', position: 3, reason: 'why', known: null, shown: null },
  };
  const checkpoint: MirrorEvent = {
    type: 'CheckpointMirrored',
    data: {
      mirror,
      note: 'n',
      size: 5,
      root: 'r',
      since: { size: 0, proof: [] },
      inclusions: [{ position: 7, index: 7, proof: [] }],
    },
  };
  const events: MirrorEvent[] = [started, alarm, checkpoint];
  let state = events.reduce(mirrorDecider.evolve, mirrorDecider.initialState);
  for (let position = 0; position < count; position += 2) {
    const both = [shown(position), shown(position + 1)];
    const command = { kind: 'recordShown', mirror, shown: both, isWhole: true } as const;
    for (const event of mirrorDecider.decide(command, state)) {
      events.push(event);
      state = mirrorDecider.evolve(state, event);
    }
  }
  let id = 0;
  for (let from = 0; from < events.length; from += 500) {
    const part = events.slice(from, from + 500).map(({ type, data }) => ({
      id: `5f1c8f5e-0000-4000-8000-${String((id += 1)).padStart(12, '0')}`,
      type,
      schemaVersion: currentVersionOf(type),
      occurredAt: '2026-03-17T10:00:00.000Z',
      correlationId: 'c',
      causationId: 'c',
      actor: 'platform:mirror',
      data,
    }));
    await log.append(stream, 'any', part);
  }
  return state;
}

it('one that has just begun is read whole', async () => {
  expect((await beginRecord(counted, stream)).revision).toBe(-1);
  const whole = await followed(300);
  const { state, from } = await beginRecord(counted, stream);
  expect([state, from]).toEqual([whole, 0]);
});

it('a long one is known by its last summary and its last events, as if it were read whole', async () => {
  const whole = await followed(8_000);
  const { state, revision, from } = await beginRecord(counted, stream);
  expect(read).toBeLessThan(1_024 + 50);
  expect(revision).toBeGreaterThan(4_000);
  expect({ ...state, revisions: null }).toEqual({ ...whole, revisions: null });
  expect([...state.raised]).toEqual(['late/3/why']);
  // Where streams stood that have rested since is read only when one goes on.
  const earlier = await revisionsBefore(log, stream, from);
  expect(new Map([...earlier, ...state.revisions])).toEqual(whole.revisions);
});

it('the first that is not proved yet is found without reading what is before it', async () => {
  await followed(8_000);
  for (const after of [-Infinity, 6_000, 6_001, 7_999]) {
    read = 0;
    const from = await revisionBehind(counted, stream, after);
    expect(read).toBeLessThan(100);
    const positions: number[] = [];
    for await (const { type, data } of log.readStream(stream, from)) {
      if (type !== 'EventsMirrored') continue;
      for (const { position } of (data as { events: MirroredEvent[] }).events) {
        if (position > after) positions.push(position);
      }
    }
    const first = Math.max(0, after + 1);
    expect([positions[0], positions.length]).toEqual([
      first < 8_000 ? first : undefined,
      8_000 - first,
    ]);
  }
});
