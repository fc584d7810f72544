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
  decodeEvent,
  podDecider,
} from '@flexledger/domain';
import { EventIdTaken, type EventStore, RevisionConflict } from '@flexledger/event-store';
import { canonicalJson } from '@flexledger/identity';
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
  'CheckpointSealed',
  'CheckpointAnchored',
  'CheckpointCosigned',
  'AnchorFailed',
]);

/**
 * Takes events into a log; answers in their order. One a connection: of the first events after it some may
 * stand already because they were taken and not recorded when the one before ended. What else stands
 * already, as it is shown, is this log's own, which the other follows and shows again.
 *
 * @param unrecordedAtMost how many those first ones are
 * @param wasTaken whether the mirror's record has it that an event was taken from the other log; asked when a PoD
 *   changes hands
 */
export function eventTaker(
  log: EventStore,
  unrecordedAtMost: number,
  wasTaken: (eventId: string) => Promise<boolean>,
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

  async function appendAlone(foreign: Candidate): Promise<Taken> {
    for (let tries = 1; ; tries += 1) {
      revisions.delete(foreign.event.streamId);
      try {
        await (
          await append(foreign.event)
        ).stored;
        return TAKEN;
      } catch (error) {
        revisions.delete(foreign.event.streamId);
        if (error instanceof EventIdTaken) return standing(foreign, error);
        if (!(error instanceof RevisionConflict) || tries === ATTEMPTS) throw error;
      }
    }
  }

  /**
   * Why a PoD cannot be whose the other log says it is: it is another aggregator's here, and not by what the other
   * log said before.
   *
   * @param together ids of what is taken with it
   */
  async function claimFault(
    { id, type, streamId, data }: RecordedEvent,
    together: ReadonlySet<string>,
  ): Promise<string | undefined> {
    if ((await lastOf(streamId)) < 0) return undefined;
    let state: PodState = podDecider.initialState;
    let stands: RecordedEvent | undefined;
    for await (const event of log.readStream(streamId)) {
      if (event.id === id) return undefined;
      state = podDecider.evolve(state, decodeEvent(event) as unknown as PodEvent);
      if (isClaim(event)) stands = event;
    }
    const { podId, aggregatorId } = data as { podId: string; aggregatorId: string };
    if (state.status !== 'registered' || state.details.aggregatorId === aggregatorId) {
      return undefined;
    }
    // Who has registered it may give it to another aggregator.
    const isOfThere = stands && (together.has(stands.id) || (await wasTaken(stands.id)));
    if (type === 'PodDetailsChanged' && isOfThere) return undefined;
    return (
      `PoD ${podId} is registered for ${state.details.aggregatorId} in this log (${stands?.id}), for ` +
      `${aggregatorId} in the other (${id}); nothing more of it is taken until one of the two takes it back`
    );
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
      // Of two logs the one that recorded it earlier said it.
      const isEarlierThere = Date.parse(event.recordedAt) <= Date.parse(stands.recordedAt);
      if (isOfKind && isWhole) return { isTaken: isFirst && isEarlierThere };
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
    for (const [index, { event, fault }] of events.entries()) {
      let isForThisLog = fault === undefined && !isOwnMatter(event);
      if (isForThisLog && isClaim(event)) {
        // What it may contradict is stored first.
        if ((await lastOf(event.streamId)) >= 0) await Promise.allSettled(storing);
        const claim = await claimFault(event, together);
        if (claim === undefined) closed.delete(event.streamId);
        else {
          closed.add(event.streamId);
          claims.set(index, claim);
        }
      }
      isForThisLog &&= !closed.has(event.streamId);
      if (isForThisLog) together.add(event.id);
      storing.push(isForThisLog ? (await append(event)).stored : undefined);
      // Its failure is met below.
      storing.at(-1)?.catch(() => undefined);
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
        const reason = claims.get(index)!;
        taken.push({ isTaken: false, fault: { kind: 'contradicting', reason } });
      } else if (!stored) taken.push({ isTaken: false });
      else
        taken.push(
          await stored
            .then(() => TAKEN)
            .catch(() => appendAlone({ ...events[index]!, isFirst: index < firstOnes })),
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

/** Whether an event says whose a PoD is. */
const isClaim = ({ type }: Pick<RecordedEvent, 'type'>): boolean => CLAIMS_OF_PODS.has(type);

const isRow = (row: unknown): boolean => typeof row === 'object' && row !== null;

const TAKEN: Taken = { isTaken: true };
