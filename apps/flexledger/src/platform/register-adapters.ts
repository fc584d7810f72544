/**
 * How the platforms of one process learn of PoDs: each through its own port, answered here from the
 * read models of the shared customer database.
 */
import type { Portfolio } from '@flexledger/aggregator-platform';
import type { MarketPod, PodWallets } from '@flexledger/domain';
import type { ConnectedCustomer } from '@flexledger/dso-technical-platform';
import type { AgreementSource, MeteringSource, RegisterSource } from '@flexledger/market-platform';
import {
  type DocumentStore,
  type PodDocument,
  countPods,
  findPods,
  getBaselines,
  getPods,
  measurementsBetween,
} from '@flexledger/projections';

/** Documents asked for at once. */
const PAGE = 1_000;
const MTU_MS = 900_000;
/** W of a mean power for Wh in a quarter-hour. */
const W_PER_WH = 4;

/** The register as the market sees it (flow 0b). */
export function registerSource(
  documents: DocumentStore,
  poms: () => ReadonlySet<string>,
): RegisterSource {
  return {
    async lookUp(podIds) {
      const known = new Map<string, MarketPod>();
      for (const pod of await getPods(documents, [...new Set(podIds)])) {
        const market = pod && marketPod(pod);
        if (market) known.set(pod.podId, market);
      }
      return { pod: (podId) => known.get(podId), hasPom: (pom) => poms().has(pom) };
    },
  };
}

/** An aggregator's customers; what they cost is the aggregator's own knowledge. */
export function portfolioOf(
  documents: DocumentStore,
  aggregatorId: string,
  privateKnowledge: ReadonlyMap<string, { costMicroEurPerKwh: number; feedInW: number }>,
): Portfolio {
  return {
    aggregatorId,
    async podsOn(deliveryDay) {
      const pods = (await podsWhere(documents, { aggregatorId, status: 'registered' })).filter(
        (pod) => pod.flexibility && !pod.unavailableDays.includes(deliveryDay),
      );
      const podIds = pods.map((pod) => pod.podId);
      const baselines = await getBaselines(documents, podIds, deliveryDay);
      return pods.flatMap((pod, index) => {
        const own = privateKnowledge.get(pod.podId);
        const baseline = baselines[index];
        if (!own || !baseline) return [];
        const { podId, flexibility } = pod;
        return [{ podId, flexibility: flexibility!, baselineW: baseline.baselineW, ...own }];
      });
    },
  };
}

/** The DSO's customers on one grid. */
export async function connectedCustomers(
  documents: DocumentStore,
  gridId: string,
): Promise<ConnectedCustomer[]> {
  const pods = await podsWhere(documents, { gridId, status: 'registered' });
  return pods.flatMap(({ details, busId }) => (details && busId ? [{ ...details, busId }] : []));
}

/** Baselines and measurements for settlement (flow 8). */
export function meteringSource(documents: DocumentStore): MeteringSource {
  return {
    async baselinesOf(podIds, day) {
      const baselines = await getBaselines(documents, podIds, day);
      return new Map(
        podIds.flatMap((podId, index) => {
          const baseline = baselines[index];
          return baseline ? [[podId, baseline.baselineW] as const] : [];
        }),
      );
    },
    async measuredW(podIds, startMs, mtuCount) {
      const untilMs = startMs + mtuCount * MTU_MS;
      const rows = await measurementsBetween(documents, podIds, startMs, untilMs);
      return new Map(
        podIds.map((podId, index) => {
          const measuredW = new Array<number | null>(mtuCount).fill(null);
          for (const { mtuStartMs, withdrawnWh, injectedWh } of rows[index]!) {
            measuredW[(mtuStartMs - startMs) / MTU_MS] = (withdrawnWh - injectedWh) * W_PER_WH;
          }
          return [podId, measuredW] as const;
        }),
      );
    },
  };
}

/** Agreements in force, with the wallets they pay to. */
export function agreementSource(documents: DocumentStore): AgreementSource {
  return {
    async walletsOf(podIds) {
      const wallets = new Map<string, PodWallets>();
      for (const pod of await getPods(documents, podIds)) {
        if (!pod?.agreement || !pod.details) continue;
        const { terms } = pod.agreement;
        wallets.set(pod.podId, { terms, customerWallet: pod.details.wallet });
      }
      return wallets;
    },
  };
}

/** Registered PoDs of a selection, in the order of their codes, however many. */
export async function podsWhere(
  documents: DocumentStore,
  where: Parameters<typeof findPods>[1],
): Promise<PodDocument[]> {
  const pods: PodDocument[] = [];
  let cursor: string | undefined;
  do {
    const page = await findPods(documents, where, {
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    pods.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return pods;
}

/** How many PoDs are registered. */
export function registeredPods(documents: DocumentStore): Promise<number> {
  return countPods(documents, { status: 'registered' });
}

function marketPod(pod: PodDocument): MarketPod | undefined {
  const { aggregatorId, pom, flexibility, unavailableDays, status } = pod;
  if (status !== 'registered' || !aggregatorId || !pom || !flexibility) return undefined;
  return { aggregatorId, pom, flexibility, unavailableDays };
}
