/**
 * Follows another organisation's log as one of its parties is shown it, and keeps what it was shown: the
 * events in the streams of their names, where they come from in `mirror-{name}`. Whatever speaks against
 * the other log (another history than before, something withheld, no proof) is kept there too, and told.
 */
import {
  type MirrorAlarm,
  type MirrorCommand,
  type MirrorState,
  type MirroredEvent,
  RECENT_EVENTS,
  isOfMirror,
  mirrorDecider,
  mirrorStream,
} from '@flexledger/domain';
import {
  BEFORE_FIRST,
  type EventStore,
  type Processor,
  createCommandHandler,
  recurringContextOf,
} from '@flexledger/event-store';
import { createPlatformClient } from '@flexledger/ports';
import { type Clock, messageOf, sleep, withoutFullStop } from '@flexledger/runtime';
import type { TokenOfClient } from '../access/client-credentials';
import { type Frame, framesOf } from './event-stream';
import { beginRecord, recordedEvents, revisionBehind, revisionsBefore } from './mirror-record';
import { newestCheckpoint } from './mirrored-checkpoints';
import { type ForeignEvent, readShown } from './shown-event';
import { asShown, compareHistory, unsound } from './shown-history';
import { type EventTaker, type KeptThere, eventTaker } from './take-events';

/** Whose log is followed, and as whom. */
export interface MirrorSource {
  /** Of this mirror, for ever: its record stands under it. */
  readonly name: string;
  /** Where the other log's `/api/v1/events` is, without a path. */
  readonly url: string;
  /** Where its checkpoints and proofs are, without a path. */
  readonly certifierUrl: string;
  /** As whom it is read: `aggregator:AGG1`, `auditor`. */
  readonly party: string;
  /** Whose data are kept there: only of those its log can say who reads them; nobody's where absent. */
  readonly keeps?: KeptThere;
  /** Brings what is shown in the place of its stream of events: then there is no history to be compared. */
  readonly carrier?: MirrorCarrier;
}

/**
 * What another way than HTTP brings of what a party is shown, in the order of the other log, from wherever it had come
 * to: what comes twice is known. Who asks for the next has recorded what was before it.
 */
export type MirrorCarrier = (signal: AbortSignal) => AsyncIterable<readonly Frame[]>;

export interface MirrorOptions {
  readonly source: MirrorSource;
  readonly token: TokenOfClient;
  /** The own log. */
  readonly log: EventStore;
  /** That of the own log. */
  readonly clock: Clock;
  /** Told of each alarm once, and when the other side cannot be followed. */
  readonly onProblem: (problem: string) => void;
  /** Pauses after a failure, the last one repeated. */
  readonly pausesMs?: readonly number[];
  /** How often the whole history is read again and compared. */
  readonly lookBackEveryMs?: number;
  /** How often checkpoints and proofs are asked for. */
  readonly proveEveryMs?: number;
}

const PAUSES_MS: readonly number[] = [500, 2_000, 5_000, 15_000, 30_000];
const LOOK_BACK_EVERY_MS = 86_400_000;
const PROVE_EVERY_MS = 60_000;
/** That the other side does not answer is told so often. */
const TOLD_EVERY_MS = 600_000;
/** Events recorded at a time. */
const BATCH = 250;
const ACTOR = 'platform:mirror';
/** Who is shown the whole log, so that each stream's revisions follow on each other. */
const SHOWN_ALL = /^(operator|auditor|platform:.*)$/;

