import { runApart } from '../run-apart';

/** One size of `flexledger bench settlement`: a window of 16 MTUs, one accepted row a PoD. */
export interface SettlementBench {
  readonly pods: number;
  readonly mtus: number;
  /** Delivery, pay, penalty and awards of every PoD and MTU. */
  readonly seconds: number;
  /** The tree of the cumulative distribution, one wallet a PoD: off the chain, for one transaction. */
  readonly distributionSeconds: number;
  readonly peakMb: number;
  /** The time of the Italian demonstration for its final results, on four cores (D2.16). */
  readonly seedsSeconds: number | null;
}

const SIZES = [1_500, 1_600_000];
const SEEDS_SECONDS = new Map([[1_500, 78]]);

/** Settles drawn sessions, each in a process of its own. */
export async function benchSettlement(onResult: (result: SettlementBench) => void): Promise<{
  readonly results: readonly SettlementBench[];
}> {
  const results: SettlementBench[] = [];
  for (const pods of SIZES) {
    const run = await runApart<{ seconds: number; distributionSeconds: number }>(
      `${__dirname}/settle-child`,
      [String(pods)],
    );
    if (!run) throw new Error(`Settling ${pods} PoDs took more than ten minutes.`);
    const result = {
      pods,
      mtus: 16,
      seconds: run.answer.seconds,
      distributionSeconds: run.answer.distributionSeconds,
      peakMb: run.peakMb,
      seedsSeconds: SEEDS_SECONDS.get(pods) ?? null,
    };
    results.push(result);
    onResult(result);
  }
  return { results };
}
