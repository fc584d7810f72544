/** PoDs that are left out of KPI_IT_02, with the reason. One document a PoD; none once it is taken in again. */
import type { KpiExclusionChanged } from '@flexledger/domain';
import type { DocumentStore, Page, PageRequest } from '../document-store';
import type { Recorded, View } from '../view';

export interface KpiExclusionDocument {
  readonly podId: string;
  readonly reason: string;
  /** Who left it out, and since when. */
  readonly excludedBy: string;
  readonly excludedAt: string;
}

export const kpiExclusionsView: View<KpiExclusionDocument, Recorded<KpiExclusionChanged>> = {
  name: 'kpi-exclusions',
  version: 1,
  types: ['KpiExclusionChanged'],
  indexes: ['podId'],
  keysOf: ({ data }) => [data.podId],
  evolve(_doc, { data, actor, occurredAt }) {
    const { podId, excluded, reason } = data;
    return excluded ? { podId, reason, excludedBy: actor, excludedAt: occurredAt } : undefined;
  },
};

/** PoDs that are left out, in the order of their codes. @throws InvalidQuery */
export function findKpiExclusions(
  documents: DocumentStore,
  page: PageRequest = {},
): Promise<Page<KpiExclusionDocument>> {
  return documents.find(kpiExclusionsView, page);
}
