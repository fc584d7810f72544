/**
 * One processor's life in one instance: wait for the lease, begin where the last holder ended, handle
 * event after event, store each checkpoint under the lease, and go back to waiting when it is lost.
 */
import type { RecordedEvent } from '@flexledger/domain';
import { messageOf, withoutFullStop } from '@flexledger/runtime';
import { LogClosed } from '../errors';
import { BEFORE_FIRST } from '../port';
import { type HeldLease, holdLease } from './held-lease';
import {
  type OvercomeOptions,
  type Place,
  clearHalt,
  overcome,
  placeOf,
  readNext,
  skippedEvents,
} from './overcome';
import type { Pauses } from './pauses';
import type { Processor } from './processor';
import { LeaseLost } from './processor-errors';
import { LogUnread, anyBetween, followTogether } from './read-after';
import { IDLE_CHECKPOINT_MS, type ProcessorRunnerOptions } from './runner-options';

export interface FollowOptions extends Required<
  Omit<ProcessorRunnerOptions, 'timers' | 'clock' | 'again'>
> {
  readonly pauses: Pauses;
  /** Told when this instance gets or gives up the lease of a processor. */
  readonly onLease: (processor: string, isHeld: boolean) => void;
}

/** So many times within a lease's duration who waits asks for it. */
const ASKS_PER_LEASE = 20;

/** So many events at most are handed on together. */
const SEVERAL_AT_MOST = 1_000;

/** Follows the log with one processor until the signal aborts or the store closes; never rejects. */
export async function followProcessor(
  processor: Processor,
  options: FollowOptions,
  signal: AbortSignal,
): Promise<void> {
  const { pauses, backOffMs, onLease } = options;
  const turns = createTurns(processor, options);
  for (let failures = 0; !signal.aborted;) {
    let held: HeldLease | undefined;
    try {
      held = await turns.next(signal);
      if (!held) return;
      onLease(processor.name, true);
      await work(processor, options, held, signal);
      return;
    } catch (error) {
      if (signal.aborted || isClosed(error)) return;
      if (error instanceof LeaseLost) {
        turns.lost(error);
        failures = 0;
      } else {
        turns.tell(error, 'begins again soon');
        await pauses.pause(backOffMs[failures] ?? backOffMs.at(-1) ?? 1_000, signal);
        failures = Math.min(failures + 1, backOffMs.length);
      }
    } finally {
      if (held) {
        onLease(processor.name, false);
        await held.release().catch((error: unknown) => turns.tell(error, 'its lease will expire'));
      }
    }
  }
}

const isClosed = (error: unknown): boolean =>
  error instanceof LogClosed || (error instanceof LogUnread && error.cause instanceof LogClosed);

/** Taking the lease again and again, as one instance among others. */
function createTurns(processor: Processor, options: FollowOptions) {
  const { state, owner, leaseMs, pauses, onProblem } = options;
  const { name } = processor;
  let hasNamesake = false;
  const tell = (error: unknown, next: string): void => {
    const message = `${name}: ${withoutFullStop(messageOf(error))}; ${next}.`;
    onProblem({ processor: name, event: undefined, error, message });
  };

  /** Two of one name would take each other's lease in turns; the one that lost it stands back. */
  async function isWithNamesake(): Promise<boolean> {
    if (!hasNamesake) return false;
    const record = (await state.status()).find((one) => one.name === name);
    hasNamesake = record?.owner === owner && record.expiresMs > pauses.nowMs();
    return hasNamesake;
  }

  return {
    tell,
    /** Waits for the lease; undefined when the signal aborts before. */
    async next(signal: AbortSignal): Promise<HeldLease | undefined> {
      while (!signal.aborted) {
        if (!(await isWithNamesake())) {
          const askedMs = pauses.nowMs();
          const lease = await state.acquire(name, owner, leaseMs);
          const onFailure = (error: unknown): void =>
            tell(error, 'its lease is renewed again soon');
          if (lease) {
            return holdLease(lease, askedMs, { state, pauses, leaseMs, onProblem: onFailure });
          }
        }
        await pauses.pause(leaseMs / ASKS_PER_LEASE, signal);
      }
      return undefined;
    },
    lost(error: LeaseLost): void {
      hasNamesake = error.holder === owner;
      const next = hasNamesake
        ? `another instance is named ${owner} too: give each its own name; this one waits`
        : 'this instance waits for it again';
      tell(error, next);
    },
  };
}

/**
 * Handles event after event until the store closes.
 *
 * @throws LeaseLost, why the signal aborted, or what state and log throw to begin with
 */
