/** Estimated states of grids, one document an estimate. */
import type { StateEstimated } from '@flexledger/domain';
import { documentKey } from '../document-key';
import type { Recorded, View } from '../view';

export type StateEstimateDocument = StateEstimated['data'] & {
  /** When it was computed; the state itself is that of `at`. */
  readonly estimatedAt: string;
};

export const stateEstimatesView: View<StateEstimateDocument, Recorded<StateEstimated>> = {
  name: 'state-estimates',
  version: 1,
  types: ['StateEstimated'],
  indexes: ['gridId', 'at', 'estimatedAt'],
  keysOf: ({ data }) => [documentKey(data.gridId, data.estimateId)],
  evolve: (_, { data, occurredAt }) => ({ ...data, estimatedAt: occurredAt }),
};
