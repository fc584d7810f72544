import { setMaxListeners } from 'node:events';
import type { Clock, FaultPoints } from '@flexledger/runtime';
import { type ProcessClock, processClock } from './process-clock';

/** What becomes of who passes a point; an error is one of the step that follows. */
export type Passing = 'goesOn' | 'never' | Error | { readonly waitsUntilMs: number };

/**
 * One life of a process, from its start to its end. Whatever waits at a port when it ends never goes on,
 * and nothing that it does afterwards reaches anybody: as after a SIGKILL.
 */
export interface Life extends FaultPoints {
  /** The process's: `market-platform`. */
  readonly name: string;
  readonly clock: ProcessClock;
  isAlive(): boolean;
  /** Stopped for a while: nothing of it goes on, and its clock goes on without it. */
  isPaused(): boolean;
  pause(): void;
  resume(): void;
  end(): void;
  /** Aborts when the life ends: for those who wait for an answer of it. */
  readonly ended: AbortSignal;
}

/** @param pass what decides who goes on */
export function createLife(options: {
  readonly name: string;
  readonly world: Clock;
  readonly pass: (point: string) => Promise<void>;
}): Life {
  const { name, world, pass } = options;
  const clock = processClock(world);
  const ended = new AbortController();
  // Whoever waits for an answer of this life waits for its end too; that is no leak.
  setMaxListeners(0, ended.signal);
  let isPaused = false;
  return {
    name,
    clock,
    reach: pass,
    isAlive: () => !ended.signal.aborted,
    isPaused: () => isPaused,
    pause: () => void (isPaused = true),
    resume: () => void (isPaused = false),
    end() {
      clock.clear();
      ended.abort();
    },
    ended: ended.signal,
  };
}

/**
 * A port as a life uses it: each call waits at `NAME/METHOD` before it is made, and at `NAME/METHOD/done`
 * before its answer comes, which it never does once the life has ended.
 *
 * @param port with methods that all give promises; other members are as they are
 */
export function usedBy<Port extends object>(life: FaultPoints, name: string, port: Port): Port {
  return new Proxy(port, {
    get(target, property, receiver) {
      const member: unknown = Reflect.get(target, property, receiver);
      if (typeof member !== 'function' || typeof property !== 'string') return member;
      const point = `${name}/${property}`;
      return async (...args: unknown[]): Promise<unknown> => {
        await life.reach(point);
        try {
          return await (member as (...given: unknown[]) => unknown).apply(target, args);
        } finally {
          await life.reach(`${point}/done`);
        }
      };
    },
  });
}
