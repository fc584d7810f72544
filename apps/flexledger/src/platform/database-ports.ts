/**
 * The shared customer database as the market asks it, until that platform opens itself: its register
 * and its measurements, from the read models of this process, which are brought up to the log first.
 */
import type { MarketPod } from '@flexledger/domain';
import {
  type MeasurementsPort,
  type RegisterPort,
  type RegisteredPod,
  marketPodOf,
} from '@flexledger/ports';
import {
  type Views,
  findPods,
  getBaselines,
  getPods,
  measurementsBetween,
} from '@flexledger/projections';

/** Flow 0b, and the baselines of flow 8. */
export function registerPort({
  documents,
  runner,
}: Views): Pick<RegisterPort, 'lookUp' | 'baselines'> {
  return {
    async lookUp(podIds, poms) {
      await runner.catchUp();
      const pods = new Map<string, MarketPod>();
      for (const pod of await getPods(documents, [...new Set(podIds)])) {
        const market = pod && marketPodOf(pod satisfies RegisteredPod);
        if (market) pods.set(pod.podId, market);
      }
      const known = new Set<string>();
      for (const pom of new Set(poms)) {
        const { items } = await findPods(documents, { pom, status: 'registered' }, { limit: 1 });
        if (items.length > 0) known.add(pom);
      }
      return { pods, poms: known };
    },
    async baselines(podIds, deliveryDay) {
      await runner.catchUp();
      const found = await getBaselines(documents, podIds, deliveryDay);
      return found.flatMap((baseline) => {
        if (!baseline) return [];
        const { podId, declaredAt, baselineW, earlier } = baseline;
        return [{ podId, declared: [...earlier, { declaredAt, baselineW }] }];
      });
    },
  };
}

/** Flow 8. */
export function measurementsPort({
  documents,
  runner,
}: Views): Pick<MeasurementsPort, 'quarterHours'> {
  return {
    async quarterHours(podIds, fromMs, untilMs) {
      await runner.catchUp();
      return measurementsBetween(documents, podIds, fromMs, untilMs);
    },
  };
}
