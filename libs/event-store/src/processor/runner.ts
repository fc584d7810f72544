/**
 * Runs processors over a log: in real time each under a lease of its own, so that one instance works
 * and another takes over, or in one order, as a simulation needs it. `README.md` tells what guards
 * what.
 */
import { setMaxListeners } from 'node:events';
import { DomainError, decodeEvent, processorDecider, processorStream } from '@flexledger/domain';
import { noFaults } from '@flexledger/runtime';
import type { CommandContext } from '../command-context';
import { createCommandHandler } from '../command-handling';
import { BEFORE_FIRST } from '../port';
import { createDrain } from './drain';
import { type FollowOptions, followProcessor } from './follow-processor';
import { pausesOf } from './pauses';
import { type ProcessorHealth, healthOf } from './processor-health';
import {
  BACK_OFF_MS,
  HALTED_RETRY_MS,
  LEASE_MS,
  type ProcessorRunnerOptions,
} from './runner-options';

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
   * Records that a halted processor goes past the event it is halted at, which the instance that works
   * then does. Once decided, deciding it again changes nothing.
   *
   * @throws DomainError `processor-unknown`, `processor-not-halted`, `processor-halted-elsewhere`,
   *   `skip-reason-missing`
   */
  skip(name: string, eventId: string, reason: string, context: CommandContext): Promise<void>;
  /** How each processor is, in the order given. */
  status(): Promise<readonly ProcessorHealth[]>;
}

/** @throws RangeError when two processors have the same name */
export function createProcessorRunner(options: ProcessorRunnerOptions): ProcessorRunner {
  const { store, state, owner, processors, clock, viewsReady, onProblem } = options;
  const { leaseMs = LEASE_MS, backOffMs = BACK_OFF_MS } = options;
  const {
    startAfter = async () => BEFORE_FIRST,
    again = async () => false,
    faults = noFaults,
  } = options;
  const { haltedRetryMs = HALTED_RETRY_MS, decode = decodeEvent } = options;
  const names = processors.map((processor) => processor.name);
  if (new Set(names).size < names.length) {
    const all = names.join(', ');
    throw new RangeError(`Two processors have the same name among ${all}; give each its own.`);
  }
  const pauses = pausesOf(clock, options.timers);
  const held = new Set<string>();
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
  };

  return {
    async follow(signal) {
      // Every processor that waits listens for the end, as an instance does that has no lease.
      setMaxListeners(0, signal);
      await Promise.all(
        processors.map((processor) => followProcessor(processor, following, signal)),
      );
    },
    drain: () => driver.drain(),
    async skip(name, eventId, reason, context) {
      if (!names.includes(name)) {
        const text = `There is no processor "${name}"; there are ${names.join(', ')}.`;
        throw new DomainError('processor-unknown', text);
      }
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