async function work(
  processor: Processor,
  options: FollowOptions,
  held: HeldLease,
  signal: AbortSignal,
): Promise<void> {
  const { store, faults, viewsReady } = options;
  const { name, types } = processor;
  const until = AbortSignal.any([signal, held.lost]);
  const trying: OvercomeOptions = { ...options, processor, held, until, onRecord: {} };
  await faults.reach(`processor/${name}/acquired`);
  const skipped = await skippedEvents(store, name);
  const progress = await beginning(trying, options);
  await processor.begin?.({ signal: until, fence: held.lease.fence });
  const idle = moveOnIdle(progress, trying);

  const attempt = async (event: RecordedEvent): Promise<void> => {
    const decoded = options.decode(event);
    await viewsReady(event.position);
    await faults.reach(`processor/${name}/handling`);
    await processor.handle(decoded);
  };
  const one = async (event: RecordedEvent): Promise<void> => {
    if (!skipped.has(event.id)) await overcome(placeOf(event), () => attempt(event), trying);
    await faults.reach(`processor/${name}/handled`);
    await progress.reach(event.position);
  };
  /** Whether it was done; what stands in the way is met, and told, by the first of them alone. */
  const several = async (events: readonly RecordedEvent[]): Promise<boolean> => {
    await held.check();
    await faults.reach(`processor/${name}/handling`);
    try {
      const wanted = events.filter(({ id }) => !skipped.has(id)).map(options.decode);
      await viewsReady(events.at(-1)!.position);
      if (wanted.length > 0) await processor.handleSeveral!(wanted);
    } catch {
      until.throwIfAborted();
      return false;
    }
    await faults.reach(`processor/${name}/handled`);
    await progress.reach(events.at(-1)!.position);
    return true;
  };
  const most = processor.handleSeveral ? SEVERAL_AT_MOST : 1;
  try {
    for (;;) {
      try {
        const filter = { types };
        const following = followTogether(store, progress.reached(), filter, until, most);
        for await (const events of following) await inParts(events, one, several);
        until.throwIfAborted();
        return;
      } catch (error) {
        if (!(error instanceof LogUnread) || error.cause instanceof LogClosed) throw error;
        const place = unreadPlace(error);
        const read = (): Promise<void> => readNext(store, error.after, types);
        const outcome = await overcome(place, read, trying);
        // What can be read now is still to be handled.
        await progress.reach(outcome === 'skipped' ? place.position : error.after);
      }
    }
  } finally {
    await idle.end();
  }
}

/** All together; where that fails the first alone, and the rest in smaller parts that grow again. */
async function inParts(
  events: readonly RecordedEvent[],
  one: (event: RecordedEvent) => Promise<void>,
  several: (events: readonly RecordedEvent[]) => Promise<boolean>,
): Promise<void> {
  let size = events.length;
  for (let from = 0; from < events.length;) {
    const part = events.slice(from, from + size);
    if (part.length > 1 && (await several(part))) {
      from += part.length;
      size *= 2;
    } else {
      await one(part[0]!);
      from += 1;
      size = part.length > 1 ? Math.ceil(part.length / 2) : 2;
    }
  }
}

/** How far this instance has come, and what of it is stored. */
interface Progress {
  /** Position of the last event handled, or known to concern nobody. */
  reached(): number;
  /** @throws LeaseLost */
  reach(position: number): Promise<void>;
}

/**
 * Where the holder of a lease begins: at the checkpoint, or before it where memory has to be built up
 * again.
 */
async function beginning(trying: OvercomeOptions, options: FollowOptions): Promise<Progress> {
  const { state, held } = trying;
  const { name, replayAfter } = trying.processor;
  let saved = await state.checkpoint(name);
  if (saved === undefined) {
    const first = await options.startAfter();
    // At once, so that an instance that begins later does not begin behind events of today.
    await held.use((lease) => state.saveCheckpoint(lease, first));
    saved = first;
  }
  const halted = (await state.status()).find((record) => record.name === name)?.halt ?? undefined;
  trying.onRecord.halt = halted;
  await overcomeForeignState(saved, trying);
  const replayed = (await replayAfter?.()) ?? saved;
  let reached = Math.max(BEFORE_FIRST, Math.min(saved, replayed));
  let checkpoint = saved;
  // Of what could not be read, reading tells; an event behind the checkpoint is dealt with.
  if (halted?.eventId === null) await clearHalt(trying);
  else await clearHalt(trying, checkpoint);
  return {
    reached: () => reached,
    async reach(position) {
      reached = Math.max(reached, position);
      if (position > checkpoint) {
        await held.use((lease) => state.saveCheckpoint(lease, position));
        checkpoint = position;
      }
      await clearHalt(trying, position);
    },
  };
}

/** A checkpoint beyond the log's end is one of another log: nothing of this one would be handled. */
async function overcomeForeignState(checkpoint: number, trying: OvercomeOptions): Promise<void> {
  const { store } = trying;
  const head = await store.head();
  if (checkpoint <= head) return;
  const place = { eventId: null, eventType: null, position: head };
  const attempt = async (): Promise<void> => {
    const end = await store.head();
    if (checkpoint <= end) return;
    throw new Error(
      `the checkpoint ${checkpoint} is beyond the log's end ${end}: this state of processors is of ` +
        'another log, or the log was restored from an older copy; remove the state while no platform ' +
        'runs, nothing is done twice',
    );
  };
  await overcome(place, attempt, trying);
}

/** Over events that the processor does not want, its checkpoint goes to the log's end as well. */
function moveOnIdle(progress: Progress, trying: OvercomeOptions): { end(): Promise<void> } {
  const { store, pauses, processor } = trying;
  const done = new AbortController();
  const over = AbortSignal.any([trying.until, done.signal]);

  async function moveOn(): Promise<void> {
    for (;;) {
      await pauses.pause(IDLE_CHECKPOINT_MS, over);
      if (over.aborted) return;
      try {
        const head = await store.head();
        const from = progress.reached();
        if (head > from && !(await anyBetween(store, from, head, processor.types))) {
          await progress.reach(head);
        }
      } catch {
        // What is wrong with log, state or lease is met, and told, on the way of the next event.
      }
    }
  }
  const moving = moveOn();
  return {
    async end() {
      done.abort();
      await moving;
    },
  };
}

/** Where the log could not be read: an error of decoding may name the event itself. */
function unreadPlace({ after, cause }: LogUnread): Place {
  const named = cause as { eventId?: unknown; eventType?: unknown; position?: unknown };
  const { eventId, eventType, position } = named;
  if (typeof eventId !== 'string' || typeof position !== 'number' || position <= after) {
    return { eventId: null, eventType: null, position: after };
  }
  return { eventId, eventType: typeof eventType === 'string' ? eventType : null, position };
}
