import type { Decider } from '../log/decider';
import { differenceAt } from './compare-shown';
import { CLAIMS_OF_PODS } from '../pod/events';
import type { MirrorAlarm, MirrorEvent, MirroredCheckpoint, MirroredEvent } from './events';

/** What a stream showed, in the order shown; `text` is what it said, word for word. */
export interface ShownEvent extends MirroredEvent {
  readonly text: string;
}

export type MirrorCommand =
  | {
      readonly kind: 'startMirror';
      readonly mirror: string;
      readonly url: string;
      readonly party: string;
    }
  | {
      readonly kind: 'recordShown';
      readonly mirror: string;
      readonly shown: readonly ShownEvent[];
      /** The reader is shown the whole log: each stream's revisions then follow on each other. */
      readonly isWhole: boolean;
      /** Revisions from before what the state was read from; absent where it knows of the whole record. */
      readonly earlier?: ReadonlyMap<string, number>;
    }
  | {
      readonly kind: 'raiseAlarms';
      readonly mirror: string;
      readonly alarms: readonly MirrorAlarm[];
    }
  | ({ readonly kind: 'recordCheckpoint'; readonly mirror: string } & MirroredCheckpoint);

export interface MirrorState {
  readonly source: { readonly url: string; readonly party: string } | null;
  /** Position of the last event recorded; undefined before the first. */
  readonly last: number | undefined;
  /** The last events recorded, by position: a repeat is known by them. */
  readonly recent: ReadonlyMap<number, MirroredEvent>;
  /** Revision of each stream's last event. */
  readonly revisions: ReadonlyMap<string, number>;
  /** Streams of PoDs that are registered otherwise here: nothing more of them is taken. */
  readonly disputed: ReadonlySet<string>;
  /** What was raised, each once. */
  readonly raised: ReadonlySet<string>;
  readonly checkpoint: { readonly size: number; readonly root: string } | null;
  /** Events up to this position are in a checkpoint that is held. */
  readonly provedUpTo: number | undefined;
  /** Events of the record since the last summary. */
  readonly sinceSummary: number;
}

/** How many events are remembered by which a repeat is known. */
export const RECENT_EVENTS = 256;
/** So often the record is summarised. */
export const SUMMARY_EVERY = 500;
/** How many alarms are remembered, each of which is raised once. */
const REMEMBERED_ALARMS = 500;
/** With more of them a summary would be too large for an event; the one before it counts. */
const DISPUTED_AT_MOST = 5_000;

/** The record of a mirror: each event once, in the other log's order, and whatever speaks against it. */
export const mirrorDecider: Decider<MirrorState, MirrorCommand, MirrorEvent> = {
  initialState: {
    source: null,
    last: undefined,
    recent: new Map(),
    revisions: new Map(),
    disputed: new Set(),
    raised: new Set(),
    checkpoint: null,
    provedUpTo: undefined,
    sinceSummary: 0,
  },
  decide(command, state) {
    const { mirror } = command;
    switch (command.kind) {
      case 'startMirror': {
        const { url, party } = command;
        if (state.source?.url === url && state.source.party === party) return [];
        return [{ type: 'MirrorStarted', data: { mirror, url, party } }];
      }
      case 'recordShown':
        return withSummary(mirror, state, recordShown(command, state));
      case 'raiseAlarms':
        return alarmsOf(mirror, command.alarms, state);
      case 'recordCheckpoint': {
        const { kind: _, ...data } = command;
        const isKnown = state.checkpoint !== null && data.size <= state.checkpoint.size;
        if (isKnown && data.inclusions.length === 0) return [];
        return [{ type: 'CheckpointMirrored', data }];
      }
    }
  },
  evolve(before, { type, data }) {
    const state = { ...before, sinceSummary: before.sinceSummary + 1 };
    switch (type) {
      case 'MirrorStarted':
        return { ...state, source: { url: data.url, party: data.party } };
      case 'EventsMirrored':
        return withEvents(state, data.events);
      case 'MirrorAlarmRaised':
        return withAlarm(state, data);
      case 'CheckpointMirrored': {
        const { size, root, inclusions } = data;
        const provedUpTo = inclusions.at(-1)?.position ?? state.provedUpTo;
        return { ...state, checkpoint: { size, root }, provedUpTo };
      }
      case 'MirrorSummarised': {
        const { url, party, disputed, raised, checkpoint } = data;
        return {
          ...state,
          source: { url, party },
          disputed: new Set(disputed),
          raised: new Set(raised),
          checkpoint,
          provedUpTo: data.provedUpTo ?? undefined,
          sinceSummary: 0,
        };
      }
      default:
        return state;
    }
  },
};

