import { BEFORE_FIRST, type EventStore } from '../port';
import type { Processor } from './processor';
import { describeHalt } from './processor-errors';
import type { Halt, ProcessorRecord } from './processor-state';
import { eventsAfter } from './read-after';

/** How one processor is, as health and status pages say it. */
export interface ProcessorHealth {
  readonly name: string;
  /** The instance that holds the lease, or held it last; null when nobody does. */
  readonly owner: string | null;
  /**
   * `working`: this instance has the lease. `waiting`: another has it, or nobody yet. `halted`: whoever
   * has it, it stands before an event.
   */
  readonly status: 'working' | 'waiting' | 'halted';
  /** Everything up to here is handled; null before the first checkpoint. */
  readonly checkpoint: number | null;
  /** Events it wants that are not handled yet, counted up to `LAG_COUNTED`. */
  readonly lag: number;
  /** Why it stands still; undefined while it does not. */
  readonly halt?: Halt & {
    /** What has happened and what an operator does about it, in sentences. */
    readonly message: string;
  };
}

/** So many events behind, or more. */
const LAG_COUNTED = 1_000;

export async function healthOf(
  processor: Processor,
  known: {
    readonly store: EventStore;
    readonly record: ProcessorRecord | undefined;
    /** How far everything is handed on without leases. */
    readonly drained: number | undefined;
    readonly isWorking: boolean;
  },
): Promise<ProcessorHealth> {
  const { store, record, drained, isWorking } = known;
  const { name, types } = processor;
  const halt = record?.halt ?? undefined;
  const checkpoint = drained ?? record?.checkpoint ?? null;
  const running = isWorking ? 'working' : 'waiting';
  return {
    name,
    owner: record?.owner ?? null,
    status: halt ? 'halted' : running,
    checkpoint,
    lag: await countAfter(store, checkpoint ?? BEFORE_FIRST, types),
    ...(halt && { halt: { ...halt, message: describeHalt(name, halt) } }),
  };
}

/** An event that cannot be decoded counts as one, and hides those behind it. */
async function countAfter(
  store: EventStore,
  after: number,
  types: readonly string[],
): Promise<number> {
  let count = 0;
  try {
    for await (const _event of eventsAfter(store, after, { types }, LAG_COUNTED)) count += 1;
    return count;
  } catch {
    return count + 1;
  }
}
