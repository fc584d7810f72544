import type { EventDecoder } from '@flexledger/domain';
import type { Clock, FaultPoints, Timers } from '@flexledger/runtime';
import type { EventStore } from '../port';
import type { Processor, ProcessorProblem } from './processor';
import type { ProcessorState } from './processor-state';

export interface ProcessorRunnerOptions {
  readonly store: EventStore;
  readonly state: ProcessorState;
  /** Names this instance among all that run the same processors: no two may have the same. */
  readonly owner: string;
  /** In the order in which `drain` hands an event on. */
  readonly processors: readonly Processor[];
  /** The machine's clock: leases, back-off and halts go by it, never by the market's. */
  readonly clock: Clock;
  /** Of a virtual `clock`; in real time the runner sleeps. */
  readonly timers?: Timers;
  /** How long a lease lasts without being renewed: so long another instance waits for a dead one. */
  readonly leaseMs?: number;
  /** Pauses before an event that failed is tried again; after the last attempt the processor halts. */
  readonly backOffMs?: readonly number[];
  /** How often a halted processor tries its event again. */
  readonly haltedRetryMs?: number;
  /** Resolves when this process's read models hold everything up to a position. */
  readonly viewsReady: (position: number) => Promise<void>;
  /** The position after which a processor without a checkpoint begins; the log's beginning when absent. */
  readonly startAfter?: () => Promise<number>;
  /** Gives events in the versions that the processors know; that of this release when absent. */
  readonly decode?: EventDecoder;
  readonly onProblem: (problem: ProcessorProblem) => void;
  /**
   * For `drain`, which otherwise leaves an event behind that a processor failed at: whether it is handed
   * on once more, resolved when the time for it has come.
   */
  readonly again?: (problem: ProcessorProblem) => Promise<boolean>;
  readonly faults?: FaultPoints;
}

export const LEASE_MS = 5_000;
export const BACK_OFF_MS: readonly number[] = [100, 500, 2_000, 5_000, 15_000];
export const HALTED_RETRY_MS = 30_000;
/** How often checkpoints move on over events that nobody wants: seldom, to keep writes few. */
export const IDLE_CHECKPOINT_MS = 1_000;
