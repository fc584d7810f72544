/** What the processes of a simulated day use: CPU a simulated second, and memory; and how much of it they were there. */
import { stopwatch } from '@flexledger/runtime';
import type { PlatformName } from '../config/config';
import type { PlatformChild } from './platform-child';

/** One platform's process over a day. */
export interface PlatformUse {
  /** CPU seconds of all its threads, a simulated second: 1 = a core that is always busy. */
  readonly cpuMean: number;
  /** The same in the quarter-hour in which it was most. */
  readonly cpuMost: number;
  readonly rssMeanBytes: number;
  readonly rssMostBytes: number;
  /** Share of the machine's time since it was first open in which its process was. */
  readonly uptime: number;
}

/** Looks at the processes again and again. */
export interface UseWatch {
  /** Takes what they have used; the same instant again counts once. @param nowMs the market's clock */
  look(nowMs: number): void;
  uses(): Readonly<Record<PlatformName, PlatformUse>>;
}

/** Begins with an instant of the market's clock. What opening took counts for nothing. */
export function watchUse(children: readonly PlatformChild[], startMs: number): UseWatch {
  const beganMs = stopwatch.nowMs();
  const goneBefore = new Map(children.map((child) => [child, child.goneMs()]));
  const uptimeOf = (child: PlatformChild): number => {
    const passedMs = Math.max(1, stopwatch.nowMs() - beganMs);
    return 1 - (child.goneMs() - goneBefore.get(child)!) / passedMs;
  };
  const watched = children.map((child) => ({
    child,
    seen: { nowMs: startMs, cpuUs: child.state().used.cpuUs },
    cpuUs: 0,
    cpuMost: 0,
    rss: [] as number[],
  }));
  return {
    look(nowMs) {
      for (const one of watched) {
        const { cpuUs, rssBytes } = one.child.state().used;
        const simulatedMs = nowMs - one.seen.nowMs;
        if (simulatedMs <= 0) continue;
        // A process that was started anew begins at nought.
        const spentUs = cpuUs < one.seen.cpuUs ? cpuUs : cpuUs - one.seen.cpuUs;
        one.cpuUs += spentUs;
        one.cpuMost = Math.max(one.cpuMost, spentUs / 1e3 / simulatedMs);
        one.seen = { nowMs, cpuUs };
        one.rss.push(rssBytes);
      }
    },
    uses: () =>
      Object.fromEntries(
        watched.map(({ child, seen, cpuUs, cpuMost, rss }) => [
          child.name,
          {
            cpuMean: cpuUs / 1e3 / Math.max(1, seen.nowMs - startMs),
            cpuMost,
            rssMeanBytes: rss.reduce((sum, bytes) => sum + bytes, 0) / Math.max(1, rss.length),
            rssMostBytes: Math.max(0, ...rss),
            uptime: uptimeOf(child),
          },
        ]),
      ) as Record<PlatformName, PlatformUse>,
  };
}
