/**
 * Instances of processors over one log and one state, in one process. Each instance has a machine clock
 * of its own: one that stands still is a process that was stopped.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordedEvent } from '@flexledger/domain';
import { type Clock, type FaultPoints, VirtualClock } from '@flexledger/runtime';
import { contextFrom } from '../../command-context';
import { createCommandHandler } from '../../command-handling';
import type { EventStore } from '../../port';
import { openSqliteEventStore } from '../../sqlite/sqlite-event-store';
import { testEvent } from '../../testing/events';
import { memoryProcessorState } from '../memory-processor-state';
import type { Processor, ProcessorProblem } from '../processor';
import { type ProcessorRunner, createProcessorRunner } from '../runner';
import type { ProcessorRunnerOptions } from '../runner-options';

export const START_MS = Date.parse('2026-03-17T10:00:00.000Z');
/** Pauses of the trials: three attempts, then a halt. */
export const BACK_OFF_MS = [100, 500];

export interface Instance {
  readonly runner: ProcessorRunner;
  readonly clock: VirtualClock;
  readonly problems: ProcessorProblem[];
  /** Lets so much time pass for this instance, with everything that follows from it. */
  passing(durationMs: number): Promise<void>;
  /** Resolves when it follows no more. */
  readonly ended: Promise<void>;
  /** Stops following, as at a clean end, and waits for it. */
  stop(): Promise<void>;
}

export interface Trial {
  readonly store: EventStore;
  readonly state: ReturnType<typeof memoryProcessorState>;
  /** The machine's clock by which leases are compared. */
  readonly clock: VirtualClock;
  /** An instance that follows; on the trial's clock unless it has one of its own. */
  start(
    owner: string,
    processors: readonly Processor[],
    options?: Partial<ProcessorRunnerOptions> & { readonly clock?: VirtualClock },
  ): Promise<Instance>;
  /** Appends an event of a type, named so that tests can speak of it; gives its position. */
  tell(type: string, name: string): Promise<number>;
  /** Names of all events of a type in the log. */
  told(type: string): Promise<string[]>;
  close(): Promise<void>;
}

/** @param storeOf puts a store with faults before the log */
export async function openTrial(
  storeOf: (log: EventStore) => EventStore = (log) => log,
): Promise<Trial> {
  const folder = mkdtempSync(join(tmpdir(), 'processors-'));
  const clock = new VirtualClock(START_MS);
  const log = openSqliteEventStore({ path: join(folder, 'log.sqlite'), clock });
  const store = storeOf(log);
  const state = memoryProcessorState(clock);
  const running: Instance[] = [];

  return {
    store,
    state,
    clock,
    async start(owner, processors, options = {}) {
      const own = options.clock ?? clock;
      const problems: ProcessorProblem[] = [];
      const runner = createProcessorRunner({
        store,
        state,
        owner,
        processors,
        backOffMs: BACK_OFF_MS,
        viewsReady: async () => {},
        // Events of the trials are of no release.
        decode: (event) => event,
        onProblem: (problem) => problems.push(problem),
        ...options,
        clock: own,
        timers: own,
      });
      const stop = new AbortController();
      const following = runner.follow(stop.signal);
      const instance: Instance = {
        runner,
        clock: own,
        problems,
        ended: following,
        passing: (durationMs) => own.advanceTo(own.nowMs() + durationMs, settled),
        async stop() {
          stop.abort();
          await following;
        },
      };
      running.push(instance);
      await settled();
      return instance;
    },
    async tell(type, name) {
      const event = testEvent(name, { type, data: { name } });
      const { position } = await log.append(`story-${name}`, 'noStream', [event]);
      await settled();
      return position;
    },
    async told(type) {
      const names: string[] = [];
      for await (const { data } of log.readAll({ filter: { types: [type] } }))
        names.push(nameOf(data));
      return names;
    },
    async close() {
      await Promise.all(running.map((instance) => instance.stop()));
      await log.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Lets everything happen that needs no time to pass. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export function nameOf(data: object): string {
  return (data as { name: string }).name;
}

/** A processor that notes the names of what it handles, and does with each event what it is told. */
export function noting(
  name: string,
  types: readonly string[],
  handle: (event: RecordedEvent) => Promise<void> = async () => {},
): Processor & { readonly handled: string[] } {
  const handled: string[] = [];
  return {
    name,
    types,
    handled,
    async handle(event) {
      await handle(event);
      handled.push(nameOf(event.data));
    },
  };
}

interface Answered {
  readonly type: 'Answered';
  readonly data: { readonly name: string };
}

/** A processor whose answer to each `Asked` is an event of its own stream, decided once. */
export function answering(store: EventStore, clock: Clock) {
  const handler = createCommandHandler<boolean, string, Answered>({
    decode: (event) => event,
    store,
    clock,
    decider: {
      initialState: false,
      decide: (name, isAnswered) => (isAnswered ? [] : [{ type: 'Answered', data: { name } }]),
      evolve: () => true,
    },
  });
  return noting('answers', ['Asked'], async (event) => {
    const name = nameOf(event.data);
    await handler.handle(`answer-${name}`, name, contextFrom(event, 'answer', 'test'));
  });
}

/** Fault points at which a test holds an instance. */
export interface HeldPoints extends FaultPoints {
  /** From now on who reaches the point waits there. */
  hold(name: string): void;
  /** Who waits at the point. */
  waiting(name: string): number;
  /** Lets all go on, and holds nobody any more. */
  letGo(): void;
}

export function holdPoints(): HeldPoints {
  const held = new Map<string, (() => void)[]>();
  return {
    async reach(name) {
      const waiting = held.get(name);
      if (waiting) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    hold: (name) => void held.set(name, []),
    waiting: (name) => held.get(name)?.length ?? 0,
    letGo() {
      const all = [...held.values()].flat();
      held.clear();
      for (const go of all) go();
    },
  };
}
