/** Entry of a process of its own: settles a drawn real-time window of so many PoDs. */
import { distributionOf } from '@flexledger/merkle-log';
import {
  type OutcomeRow,
  type RulePack,
  addAwards,
  netMicroEur,
  settle,
  podIdOf,
} from '@flexledger/domain';
import { drawInteger, seededRandom } from '@flexledger/runtime';
import { loadRulePack } from '@flexledger/service-kit';
import { answerApart } from '../run-apart';

const MTUS = 16;
/** PoDs settled together; a session's PoDs do not depend on each other. */
const PODS_AT_ONCE = 10_000;
const AGGREGATOR_WALLET = `0x${'f'.repeat(40)}`;
const walletOf = (pod: number): string => `0x${(pod + 1).toString(16).padStart(40, '0')}`;

function main(pods: number, rules: RulePack): void {
  const random = seededRandom(pods, 'bench/settlement');
  const draw = (from: number, to: number): number[] =>
    Array.from({ length: MTUS }, () => drawInteger(random, from, to));
  let seconds = 0;
  let settledMicroEur = 0;
  const awarded = new Map<string, number>();
  for (let from = 0; from < pods; from += PODS_AT_ONCE) {
    const count = Math.min(PODS_AT_ONCE, pods - from);
    const baselines = new Map<string, number[]>();
    const measured = new Map<string, number[]>();
    const wallets = new Map<string, string>();
    const rows = Array.from({ length: count }, (_, index): OutcomeRow => {
      const podId = podIdOf(from + index);
      wallets.set(podId, walletOf(from + index));
      const baselineW = draw(500, 3_000);
      const acceptedW = draw(0, 500);
      baselines.set(podId, baselineW);
      measured.set(
        podId,
        baselineW.map((watts, mtu) => watts - acceptedW[mtu]! + drawInteger(random, -150, 150)),
      );
      return {
        offerId: `${podId}-P-up`,
        requestId: 'R',
        podId,
        aggregatorId: 'AGG1',
        requester: 'DSO',
        product: 'P',
        direction: 'up',
        firstMtu: 0,
        acceptedW,
        priceMicroEurPerKwh: draw(80_000, 260_000),
      };
    });
    const period = {
      mtuCount: MTUS,
      baselineOf: (podId: string) => baselines.get(podId)!,
      measuredOf: (podId: string) => measured.get(podId)!,
    };
    const startedMs = performance.now();
    const sold = rows.map((row) => ({ row, offset: 0 }));
    const settled = settle(sold, { earlier: [], later: [] }, period, rules.settlement);
    const awards = addAwards(new Map(), settled, ({ podId }) => ({
      customerWallet: wallets.get(podId)!,
      terms: {
        podId,
        aggregatorId: 'AGG1',
        aggregatorWallet: AGGREGATOR_WALLET,
        customerSharePerMille: 700,
        customerPenaltySharePerMille: 500,
      },
    }));
    settledMicroEur += netMicroEur(settled);
    for (const [wallet, microEur] of awards) {
      awarded.set(wallet, (awarded.get(wallet) ?? 0) + microEur);
    }
    seconds += (performance.now() - startedMs) / 1e3;
  }
  const startedMs = performance.now();
  const { root } = distributionOf(awarded);
  const distributionSeconds = (performance.now() - startedMs) / 1e3;
  answerApart({ seconds, distributionSeconds, settledMicroEur, root });
}

main(Number(process.argv[2]), loadRulePack('platone').rulePack);
