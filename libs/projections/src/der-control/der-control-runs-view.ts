/** Runs of DER control with their answers, one document a run. */
import type { DerControlEvent, DerControlStarted, DerSetpoint } from '@flexledger/domain';
import { documentKey } from '../document-key';
import type { DocumentStore, Page, PageRequest } from '../document-store';
import { getOne } from '../document-store';
import type { Recorded, View } from '../view';

export type DerControlRunDocument = DerControlStarted['data'] & {
  /** Where its start stands in the log: later ones have greater numbers. */
  readonly position: number;
  readonly startedAt: string;
  /** Null until it is answered. */
  readonly reportedAt: string | null;
  readonly setpoints: readonly DerSetpoint[];
};

export const derControlRunsView: View<DerControlRunDocument, Recorded<DerControlEvent>> = {
  name: 'der-control-runs',
  version: 1,
  types: ['DerControlStarted', 'DerControlReported'],
  indexes: ['gridId', 'position'],
  keysOf: ({ data }) => [documentKey(data.gridId, data.runId)],
  evolve(doc, { type, data, position, occurredAt }) {
    if (type === 'DerControlStarted') {
      const run = data as DerControlStarted['data'];
      return { ...run, position, startedAt: occurredAt, reportedAt: null, setpoints: [] };
    }
    const { setpoints } = data as { readonly setpoints: readonly DerSetpoint[] };
    return doc && { ...doc, reportedAt: occurredAt, setpoints };
  },
};

/** One run on a grid. */
export function getDerControlRun(
  documents: DocumentStore,
  gridId: string,
  runId: string,
): Promise<DerControlRunDocument | undefined> {
  return getOne(documents, derControlRunsView, documentKey(gridId, runId));
}

/** Runs on a grid, the latest first. @throws InvalidQuery */
export function findDerControlRuns(
  documents: DocumentStore,
  gridId: string,
  page: PageRequest = {},
): Promise<Page<DerControlRunDocument>> {
  const where = { gridId };
  return documents.find(derControlRunsView, {
    where,
    orderBy: 'position',
    descending: true,
    ...page,
  });
}
