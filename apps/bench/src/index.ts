import type { LivedSession } from './live/bench-live';
import type { RunApart } from './run-apart';

export { benchCommand } from './bench.command';

/** A day-ahead session of drawn PoDs, from first bid to the rows that each aggregator reads; loaded when it is called. */
export const livedSession = async (pods: number): Promise<RunApart<LivedSession>> =>
  (await import('./live/bench-live')).livedSession(pods);
