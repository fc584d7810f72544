/**
 * Takes another log's events into this one: each into the stream of its name, under its own id, with its
 * own type, times and causes, so that processors and views see what they would see over there.
 */
import {
  type PodEvent,
  type PodState,
  type RecordedEvent,
  CERTIFICATION_STREAM,
  CLAIMS_OF_PODS,
  GRID_SOURCE,
  decodeEvent,
  podDecider,
} from '@flexledger/domain';
import {
  AppendTooLarge,
  EventIdTaken,
  type EventStore,
  InvalidAppend,
  RevisionConflict,
} from '@flexledger/event-store';
import { canonicalJson } from '@flexledger/identity';
import { messageOf } from '@flexledger/runtime';
import { LRUCache } from 'lru-cache';
import { PARTIES, lineOf } from '../events/events-by-role';
import type { ForeignEvent } from './shown-event';

/** What became of an event: it stands in this log, or not; where it should and does not, why. */
export interface Taken {
  readonly isTaken: boolean;
  readonly fault?: { readonly kind: 'unsound' | 'contradicting'; readonly reason: string };
}

/** Takes events; answers in their order. Of `disputed` streams nothing is taken but a claim that contradicts no more. */
export type EventTaker = (
  events: readonly ForeignEvent[],
  disputed: ReadonlySet<string>,
) => Promise<readonly Taken[]>;

/** One that may be among those that were taken and not recorded. */
interface Candidate extends ForeignEvent {
  readonly isFirst: boolean;
}

/** What a claim says to what stands: nothing against it, what stands already, or otherwise. */
type Judged =
  { readonly says: 'new' | 'standing' } | { readonly says: 'otherwise'; readonly reason: string };

const STREAMS_REMEMBERED = 10_000;
/** Own platforms write to the same streams now and then; a few tries are enough. */
const ATTEMPTS = 20;

/**
 * Whether an event is the other log's own matter: its accounts, its processors, its certification. As
 * this log's own they would speak of accounts and checkpoints that it does not have.
 */
export function isOwnMatter({ type, streamId }: Pick<RecordedEvent, 'type' | 'streamId'>): boolean {
  if (streamId === CERTIFICATION_STREAM) return true;
  const line = lineOf(type);
  if (!line) return false;
  const isInternal = PARTIES.every((role) => line.shown[role] === 'none');
  return isInternal || line.ownedBy === 'party' || CERTIFICATION.has(type);
}

const CERTIFICATION: ReadonlySet<string> = new Set([
  'CertifierStarted',
  'LogKeyReplaced',
  'ContractsChanged',
  'CheckpointSealed',
  'CheckpointAnchored',
  'CheckpointCosigned',
  'AnchorFailed',
  'AnchorLost',
]);

/** Whose data the organisation of another log keeps, and so which grants its log can speak of. */
export interface KeptThere {
  readonly pods: boolean;
  readonly grid: boolean;
}

/**
 * Whether an event says who reads data that are not kept there: owners grant where their data are kept, and whoever
 * is followed could otherwise grant itself whatever is kept here.
 */
function grantsForeign({ type, data }: RecordedEvent, kept: KeptThere): boolean {
  if (lineOf(type)?.ownedBy !== 'access') return false;
  const { source } = data as { readonly source?: unknown };
  return source === GRID_SOURCE ? !kept.grid : !kept.pods;
}

/**
 * Takes events into a log; answers in their order. One a connection: of the first events after it some may
 * stand already because they were taken and not recorded when the one before ended. What else stands
 * already, as it is shown, is this log's own, which the other follows and shows again.
 *
 * @param unrecordedAtMost how many those first ones are
 * @param wasTaken whether the mirror's record has it that an event was taken from the other log; asked when a PoD
 *   changes hands
 * @param kept whose data are kept where the other log is
 */
