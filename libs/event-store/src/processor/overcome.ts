/**
 * What stands in a processor's way is tried again with growing pauses; then the processor halts, says
 * at what and why, and goes on trying slowly until it succeeds or an operator has decided that the
 * event is skipped.
 */
import {
  type ProcessorEventSkipped,
  type RecordedEvent,
  UnknownEventVersion,
  processorStream,
} from '@flexledger/domain';
import { messageOf } from '@flexledger/runtime';
import type { EventStore } from '../port';
import type { HeldLease } from './held-lease';
import type { Processor } from './processor';
import { describeHalt } from './processor-errors';
import type { Halt } from './processor-state';
import { eventsAfter, followAfter } from './read-after';
import type { ProcessorRunnerOptions } from './runner-options';
import type { Pauses } from './pauses';

/** The event at issue; ids are null where the log could not be read behind `position`. */
export interface Place {
  readonly eventId: string | null;
  readonly eventType: string | null;
  readonly position: number;
}

export const placeOf = ({ id, type, position }: RecordedEvent): Place => ({
  eventId: id,
  eventType: type,
  position,
});

export interface OvercomeOptions extends Required<
  Pick<ProcessorRunnerOptions, 'store' | 'onProblem' | 'backOffMs' | 'haltedRetryMs' | 'state'>
> {
  readonly pauses: Pauses;
  readonly processor: Processor;
  readonly held: HeldLease;
  /** Aborts when the instance stops or the lease is lost, with the reason. */
  readonly until: AbortSignal;
  /** What the state has noted of a halt, by this holder of the lease or one before. */
  readonly onRecord: { halt?: Halt | undefined };
}

/**
 * Does `attempt` until it succeeds or the event is skipped. A halt that is noted already at the same
 * event keeps its beginning.
 *
 * @throws LeaseLost, or why the instance stops
 */
export async function overcome(
  place: Place,
  attempt: () => Promise<void>,
  options: OvercomeOptions,
): Promise<'done' | 'skipped'> {
  const { pauses, processor, held, until, backOffMs, haltedRetryMs, onProblem } = options;
  const event = { id: place.eventId, position: place.position };
  const tell = (error: unknown, message: string): void =>
    onProblem({ processor: processor.name, event, error, message });
  let failure: { readonly error: unknown } | undefined;

  async function succeeds(): Promise<boolean> {
    await held.check();
    try {
      await attempt();
      return true;
    } catch (error) {
      failure = { error };
      return false;
    }
  }

  for (const delayMs of backOffMs) {
    if (await succeeds()) return 'done';
    until.throwIfAborted();
    if (isFinal(failure!.error)) break;
    const what = `${processor.name}, ${inWords(place)}: ${messageOf(failure!.error)}`;
    tell(failure!.error, `${what}; tried again in ${delayMs / 1000} s.`);
    await pauses.pause(delayMs, until);
    until.throwIfAborted();
  }
  if (!(failure && isFinal(failure.error)) && (await succeeds())) return 'done';
  until.throwIfAborted();

  const halt = await noteHalt(place, failure!.error, options);
  tell(failure!.error, describeHalt(processor.name, halt));
  for (;;) {
    if (await skippedWithin(haltedRetryMs, place, options)) return 'skipped';
    until.throwIfAborted();
    if (await succeeds()) return 'done';
    until.throwIfAborted();
  }
}

/** Ids of the events that an operator has let this processor go past. */
export async function skippedEvents(
  store: EventStore,
  processor: string,
): Promise<ReadonlySet<string>> {
  const skipped = new Set<string>();
  for await (const { type, data } of store.readStream(processorStream(processor))) {
    if (type === SKIPPED) skipped.add((data as Skipped).eventId);
  }
  return skipped;
}

type Skipped = ProcessorEventSkipped['data'];
const SKIPPED: ProcessorEventSkipped['type'] = 'ProcessorEventSkipped';

/** Trying again cannot help: this release does not know the event. */
function isFinal(error: unknown): boolean {
  return error instanceof UnknownEventVersion;
}

function inWords({ eventId, eventType, position }: Place): string {
  if (eventId === null) return `reading the log behind position ${position}`;
  return `event ${eventId} (${eventType ?? 'unread'}, position ${position})`;
}

async function noteHalt(place: Place, error: unknown, trying: OvercomeOptions): Promise<Halt> {
  const { state, pauses, held, onRecord } = trying;
  const noted = onRecord.halt;
  const isSame = noted?.eventId === place.eventId && noted.position === place.position;
  const sinceMs = isSame ? noted.sinceMs : pauses.nowMs();
  const halt = { ...place, reason: messageOf(error), sinceMs };
  await held.use((lease) => state.halt(lease, halt));
  onRecord.halt = halt;
  return halt;
}

/**
 * Takes back what is noted of a halt, where the processor has come as far as `reached`.
 *
 * @throws LeaseLost
 */
export async function clearHalt(trying: OvercomeOptions, reached = Infinity): Promise<void> {
  const { state, held, onRecord } = trying;
  if (!onRecord.halt || onRecord.halt.position > reached) return;
  await held.use((lease) => state.clearHalt(lease));
  onRecord.halt = undefined;
}

/** Waits for the operator's decision, at most so long. */
async function skippedWithin(
  durationMs: number,
  place: Place,
  options: OvercomeOptions,
): Promise<boolean> {
  const { pauses, until } = options;
  const over = new AbortController();
  const within = AbortSignal.any([until, over.signal]);
  const pause = pauses.pause(durationMs, within).then(() => false);
  try {
    return await Promise.race([pause, skipDecided(place, options, within)]);
  } finally {
    over.abort();
  }
}

/** Resolves, with true, when the decision stands in the log; never where there is none to come. */
async function skipDecided(
  { eventId, position }: Place,
  { store, processor }: OvercomeOptions,
  until: AbortSignal,
): Promise<boolean> {
  const filter = { types: [SKIPPED], streamPrefixes: [processorStream(processor.name)] };
  try {
    for await (const { data } of followAfter(store, position, filter, until)) {
      const skipped = data as Skipped;
      if (skipped.processor === processor.name && skipped.eventId === eventId) return true;
    }
  } catch {
    // The log cannot be read now; after the pause the decision is looked for again.
  }
  return new Promise<boolean>((resolve) =>
    until.addEventListener('abort', () => resolve(false), { once: true }),
  );
}

/** Whether the log can be read behind a position, as an attempt. */
export async function readNext(
  store: EventStore,
  after: number,
  types: readonly string[],
): Promise<void> {
  for await (const _event of eventsAfter(store, after, { types }, 1)) return;
}
