/** The register as platforms of the same process reach it (flows 0, 0a, 0b). */
import { type RegisterPort, marketPodOf } from '@flexledger/ports';
import {
  type BaselineDocument,
  type DocumentStore,
  type PodDocument,
  findPods,
  getBaselines,
  getPod,
  getPods,
  allOf,
} from '@flexledger/projections';
import type { Register } from '../register/register';

/** Documents asked for at once. */
const PAGE = 1_000;

/** What the ports read from. */
export interface CustomerReads {
  readonly documents: DocumentStore;
  /** Resolves once the views hold everything that stood in the log when it was called. */
  readonly caughtUp: () => Promise<void>;
}

/** The port over this process' own register and views. */
export function registerPort(
  register: Register,
  { documents, caughtUp }: CustomerReads,
): RegisterPort {
  return {
    submit: (commands, request) => register.submit(commands, request),
    async podsOf(selection) {
      await caughtUp();
      return podsWhere(documents, { ...selection, status: 'registered' });
    },
    async pod(podId) {
      await caughtUp();
      return getPod(documents, podId);
    },
    async lookUp(podIds, poms) {
      await caughtUp();
      const pods = new Map(
        (await getPods(documents, [...new Set(podIds)])).flatMap((pod) => {
          const market = pod && marketPodOf(pod);
          return market ? [[pod.podId, market] as const] : [];
        }),
      );
      return { pods, poms: await knownPoms(documents, poms) };
    },
    async baselines(podIds, deliveryDay) {
      await caughtUp();
      const found: BaselineDocument[] = [];
      for (let from = 0; from < podIds.length; from += PAGE) {
        const part = await getBaselines(documents, podIds.slice(from, from + PAGE), deliveryDay);
        for (const baseline of part) if (baseline) found.push(baseline);
      }
      return found.map((baseline) => ({
        podId: baseline.podId,
        declared: [...baseline.earlier, baseline].map(({ declaredAt, baselineW, baselineVar }) => ({
          declaredAt,
          baselineW,
          ...(baselineVar ? { baselineVar } : {}),
        })),
      }));
    },
  };
}

/** Those under which the DSO has located a registered PoD. */
async function knownPoms(
  documents: DocumentStore,
  poms: readonly string[],
): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  for (const pom of new Set(poms)) {
    const { items } = await findPods(documents, { pom, status: 'registered' }, { limit: 1 });
    if (items.length > 0) known.add(pom);
  }
  return known;
}

/** All PoDs of a selection, in the order of their codes. */
function podsWhere(
  documents: DocumentStore,
  where: Parameters<typeof findPods>[1],
): Promise<PodDocument[]> {
  return allOf((page) => findPods(documents, where, page));
}