export function eventTaker(
  log: EventStore,
  unrecordedAtMost: number,
  wasTaken: (eventId: string) => Promise<boolean>,
  kept: KeptThere = { pods: false, grid: false },
): EventTaker {
  /** So many of the next ones may stand unrecorded. */
  let first = unrecordedAtMost;
  /** Revision of each stream's last event; -1 where there is none. */
  const revisions = new LRUCache<string, number>({ max: STREAMS_REMEMBERED });

  async function lastOf(streamId: string): Promise<number> {
    let last = revisions.get(streamId);
    if (last !== undefined) return last;
    last = -1;
    for await (const { revision } of log.readStream(streamId)) last = revision;
    return last;
  }

  /** Resolves, once it is known where, with what resolves when it is stored: the next need not wait. */
  async function append(event: RecordedEvent): Promise<{ readonly stored: Promise<unknown> }> {
    const { streamId, revision: _, position: __, recordedAt: ___, hash: ____, ...proposed } = event;
    const last = await lastOf(streamId);
    revisions.set(streamId, last + 1);
    return { stored: log.append(streamId, last < 0 ? 'noStream' : last, [proposed]) };
  }

  /**
   * Appends, and does not wait until it is stored; behind a claim of its stream only once that is.
   *
   * @param behindClaims by stream with a claim: what was sent to be stored last
   */
  async function store(
    event: RecordedEvent,
    behindClaims: Map<string, Promise<unknown>>,
  ): Promise<{ readonly stored: Promise<unknown> }> {
    const { streamId } = event;
    const before = behindClaims.get(streamId);
    const stored = before
      ? before.then(async () => (await append(event)).stored)
      : (await append(event)).stored;
    if (before || isClaim(event)) behindClaims.set(streamId, stored);
    return { stored };
  }

  /**
   * Appends what could not be with the others, on what stands by now: a claim is judged on it again.
   *
   * @param closed streams of which nothing more is taken; one with a claim that contradicts is added
   */
  async function appendAlone(
    foreign: Candidate,
    together: ReadonlySet<string>,
    closed: Set<string>,
  ): Promise<Taken> {
    const { streamId } = foreign.event;
    for (let tries = 1; ; tries += 1) {
      revisions.delete(streamId);
      if (isClaim(foreign.event)) {
        const judged = await judgeClaim(foreign.event, together);
        if (judged.says === 'otherwise') {
          closed.add(streamId);
          return contradicting(judged.reason);
        }
        closed.delete(streamId);
      }
      try {
        await (
          await append(foreign.event)
        ).stored;
        return TAKEN;
      } catch (error) {
        revisions.delete(streamId);
        if (error instanceof EventIdTaken) return standing(foreign, error);
        if (error instanceof InvalidAppend || error instanceof AppendTooLarge) {
          const { type, id } = foreign.event;
          const reason = `${type} ${id} is not taken: ${messageOf(error)}`;
          return { isTaken: false, fault: { kind: 'unsound', reason } };
        }
        if (!(error instanceof RevisionConflict) || tries === ATTEMPTS) throw error;
      }
    }
  }

  /**
   * Judges what says whose a PoD is, or that it is nobody's: it cannot be so where it is an aggregator's here, and not
   * by what the other log said before.
   *
   * What is appended next to its stream stands on what it was judged by, or meets a conflict.
   *
   * @param together ids of what was stored with it
   */
  async function judgeClaim(
    { id, type, streamId, data }: RecordedEvent,
    together: ReadonlySet<string>,
  ): Promise<Judged> {
    let last = await lastOf(streamId);
    revisions.set(streamId, last);
    if (last < 0) return { says: 'new' };
    let state: PodState = podDecider.initialState;
    /** By which it is its aggregator's; one that says the same again takes nothing over. */
    let given: RecordedEvent | undefined;
    for await (const event of log.readStream(streamId)) {
      if (event.id === id) return { says: 'standing' };
      last = event.revision;
      const before = aggregatorOf(state);
      state = podDecider.evolve(state, decodeEvent(event) as unknown as PodEvent);
      if (aggregatorOf(state) !== before) given = event;
    }
    revisions.set(streamId, last);
    const { podId, aggregatorId } = data as { podId: string; aggregatorId: string };
    const isEnd = type === 'PodUnregistered';
    const standsFor = aggregatorOf(state);
    if (standsFor === undefined || (!isEnd && standsFor === aggregatorId)) return { says: 'new' };
    // Who has registered it may give it to another aggregator, or end it.
    const isOfThere = given && (together.has(given.id) || (await wasTaken(given.id)));
    if (type !== 'PodRegistered' && isOfThere) return { says: 'new' };
    const there = isEnd ? 'unregistered' : `for ${aggregatorId}`;
    const reason =
      `PoD ${podId} is registered for ${standsFor} in this log (${given?.id}), ${there} in the other (${id}); ` +
      'nothing more of it is taken until one of the two takes it back';
    return { says: 'otherwise', reason };
  }

  async function standing(
    { event, isFirst }: Candidate,
    { streamId, revision }: EventIdTaken,
  ): Promise<Taken> {
    for await (const stands of log.readStream(streamId, revision)) {
      const isOfKind =
        streamId === event.streamId &&
        stands.type === event.type &&
        stands.schemaVersion === event.schemaVersion;
      const isWhole = canonicalJson(stands.data) === canonicalJson(event.data);
      // Of two logs the one that recorded it earlier said it; at the same instant it is this log's own.
      const isEarlierThere = Date.parse(event.recordedAt) < Date.parse(stands.recordedAt);
      // A claim would let it take the PoD over: its time there is the other's word alone, so it stays this log's own.
      if (isOfKind && isWhole) return { isTaken: isFirst && isEarlierThere && !isClaim(event) };
      if (isOfKind && isPartOf(event.data, stands.data)) return { isTaken: false };
      const reason =
        `${event.type} ${event.id} stands in this log as ${stands.type} of ${streamId} ` +
        `(position ${stands.position}) with other content`;
      return { isTaken: false, fault: { kind: 'contradicting', reason } };
    }
    throw new Error(`Stream ${streamId} has no revision ${revision}, where ${event.id} stands.`);
  }

  return async (events, disputed) => {
    const storing: (Promise<unknown> | undefined)[] = [];
    const claims = new Map<number, string>();
    const closed = new Set(disputed);
    const together = new Set<string>();
    const behindClaims = new Map<string, Promise<unknown>>();
    for (const [index, { event, fault }] of events.entries()) {
      let isForThisLog = fault === undefined && !isOwnMatter(event) && !grantsForeign(event, kept);
      if (isForThisLog && isClaim(event)) {
        // What it may contradict is stored first.
        if ((await lastOf(event.streamId)) >= 0) await Promise.allSettled(storing);
        const judged = await judgeClaim(event, together);
        if (judged.says === 'new') closed.delete(event.streamId);
        else if (judged.says === 'otherwise') {
          // Ending its own side of a dispute is no further claim.
          const isEndOfDispute = event.type === 'PodUnregistered' && closed.has(event.streamId);
          if (!isEndOfDispute) claims.set(index, judged.reason);
          closed.add(event.streamId);
        }
      }
      isForThisLog &&= !closed.has(event.streamId);
      const stored = isForThisLog ? (await store(event, behindClaims)).stored : undefined;
      storing.push(stored);
      // What stands here already is not the other's word.
      void stored?.then(
        () => together.add(event.id),
        // Its failure is met below.
        () => undefined,
      );
    }
    const taken: Taken[] = [];
    const firstOnes = first;
    first -= events.length;
    for (const [index, stored] of storing.entries()) {
      const { event, fault } = events[index]!;
      if (fault !== undefined) {
        const reason = `${event.type} ${event.id} is not taken: ${fault}`;
        taken.push({ isTaken: false, fault: { kind: 'unsound', reason } });
      } else if (claims.has(index)) {
        taken.push(contradicting(claims.get(index)!));
      } else if (!stored) taken.push({ isTaken: false });
      else
        taken.push(
          await stored
            .then(() => TAKEN)
            .catch(() =>
              closed.has(event.streamId) && !isClaim(event)
                ? { isTaken: false }
                : appendAlone({ ...events[index]!, isFirst: index < firstOnes }, together, closed),
            ),
        );
    }
    return taken;
  };
}

