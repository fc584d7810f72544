/** What a log holds of a mirror: whom it followed as whom, what it was shown, and what it made of it. */
import { UsageError } from '@flexledger/command-line';
import {
  type MirrorAlarm,
  type MirrorEvent,
  type MirroredCheckpoint,
  type MirroredEvent,
  type RecordedEvent,
  mirrorStream,
} from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { documentDigest } from '@flexledger/identity';

type Source = Extract<MirrorEvent, { type: 'MirrorStarted' }>['data'];

/** What was recorded of one event, and when. */
export interface HeardEvent extends MirroredEvent {
  /** When the mirroring log recorded it. */
  readonly heardAt: string;
}

/** An event of another log as it stands in the mirroring one. */
export interface Copy {
  readonly type: string;
  readonly streamId: string;
  readonly digest: string;
}

/** The record of one mirror. */
export interface MirrorRecord {
  /** The last one; a mirror may have moved. */
  readonly source: Source;
  /** Positions rise, up to one. */
  heard(upTo: number): AsyncGenerator<HeardEvent>;
  readonly alarms: readonly MirrorAlarm[];
  readonly checkpoints: readonly MirroredCheckpoint[];
  /** Copies of what was taken, by id. */
  readonly copies: ReadonlyMap<string, Copy>;
}

/** @throws UsageError when the log has no mirror of that name, naming those that it has */
export async function readMirrorRecord(log: EventStore, mirror: string): Promise<MirrorRecord> {
  let source: Source | undefined;
  const alarms: MirrorAlarm[] = [];
  const checkpoints: MirroredCheckpoint[] = [];
  const taken = new Set<string>();
  for await (const event of recordOf(log, mirror)) {
    if (event.type === 'MirrorStarted') source = event.data;
    else if (event.type === 'MirrorAlarmRaised') alarms.push(event.data);
    else if (event.type === 'CheckpointMirrored') checkpoints.push(event.data);
    else if (event.type === 'EventsMirrored') {
      for (const { became, eventId } of event.data.events) {
        if (became === 'taken') taken.add(eventId);
      }
    }
  }
  if (!source) throw await noSuchMirror(log, mirror);
  const copies = new Map<string, Copy>();
  for await (const { id, type, streamId, data } of log.readAll()) {
    if (taken.has(id)) copies.set(id, { type, streamId, digest: documentDigest(data) });
  }
  return {
    source,
    alarms,
    checkpoints,
    copies,
    async *heard(upTo) {
      for await (const { type, data, recordedAt } of recordOf(log, mirror)) {
        if (type !== 'EventsMirrored') continue;
        for (const event of data.events) {
          if (event.position > upTo) return;
          yield { ...event, heardAt: recordedAt };
        }
      }
    },
  };
}

function recordOf(log: EventStore, mirror: string): AsyncIterable<RecordedEvent & MirrorEvent> {
  return log.readStream(mirrorStream(mirror)) as AsyncIterable<RecordedEvent & MirrorEvent>;
}

async function noSuchMirror(log: EventStore, mirror: string): Promise<UsageError> {
  const names = new Set<string>();
  for await (const { data } of log.readAll({ filter: { types: ['MirrorStarted'] } })) {
    names.add((data as Source).mirror);
  }
  const has = names.size === 0 ? 'it has none' : `it has ${[...names].join(', ')}`;
  return new UsageError(`The log has no mirror "${mirror}"; ${has}.`);
}