/** With a summary behind them, where it is time for one. */
function withSummary(
  mirror: string,
  before: MirrorState,
  events: readonly MirrorEvent[],
): MirrorEvent[] {
  if (before.sinceSummary + events.length < SUMMARY_EVERY) return [...events];
  const state = events.reduce(mirrorDecider.evolve, before);
  const { source, disputed, raised, checkpoint, provedUpTo = null } = state;
  if (!source || disputed.size > DISPUTED_AT_MOST) return [...events];
  const summary = { ...source, disputed: [...disputed], raised: [...raised] };
  const data = { mirror, ...summary, checkpoint, provedUpTo };
  return [...events, { type: 'MirrorSummarised', data }];
}

function recordShown(
  { mirror, shown, isWhole, earlier }: Extract<MirrorCommand, { kind: 'recordShown' }>,
  state: MirrorState,
): MirrorEvent[] {
  const events: MirroredEvent[] = [];
  const alarms: MirrorAlarm[] = [];
  const revisions = new Map<string, number>();
  let { last } = state;
  for (const { text, ...event } of shown) {
    const { position, streamId, revision } = event;
    if (last !== undefined && position <= last) {
      const known = state.recent.get(position) ?? events.find((one) => one.position === position);
      const isForgotten = !known && position < oldestOf(state);
      const difference = isForgotten ? undefined : differenceAt(known, { ...event, text });
      if (difference) alarms.push(difference);
      continue;
    }
    const before =
      revisions.get(streamId) ?? state.revisions.get(streamId) ?? earlier?.get(streamId) ?? -1;
    if (isWhole && revision !== before + 1) {
      const reason = `after revision ${before} of ${streamId} comes ${revision}: what lies between was not shown`;
      alarms.push({ kind: 'gap', position, reason, known: null, shown: text });
    }
    revisions.set(streamId, revision);
    events.push(event);
    last = position;
  }
  const recorded: MirrorEvent[] =
    events.length === 0 ? [] : [{ type: 'EventsMirrored', data: { mirror, events } }];
  return [...recorded, ...alarmsOf(mirror, alarms, state)];
}

/** Before this position the memory of events ends. */
function oldestOf({ recent }: MirrorState): number {
  const [oldest = -Infinity] = recent.keys();
  return recent.size < RECENT_EVENTS ? -Infinity : oldest;
}

/** What was not raised before. */
function alarmsOf(
  mirror: string,
  alarms: readonly MirrorAlarm[],
  { raised }: MirrorState,
): MirrorEvent[] {
  const keys = new Set(raised);
  return alarms.flatMap((alarm): MirrorEvent[] => {
    const key = keyOf(alarm);
    if (keys.has(key)) return [];
    keys.add(key);
    return [{ type: 'MirrorAlarmRaised', data: { mirror, ...alarm } }];
  });
}

const keyOf = ({ kind, position, reason }: MirrorAlarm): string => `${kind}/${position}/${reason}`;

function withAlarm(state: MirrorState, alarm: MirrorAlarm): MirrorState {
  const raised = new Set([...state.raised, keyOf(alarm)].slice(-REMEMBERED_ALARMS));
  const event = state.recent.get(alarm.position);
  const isClaim = alarm.kind === 'contradicting' && event && CLAIMS_OF_PODS.has(event.type);
  if (!isClaim) return { ...state, raised };
  return { ...state, raised, disputed: new Set([...state.disputed, event.streamId]) };
}

function withEvents(state: MirrorState, events: readonly MirroredEvent[]): MirrorState {
  const all = [...state.recent, ...events.map((event) => [event.position, event] as const)];
  const revisions = new Map(state.revisions);
  const disputed = new Set(state.disputed);
  for (const { streamId, revision, type, became } of events) {
    revisions.set(streamId, revision);
    // The two have come to agree.
    if (CLAIMS_OF_PODS.has(type) && became === 'taken') disputed.delete(streamId);
  }
  return {
    ...state,
    disputed,
    last: events.at(-1)?.position ?? state.last,
    recent: new Map(all.slice(-RECENT_EVENTS)),
    revisions,
  };
}
