/** PoDs whose Light Node is cut off, each with its aggregator's, in the order in which they were: without reading the others. */
import { isoFromMs } from '@flexledger/runtime';
import { documentKey } from '../document-key';
import type { DocumentStore, Page, PageRequest } from '../document-store';
import { type PodDocument, podRegisterView } from './pod-register-view';

/** Cut off from `fromMs` (included) up to `belowMs` (excluded). */
export interface SilentSince {
  readonly fromMs: number;
  readonly belowMs: number;
}

const orderBy = 'silence';

/** Of one aggregator, all that are silent where no time is said; the longest silent first. @throws InvalidQuery */
export function findSilentPods(
  documents: DocumentStore,
  aggregatorId: string,
  since?: SilentSince,
  page: PageRequest & { readonly descending?: boolean } = {},
): Promise<Page<PodDocument>> {
  const where = { silence: rangeOf(aggregatorId, since) };
  return documents.find(podRegisterView, { where, orderBy, ...page });
}

/** How many there are. */
export function countSilentPods(
  documents: DocumentStore,
  aggregatorId: string,
  since?: SilentSince,
): Promise<number> {
  return documents.count(podRegisterView, { silence: rangeOf(aggregatorId, since) });
}

/** The aggregators that have any, a question each. */
export async function aggregatorsWithSilentPods(documents: DocumentStore): Promise<string[]> {
  const found: string[] = [];
  for (let from = ''; ;) {
    const query = { where: { silence: { from } }, orderBy, limit: 1 } as const;
    const [next] = (await documents.find(podRegisterView, query)).items;
    if (!next) return found;
    found.push(next.aggregatorId!);
    from = rangeOf(next.aggregatorId!).below;
  }
}

function rangeOf(
  aggregatorId: string,
  since?: SilentSince,
): { readonly from: string; readonly below: string } {
  const key = (ms: number): string => documentKey(aggregatorId, isoFromMs(ms));
  if (since) return { from: key(since.fromMs), below: key(since.belowMs) };
  // What follows the slash behind its name is no key of it any more.
  const all = documentKey(aggregatorId);
  return { from: `${all}/`, below: `${all}0` };
}