/**
 * Whether data is a part of what stands, rows left out: who follows this log as a party holds its own rows only, and
 * shows those when it is followed in turn.
 */
function isPartOf(shown: object, stands: object): boolean {
  const rest = new Map(Object.entries(stands));
  for (const [name, value] of Object.entries(shown)) {
    const other: unknown = rest.get(name);
    if (!rest.delete(name)) return false;
    if (canonicalJson(value) === canonicalJson(other)) continue;
    if (!Array.isArray(value) || !Array.isArray(other)) return false;
    const rows = new Set(other.map((row) => canonicalJson(row)));
    if (!value.every((row) => isRow(row) && rows.has(canonicalJson(row)))) return false;
  }
  return rest.size === 0;
}

function aggregatorOf(state: PodState): string | undefined {
  return state.status === 'registered' ? state.details.aggregatorId : undefined;
}

/** Whether an event says whose a PoD is. */
const isClaim = ({ type }: Pick<RecordedEvent, 'type'>): boolean => CLAIMS_OF_PODS.has(type);

const isRow = (row: unknown): boolean => typeof row === 'object' && row !== null;

const TAKEN: Taken = { isTaken: true };

function contradicting(reason: string): Taken {
  return { isTaken: false, fault: { kind: 'contradicting', reason } };
}
