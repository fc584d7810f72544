import type { FlowMoment } from '@flexledger/runtime';
import type { BenchWish } from '../bench';
import { inTemporaryFolder } from '../leave-nothing';
import { type RunApart, runApart } from '../run-apart';
import type { LiveStage } from './measure-live';

/** One stage of a session of so many PoDs. */
export type LiveBench = { readonly pods: number } & LiveStage;

/** A session as a whole. */
export interface LiveSession {
  readonly pods: number;
  /** From the first bid to what each aggregator reads, of one process that is both ends of every request. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

const SIZES = [1_500, 10_000];
const TIMEOUT_MS = 1_800_000;

/** What a session's process tells. */
export interface LivedSession {
  readonly stages: readonly LiveStage[];
  /** The flows of the market and of who calls it, as they went. */
  readonly moments: readonly FlowMoment[];
}

/** Lives through a session of drawn PoDs in a process of its own. @throws Error after half an hour */
export async function livedSession(pods: number): Promise<RunApart<LivedSession>> {
  const run = await inTemporaryFolder((folder) =>
    runApart<LivedSession>(`${__dirname}/live-child`, [folder, String(pods)], TIMEOUT_MS),
  );
  if (!run) throw new Error(`A session of ${pods} PoDs took more than half an hour.`);
  return run;
}

/** Lives through sessions, each in a process of its own. */
export async function benchLive(
  onResult: (result: LiveBench) => void,
  { pods }: BenchWish,
): Promise<{ readonly results: readonly LiveBench[]; readonly sessions: readonly LiveSession[] }> {
  const results: LiveBench[] = [];
  const sessions: LiveSession[] = [];
  for (const size of pods === undefined ? SIZES : [pods]) {
    const run = await livedSession(size);
    const { stages } = run.answer;
    for (const stage of stages) {
      const result = { pods: size, ...stage };
      results.push(result);
      onResult(result);
    }
    const sum = (of: 'seconds' | 'cpuSeconds'): number =>
      stages.reduce((total, stage) => total + stage[of], 0);
    const totals = { seconds: sum('seconds'), cpuSeconds: sum('cpuSeconds') };
    sessions.push({ pods: size, ...totals, peakMb: run.peakMb });
  }
  return { results, sessions };
}