/** The processor that follows: one instance at a time, under a lease. */
export function createMirror(options: MirrorOptions): Processor {
  const { source, token, log, clock, onProblem } = options;
  const { pausesMs = PAUSES_MS } = options;
  const { lookBackEveryMs = LOOK_BACK_EVERY_MS, proveEveryMs = PROVE_EVERY_MS } = options;
  const { name: mirror, url, party, carrier } = source;
  const streamId = mirrorStream(mirror);
  // Another carrier brings some types of event only.
  const isWhole = !carrier && SHOWN_ALL.test(party);
  const call = createPlatformClient({ baseUrl: url, token });
  const decider = mirrorDecider;
  /** From which revision of the record on its events are in memory. */
  let knownFrom = 0;
  const handler = createCommandHandler({
    store: log,
    clock,
    decider,
    rememberedCommands: 0,
    async startAt(stream) {
      const { state, revision, from } = await beginRecord(log, stream);
      knownFrom = from;
      return { state, revision };
    },
  });
  /** Rings when the other log is heard to have sealed a checkpoint. */
  const sealed = createBell();

  const stateNow = (): Promise<MirrorState> => handler.stateOf(streamId);

  async function record(command: MirrorCommand): Promise<void> {
    const context = recurringContextOf(`${streamId}/${command.kind}`, streamId, ACTOR);
    const { events } = await handler.handle(streamId, command, context);
    for (const { type, data } of events) {
      if (type === 'MirrorAlarmRaised') tell(`${data.kind}: ${data.reason}`);
    }
  }

  function tell(problem: string): void {
    onProblem(`Mirror ${mirror} of ${url}: ${problem}.`);
  }

  async function raise(alarms: readonly MirrorAlarm[]): Promise<void> {
    if (alarms.length > 0) await record({ kind: 'raiseAlarms', mirror, alarms });
  }

  /** Takes and records what the stream has shown. */
  async function recordShown(frames: readonly Frame[], take: EventTaker): Promise<void> {
    const read = frames.map((frame) => ({ ...frame, shown: readShown(frame.data) }));
    const alarms = read.flatMap(({ id, data, at, shown }) =>
      typeof shown === 'string'
        ? [unsound(positionOf(id), at === undefined ? shown : `${at}: ${shown}`, data)]
        : [],
    );
    const foreign = read.flatMap(({ shown }) =>
      typeof shown === 'string' || isOfMirror(shown.event) ? [] : [shown],
    );
    const { last = BEFORE_FIRST, disputed } = await stateNow();
    const fresh = foreign.filter(({ event }) => event.position > last);
    const standing = new Set<number>();
    for (const [index, { isTaken, fault }] of (await take(fresh, disputed)).entries()) {
      const { event, text } = fresh[index]!;
      if (isTaken) standing.add(event.position);
      if (fault) alarms.push({ ...unsound(event.position, fault.reason, text), kind: fault.kind });
    }
    const shown = foreign.map((one) =>
      asShown(one, standing.has(one.event.position) ? 'taken' : 'named'),
    );
    const earlier = isWhole ? await earlierRevisions(fresh) : undefined;
    await record({ kind: 'recordShown', mirror, shown, isWhole, ...(earlier && { earlier }) });
    await raise(alarms);
    if (fresh.some(({ event }) => event.type === 'CheckpointSealed')) sealed.ring();
  }

  let revisionsOfBefore: Promise<ReadonlyMap<string, number>> | undefined;

  /** Where streams stood before what is in memory: read once, when one goes on that has rested since. */
  async function earlierRevisions(
    fresh: readonly ForeignEvent[],
  ): Promise<ReadonlyMap<string, number> | undefined> {
    const { revisions } = await stateNow();
    const isRested = fresh.some(
      ({ event }) => event.revision > 0 && !revisions.has(event.streamId),
    );
    if (!isRested || knownFrom === 0) return undefined;
    revisionsOfBefore ??= revisionsBefore(log, streamId, knownFrom);
    return revisionsOfBefore;
  }

  async function wasTaken(eventId: string): Promise<boolean> {
    for await (const event of recordedEvents(log, streamId)) {
      if (event.eventId === eventId) return event.became === 'taken';
    }
    return false;
  }

  /** What came last is what a log that was restored, or made anew, has otherwise. */
  async function compareRecent({ recent, last }: MirrorState): Promise<void> {
    if (last === undefined) return;
    const [oldest] = recent.keys();
    const after = recent.size < RECENT_EVENTS ? BEFORE_FIRST : oldest!;
    await raise(await compareHistory(call, { events: recent.values(), after, upTo: last }));
  }

  async function lookBack(): Promise<void> {
    const { last } = await stateNow();
    if (last === undefined) return;
    const events = recordedEvents(log, streamId);
    const stretch = { events, after: BEFORE_FIRST, upTo: last };
    await raise(await compareHistory(call, stretch));
  }

  /** Revision of the record from which on something is not proved yet; looked for at the first time. */
  let unprovedFrom: number | undefined;

  async function* unproved(after: number): AsyncGenerator<MirroredEvent> {
    unprovedFrom ??= await revisionBehind(log, streamId, after);
    for await (const { type, data, revision } of log.readStream(streamId, unprovedFrom)) {
      if (type !== 'EventsMirrored') continue;
      const { events } = data as { events: readonly MirroredEvent[] };
      if (events.at(-1)!.position <= after) unprovedFrom = revision + 1;
      else yield* events.filter(({ position }) => position > after);
    }
  }

  /** Asks for the newest checkpoint, and for proofs until there are no more for now. */
  async function prove(): Promise<void> {
    for (let isMore = true; isMore;) {
      const found = await newestCheckpoint(source, await stateNow(), unproved);
      await raise(found?.alarms ?? []);
      const checkpoint = found?.checkpoint;
      if (checkpoint) await record({ kind: 'recordCheckpoint', mirror, ...checkpoint });
      isMore = found?.isMore ?? false;
    }
  }

  /** Follows until the stream ends, as it does with its token. */
  async function follow(signal: AbortSignal): Promise<void> {
    await record({ kind: 'startMirror', mirror, url, party });
    const take = eventTaker(log, BATCH, wasTaken, source.keeps);
    for await (const frames of carrier ? carrier(signal) : streamed(signal)) {
      for (let from = 0; from < frames.length; from += BATCH) {
        if (signal.aborted) return;
        await recordShown(frames.slice(from, from + BATCH), take);
      }
    }
  }

  /** The stream of events, once what was shown last is found to be as it was. */
  async function* streamed(signal: AbortSignal): AsyncGenerator<readonly Frame[]> {
    const state = await stateNow();
    await compareRecent(state);
    const response = await open(state.last, signal);
    yield* framesOf(response.body!);
  }

  async function open(last: number | undefined, signal: AbortSignal): Promise<Response> {
    const ask = async (isStale: boolean): Promise<Response> =>
      fetch(new URL('/api/v1/events', url), {
        headers: {
          accept: 'text/event-stream',
          authorization: `Bearer ${await token(isStale)}`,
          ...(last === undefined ? {} : { 'last-event-id': String(last) }),
        },
        redirect: 'error',
        signal,
      });
    let response = await ask(false);
    if (response.status === 401) response = await ask(true);
    const isStream = response.headers.get('content-type')?.includes('text/event-stream');
    if (response.ok && isStream && response.body) return response;
    const said = (await response.text()).slice(0, 300);
    throw new Error(`it opened no stream of events but answered ${response.status} ${said}`);
  }

  /**
   * Does something again and again until the signal aborts: after a pause, which the bell ends, and
   * after a failure with growing ones. Of failures that follow on each other one is told now and then.
   */
  async function regularly(
    what: string,
    task: (signal: AbortSignal) => Promise<void>,
    everyMs: number,
    signal: AbortSignal,
    bell?: Bell,
  ): Promise<void> {
    let toldMs = -Infinity;
    for (let failures = 0; !signal.aborted;) {
      const rung = bell?.rung();
      try {
        await task(signal);
        failures = 0;
        await sleep(everyMs, rung ? AbortSignal.any([signal, rung]) : signal);
      } catch (error) {
        if (signal.aborted) return;
        if (clock.nowMs() - toldMs >= TOLD_EVERY_MS) {
          toldMs = clock.nowMs();
          tell(`${what} failed: ${reasonOf(error)}; it is tried again`);
        }
        await sleep(pausesMs[Math.min(failures, pausesMs.length - 1)]!, signal);
        failures += 1;
      }
    }
  }

  return {
    name: `mirror/${mirror}`,
    types: [],
    handle: async () => {},
    async begin({ signal }) {
      void regularly('following it', follow, pausesMs[0]!, signal);
      if (!carrier) void regularly('comparing its history', lookBack, lookBackEveryMs, signal);
      void regularly('asking for its proofs', prove, proveEveryMs, signal, sealed);
    },
  };
}

/** What ends a pause before its time. */
interface Bell {
  ring(): void;
  /** Aborts when it rings next. */
  rung(): AbortSignal;
}

function createBell(): Bell {
  let next = new AbortController();
  return {
    ring() {
      next.abort();
      next = new AbortController();
    },
    rung: () => next.signal,
  };
}

/** `fetch` itself only says that it failed, its cause says why. */
function reasonOf(error: unknown): string {
  const { cause } = error as { readonly cause?: unknown };
  const isOfFetch = error instanceof TypeError && cause instanceof Error;
  return withoutFullStop(messageOf(isOfFetch ? cause : error));
}

function positionOf(id: string): number {
  const position = Number(id);
  return Number.isSafeInteger(position) ? position : BEFORE_FIRST;
}
