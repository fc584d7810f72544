/**
 * Work at an instant that is not given up at the first failure: another platform may be down for a
 * while. It is tried again, with growing pauses, until it would come too late. What a platform's rules
 * refuse is told and not tried again: the same refusal would come back.
 */
import { DomainError } from '@flexledger/domain';
import { type Clock, type Timers, isoFromMs, messageOf } from '@flexledger/runtime';

export interface PersistentTask {
  /** Names the task in problems and among equal instants; a task that waits under it already stands. */
  readonly name: string;
  /** When it is first tried; at once when that is past. */
  readonly atMs: number;
  /** From then on it is pointless. */
  readonly untilMs: number;
  /** Codes of refusals that may pass by themselves, and are tried again like any failure. */
  readonly passingRefusals?: readonly string[];
  /** MUST do nothing twice: what it commands carries the same ids in every attempt. */
  readonly run: () => Promise<void>;
}

export interface PersistentTasks {
  /** Arms a task; one that is pointless already, or waits or runs already, is left. */
  arm(task: PersistentTask): void;
  /** Cancels what waits, and resolves when what runs has settled. */
  close(): Promise<void>;
}

export interface PersistentTasksOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Pauses before the second attempt and those after it; the last one is repeated. */
  readonly retryPausesMs: readonly number[];
  /** Told of a first failure that is no passing refusal, and of everything that is given up. */
  readonly onProblem: (problem: string) => void;
}

/** @throws RangeError when there is no pause */
export function createPersistentTasks(options: PersistentTasksOptions): PersistentTasks {
  const { clock, timers, retryPausesMs, onProblem } = options;
  if (retryPausesMs.length === 0) {
    throw new RangeError('retryPausesMs is empty; give at least one pause in ms.');
  }
  /** What cancels each task that waits or runs. */
  const armed = new Map<string, () => void>();
  const running = new Set<Promise<void>>();
  let isClosed = false;

  function wait(task: PersistentTask, atMs: number, attempt: number): void {
    const name = attempt === 1 ? task.name : `${task.name}/attempt-${attempt}`;
    const cancel = timers.at(atMs, name, () => {
      const settled = perform(task, attempt).finally(() => running.delete(settled));
      running.add(settled);
      return settled;
    });
    armed.set(task.name, cancel);
  }

  async function perform(task: PersistentTask, attempt: number): Promise<void> {
    const { name, untilMs, passingRefusals = [], run } = task;
    if (clock.nowMs() >= untilMs) {
      armed.delete(name);
      onProblem(`${name} was due too late: it had to be done before ${isoFromMs(untilMs)}.`);
      return;
    }
    try {
      await run();
      armed.delete(name);
    } catch (error) {
      if (isClosed) return;
      const pauseMs = retryPausesMs[Math.min(attempt, retryPausesMs.length) - 1]!;
      const againMs = clock.nowMs() + pauseMs;
      const isRefusal = error instanceof DomainError;
      const isPassing = isRefusal && passingRefusals.includes(error.code);
      if ((isRefusal && !isPassing) || againMs >= untilMs) {
        armed.delete(name);
        onProblem(`${name} is given up after attempt ${attempt}: ${messageOf(error)}`);
        return;
      }
      if (attempt === 1 && !isPassing) {
        onProblem(`${name} is tried again until ${isoFromMs(untilMs)}: ${messageOf(error)}`);
      }
      wait(task, againMs, attempt + 1);
    }
  }

  return {
    arm(task) {
      if (isClosed || armed.has(task.name) || task.untilMs <= clock.nowMs()) return;
      wait(task, task.atMs, 1);
    },
    async close() {
      isClosed = true;
      for (const cancel of armed.values()) cancel();
      armed.clear();
      await Promise.all(running);
    },
  };
}
