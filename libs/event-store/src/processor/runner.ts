/**
 * Runs processors over a log: in real time each under a lease of its own, so that one instance works
 * and another takes over, or in one order, as a simulation needs it. `README.md` tells what guards
 * what.
 */
import { decodeEvent, processorDecider, processorStream } from '@flexledger/domain';
import { noFaults } from '@flexledger/runtime';
import type { CommandContext } from '../command-context';
import { createCommandHandler } from '../command-handling';
import { createDrain } from './drain';
import { type FollowOptions, followProcessor } from './follow-processor';
import { pausesOf } from './pauses';
import type { Processor } from './processor';
import { type ProcessorHealth, healthOf } from './processor-health';
import {
  BACK_OFF_MS,
  HALTED_RETRY_MS,
  LEASE_MS,
  LOG_BEGIN,
  type ProcessorRunnerOptions,
} from './runner-options';
import { type WhenProcessedOptions, whenProcessed } from './when-processed';

export interface ProcessorRunner {
  /**
   * Works, where it gets the leases, until the signal aborts: then the events under way are finished,
   * their checkpoints stored, the leases given free. Never rejects: what fails is told, tried again,
   * and halts its processor alone. Ends also when the store closes.
   */
  follow(signal: AbortSignal): Promise<void>;
  /**
   * Hands on everything there is, in one order and without leases, the consequences of consequences
   * included, and returns. An event that a processor fails at is told and left behind. Not to be used
   * beside `follow`.
   */
  drain(): Promise<void>;
  /**
   * Resolves when every processor (or those named) of whatever instance has dealt with all it wants up
   * to `position`, one that the log handed out.
   *
   * @throws ProcessorHalted at once, when one has stopped before it
   * @throws NotYetProcessed after `timeoutMs`, 5 s when absent
   * @throws RangeError for a name that is none of this runner's
   */
  whenProcessed(position: number, options?: WhenProcessedOptions): Promise<void>;
  /**
   * Records that a halted processor goes past the event it is halted at, which the instance that works
   * then does. Once decided, deciding it again changes nothing.
   *
   * @throws DomainError `processor-not-halted`, `processor-halted-elsewhere`, `skip-reason-missing`
   * @throws RangeError for a name that is none of this runner's
   */
  skip(name: string, eventId: string, reason: string, context: CommandContext): Promise<void>;
  /** How each processor is, in the order given. */
  status(): Promise<readonly ProcessorHealth[]>;
}

/** How long `whenProcessed` waits by default. */
const PATIENCE_MS = 5_000;

/** @throws RangeError when two processors have the same name */
export function createProcessorRunner(options: ProcessorRunnerOptions): ProcessorRunner {
  const { store, state, owner, processors, clock, viewsReady, onProblem } = options;
  const { leaseMs = LEASE_MS, backOffMs = BACK_OFF_MS } = options;
  const {
    startAfter = async () => LOG_BEGIN,
    again = async () => false,
    faults = noFaults,
  } = options;
  const { haltedRetryMs = HALTED_RETRY_MS, decode = decodeEvent } = options;
  const byName = new Map(processors.map((processor) => [processor.name, processor]));
  if (byName.size < processors.length) {
    const names = processors.map(({ name }) => name).join(', ');
    throw new RangeError(`Two processors have the same name among ${names}; give each its own.`);
  }
  const pauses = pausesOf(clock, options.timers);
  const held = new Set<string>();
  const sleepers = new Set<() => void>();
  const driver = createDrain({
    again,
    store,
    processors,
    viewsReady,
    startAfter,
    decode,
    onProblem,
  });
  const decisions = createCommandHandler({ store, clock, decider: processorDecider });

  const following: FollowOptions = {
    store,
    state,
    owner,
    processors,
    viewsReady,
    onProblem,
    pauses,
    leaseMs,
    backOffMs,
    haltedRetryMs,
    startAfter,
    decode,
    faults,
    onLease: (name, isHeld) => void (isHeld ? held.add(name) : held.delete(name)),
    onCheckpoint: () => {
      for (const wake of [...sleepers]) wake();
    },
  };

  function nextCheckpoint(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        sleepers.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      sleepers.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  function processorOf(name: string): Processor {
    const processor = byName.get(name);
    if (processor) return processor;
    const known = [...byName.keys()].join(', ');
    throw new RangeError(`There is no processor "${name}"; there are ${known}.`);
  }

  return {
    async follow(signal) {
      await Promise.all(
        processors.map((processor) => followProcessor(processor, following, signal)),
      );
    },
    drain: () => driver.drain(),
    async whenProcessed(position, { names, timeoutMs = PATIENCE_MS } = {}) {
      const wanted = names?.map(processorOf) ?? processors;
      const drained = driver.reached;
      const waiting = { store, state, pauses, processors: wanted, drained, nextCheckpoint };
      await whenProcessed(position, timeoutMs, waiting);
    },
    async skip(name, eventId, reason, context) {
      processorOf(name);
      const halt = (await state.status()).find((record) => record.name === name)?.halt;
      const at = halt?.eventId ? { eventId: halt.eventId, position: halt.position } : undefined;
      const command = { processor: name, eventId, reason, haltedAt: at };
      await decisions.handle(processorStream(name), command, context);
    },
    async status() {
      const records = new Map((await state.status()).map((record) => [record.name, record]));
      const drained = driver.reached();
      const health: ProcessorHealth[] = [];
      for (const processor of processors) {
        const record = records.get(processor.name);
        const isWorking = drained !== undefined || held.has(processor.name);
        health.push(await healthOf(processor, { store, record, drained, isWorking }));
      }
      return health;
    },
  };
}
