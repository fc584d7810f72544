/** Balancing jobs as they were worked out, one document a job; a deleted one is none. */
import type { BalancingEvent, BalancingJobCompleted } from '@flexledger/domain';
import { documentKey } from '../document-key';
import type { DocumentStore, Page, PageRequest } from '../document-store';
import { getOne } from '../document-store';
import type { Recorded, View } from '../view';

export type BalancingJobDocument = BalancingJobCompleted['data'] & {
  /** Where it stands in the log: later ones have greater numbers. */
  readonly position: number;
};

export const balancingJobsView: View<BalancingJobDocument, Recorded<BalancingEvent>> = {
  name: 'balancing-jobs',
  version: 1,
  types: ['BalancingJobCompleted', 'BalancingJobDeleted'],
  indexes: ['position'],
  keysOf: ({ data }) => [documentKey(data.jobId)],
  evolve: (_, { type, data, position }) =>
    type === 'BalancingJobDeleted'
      ? undefined
      : { ...(data as BalancingJobCompleted['data']), position },
};

/** One job; undefined where there is none, or none any more. */
export function getBalancingJob(
  documents: DocumentStore,
  jobId: string,
): Promise<BalancingJobDocument | undefined> {
  return getOne(documents, balancingJobsView, documentKey(jobId));
}

/** Jobs, the latest first. @throws InvalidQuery */
export function findBalancingJobs(
  documents: DocumentStore,
  page: PageRequest = {},
): Promise<Page<BalancingJobDocument>> {
  return documents.find(balancingJobsView, { orderBy: 'position', descending: true, ...page });
}
