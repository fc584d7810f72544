/**
 * The market's clock over several processes: one platform has the turn at a time, in a fixed order, until
 * no event and no timer that is due is left anywhere; only then does time go on. So a day in several
 * processes is the same as in one, and one that is killed delays it and does not change it.
 */
import type { PlatformChild } from './platform-child';

export interface MarketClock {
  nowMs(): number;
  /** Runs what is due up to an instant, each timer followed by all that follows from it. */
  advanceTo(untilMs: number): Promise<void>;
  /** The same without what follows: the day's next step comes between. */
  reach(untilMs: number): Promise<void>;
  /** Lets everything happen that follows from what stands in the log. */
  settle(): Promise<void>;
}

/** @param headOf the log's end, as everybody can see it */
export function createMarketClock(
  children: readonly PlatformChild[],
  startMs: number,
  headOf: () => Promise<number>,
): MarketClock {
  let nowMs = startMs;
  /** By platform: how far it has seen the log, and in which life. */
  const seen = new Map<PlatformChild, { readonly head: number; readonly life: number }>();

  async function setAll(instantMs: number): Promise<void> {
    nowMs = Math.max(nowMs, instantMs);
    await Promise.all(children.map((child) => child.ask({ kind: 'setClock', nowMs })));
  }

  /** The process whose timer is due first: by instant, then by name, as one clock has it. */
  function first(): PlatformChild | undefined {
    let found: PlatformChild | undefined;
    for (const child of children) {
      const { next } = child.state();
      const best = found?.state().next;
      if (!next) continue;
      const isBefore =
        !best || next.atMs < best.atMs || (next.atMs === best.atMs && next.name < best.name);
      if (isBefore) found = child;
    }
    return found;
  }

  async function settle(): Promise<void> {
    for (let isQuiet = false; !isQuiet;) {
      isQuiet = true;
      for (const child of children) {
        const before = seen.get(child);
        const life = child.lives();
        if (before?.life === life && before.head >= (await headOf())) continue;
        isQuiet = false;
        const { head } = await child.ask({ kind: 'settle' });
        seen.set(child, { head, life: child.lives() });
      }
    }
  }

  async function run(untilMs: number, after: () => Promise<void>): Promise<void> {
    for (;;) {
      // One that was started anew first arms what is ahead of it.
      if (children.some((child) => seen.get(child)?.life !== child.lives())) await settle();
      const child = first();
      if (!child) break;
      const { atMs } = child.state().next!;
      if (atMs > untilMs) break;
      await setAll(atMs);
      await child.ask({ kind: 'fire' });
      await after();
    }
    await setAll(untilMs);
  }

  return {
    nowMs: () => nowMs,
    advanceTo: (untilMs) => run(untilMs, settle),
    reach: (untilMs) => run(untilMs, async () => {}),
    settle,
  };
}
