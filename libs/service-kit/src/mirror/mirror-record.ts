/**
 * The record of a mirror, `mirror-{name}`, read from where it has to be: it grows with the other log, and who
 * begins needs its last summary and its last events only.
 */
import {
  type MirrorEvent,
  type MirrorState,
  type MirroredEvent,
  RECENT_EVENTS,
  decodeEvent,
  mirrorDecider,
} from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';

/** What a record has come to, from its end. */
export interface BegunRecord {
  readonly state: MirrorState;
  /** Of the last event folded; -1 where there is none. */
  readonly revision: number;
  /** Of the first event folded; what is before it is known by the summary alone. */
  readonly from: number;
}

/** Read back first; twice as many each time that they hold no summary, or too few events. */
const READ_BACK = 1_024;

type Log = Pick<EventStore, 'readStream'>;

/** Folds a record from its last summary on, with as many events as a repeat is known by. */
export async function beginRecord(log: Log, streamId: string): Promise<BegunRecord> {
  const last = await lastRevision(log, streamId);
  for (let back = READ_BACK; ; back *= 2) {
    const from = Math.max(0, last + 1 - back);
    let state = mirrorDecider.initialState;
    let revision = from - 1;
    let isSummarised = from === 0;
    for await (const recorded of log.readStream(streamId, from)) {
      const event = decodeEvent(recorded) as unknown as MirrorEvent;
      isSummarised ||= event.type === 'MirrorSummarised';
      state = mirrorDecider.evolve(state, event);
      ({ revision } = recorded);
    }
    const isEnough = from === 0 || (isSummarised && state.recent.size === RECENT_EVENTS);
    if (isEnough) return { state, revision, from };
  }
}

/** Everything that was recorded, in order, from a revision on and up to another one. */
export async function* recordedEvents(
  log: Log,
  streamId: string,
  from = 0,
  until = Infinity,
): AsyncGenerator<MirroredEvent> {
  for await (const { type, data, revision } of log.readStream(streamId, from)) {
    if (revision >= until) return;
    if (type === 'EventsMirrored') yield* (data as { events: readonly MirroredEvent[] }).events;
  }
}

/** Revision of each stream's last event, as recorded before a revision of the record. */
export async function revisionsBefore(
  log: Log,
  streamId: string,
  until: number,
): Promise<ReadonlyMap<string, number>> {
  const revisions = new Map<string, number>();
  for await (const event of recordedEvents(log, streamId, 0, until)) {
    revisions.set(event.streamId, event.revision);
  }
  return revisions;
}

/** From which revision on the record holds events behind a position of the other log, at the earliest. */
export async function revisionBehind(log: Log, streamId: string, after: number): Promise<number> {
  // Positions rise with revisions: before `low` there is none of them.
  let low = 0;
  let high = (await lastRevision(log, streamId)) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    let isBehind = true;
    for await (const { position } of recordedEvents(log, streamId, middle)) {
      isBehind = position > after;
      break;
    }
    if (isBehind) high = middle;
    else low = middle + 1;
  }
  // Of the events that are recorded together the first may be before it, and others behind.
  return Math.max(0, low - 1);
}

/** Revision of a stream's last event, -1 where there is none, found without reading it all. */
async function lastRevision(log: Log, streamId: string): Promise<number> {
  const isThere = async (revision: number): Promise<boolean> => {
    for await (const _ of log.readStream(streamId, revision)) return true;
    return false;
  };
  if (!(await isThere(0))) return -1;
  let low = 0;
  let high = 1;
  for (; await isThere(high); high *= 2) low = high;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (await isThere(middle)) low = middle;
    else high = middle;
  }
  return low;
}
