/**
 * A world of processes in one thread, in which one seed decides who goes on next. Whoever waits for a port
 * waits here; time passes only when nobody has anything left to do. The same seed and the same faults give
 * the same world, to the last event.
 */
import { type Clock, type Random, drawInteger, isoFromMs, messageOf } from '@flexledger/runtime';
import { type Life, type Passing, createLife } from './life';

export interface World extends Clock {
  /** Begins a life of a process. */
  begin(name: string): Life;
  /** Does something once, at an instant of the world's time; nobody's death ends it. */
  at(atMs: number, task: () => void): void;
  /** Lets everything happen that is due up to an instant. @throws WorldStuck */
  advanceTo(untilMs: number): Promise<void>;
  /** Resolves the next time that nobody has anything left to do. */
  quiet(): Promise<void>;
  /** Lets time pass until a promise settles. @throws what it rejects with; WorldStuck */
  finish<Result>(work: Promise<Result>): Promise<Result>;
  /** Writes a line of what happened, with its time. */
  tell(line: string): void;
  /** All lines so far. */
  readonly story: readonly string[];
}

export interface WorldOptions {
  readonly startMs: number;
  readonly random: Random;
  /** Decides what becomes of whoever passes a point: nothing, an error, or the end of its process. */
  readonly passing: (life: Life, point: string) => Passing;
}

/** So many turns at one instant without an end are a loop that waiting does not end. */
const TURNS_AT_MOST = 200_000;
/** Turns of the event loop in which nobody asked for a port: then nobody is about to. */
const QUIET_TURNS = 4;
/** In per mille, how often who waits goes on in a turn: the lower, the more orders there are. */
const GOES_ON_PER_MILLE = 700;

/** Work that has no end, at one instant: something runs in a circle. */
export class WorldStuck extends Error {
  override readonly name = 'WorldStuck';
}

interface Waiting {
  readonly life: Life;
  readonly point: string;
  readonly goOn: () => void;
}

/** An append is one call of the system's, which no pause interrupts. */
function isAble({ life, point }: Waiting): boolean {
  return !life.isPaused() || point.startsWith('store/append');
}

/** A world in which nothing has happened yet. */
export function createWorld({ startMs, random, passing }: WorldOptions): World {
  let nowMs = startMs;
  let waiting: Waiting[] = [];
  const lives: Life[] = [];
  const plans: { readonly atMs: number; readonly task: () => void }[] = [];
  const story: string[] = [];
  let quietWaiters: (() => void)[] = [];

  const tell = (line: string): void => void story.push(`${isoFromMs(nowMs)} ${line}`);

  function pass(life: Life, point: string): Promise<void> {
    const outcome = life.isAlive() ? passing(life, point) : 'never';
    if (outcome === 'never') return new Promise(() => {});
    if (outcome instanceof Error) return Promise.reject(outcome);
    return new Promise((goOn) => {
      const wait = (): void => void waiting.push({ life, point, goOn });
      if (outcome === 'goesOn') wait();
      else plans.push({ atMs: outcome.waitsUntilMs, task: wait });
    });
  }

  /** Lets whoever waits go on, in an order that is drawn, until nobody waits. */
  async function settle(): Promise<void> {
    let quiet = 0;
    for (let turns = 0; quiet < QUIET_TURNS; turns += 1) {
      if (turns > TURNS_AT_MOST) {
        const points = [...new Set(waiting.map(({ life, point }) => `${life.name} at ${point}`))];
        throw new WorldStuck(
          `Nothing comes to an end at ${isoFromMs(nowMs)}: ${points.join(', ')}`,
        );
      }
      await new Promise((resolve) => setImmediate(resolve));
      waiting = waiting.filter(({ life }) => life.isAlive());
      const able = waiting.filter(isAble);
      if (able.length === 0) {
        quiet += 1;
        if (quiet === QUIET_TURNS && quietWaiters.length > 0) {
          const woken = quietWaiters;
          quietWaiters = [];
          for (const wake of woken) wake();
          quiet = 0;
        }
        continue;
      }
      quiet = 0;
      const chosen = new Set(able.filter(() => drawInteger(random, 1, 1_000) <= GOES_ON_PER_MILLE));
      if (chosen.size === 0) continue;
      waiting = waiting.filter((one) => !chosen.has(one));
      for (const { goOn } of shuffled([...chosen], random)) goOn();
    }
  }

  /** What is due first, by time, then by the order in which processes began. */
  function nextDue(): { readonly atMs: number; readonly run: () => void } | undefined {
    let found: { readonly atMs: number; readonly run: () => void } | undefined;
    plans.sort((one, other) => one.atMs - other.atMs);
    const [plan] = plans;
    if (plan) {
      found = {
        atMs: plan.atMs,
        run: () => {
          plans.shift();
          plan.task();
        },
      };
    }
    for (const life of lives) {
      const dueMs = life.isAlive() && !life.isPaused() ? life.clock.dueMs() : undefined;
      if (dueMs !== undefined && (!found || dueMs < found.atMs)) {
        found = { atMs: dueMs, run: () => fire(life) };
      }
    }
    return found;
  }

  function fire(life: Life): void {
    const { name, task } = life.clock.take()!;
    const failed = (error: unknown): void => tell(`${life.name}, ${name}: ${messageOf(error)}`);
    try {
      Promise.resolve(task()).catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  const world: World = {
    nowMs: () => nowMs,
    tell,
    story,
    begin(name) {
      const life = createLife({ name, world, pass: (point) => pass(life, point) });
      lives.push(life);
      return life;
    },
    at(atMs, task) {
      plans.push({ atMs, task });
    },
    quiet: () => new Promise((resolve) => void quietWaiters.push(resolve)),
    async finish(work) {
      let isOver = false;
      work.then(
        () => (isOver = true),
        () => (isOver = true),
      );
      for (await settle(); !isOver; await settle()) {
        const next = nextDue();
        if (!next) throw new WorldStuck(`Something is waited for in vain at ${isoFromMs(nowMs)}`);
        nowMs = Math.max(nowMs, next.atMs);
        next.run();
      }
      return work;
    },
    async advanceTo(untilMs) {
      await settle();
      for (let next = nextDue(); next && next.atMs <= untilMs; next = nextDue()) {
        nowMs = Math.max(nowMs, next.atMs);
        next.run();
        await settle();
      }
      nowMs = Math.max(nowMs, untilMs);
    },
  };
  return world;
}

/** The same items in an order that is drawn (Fisher and Yates). */
export function shuffled<Item>(items: Item[], random: Random): Item[] {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = drawInteger(random, 0, last);
    [items[last], items[other]] = [items[other]!, items[last]!];
  }
  return items;
}
