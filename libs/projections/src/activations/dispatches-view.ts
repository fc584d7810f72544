/** The last report of each aggregator's dispatch of a window. */
import type { DispatchReported } from '@flexledger/domain';
import type { Recorded, View } from '../view';

export type DispatchDocument = DispatchReported['data'] & { readonly reportedAt: string };

export const dispatchesView: View<DispatchDocument, Recorded<DispatchReported>> = {
  name: 'dispatches',
  version: 1,
  types: ['DispatchReported'],
  indexes: ['aggregatorId', 'windowStart'],
  keysOf: ({ streamId }) => [streamId],
  evolve: (_, { data, occurredAt }) => {
    const { aggregatorId, windowStart, setpoints, infeasibleMtus, infeasible } = data;
    const totals = { aggregatorId, windowStart, setpoints, infeasibleMtus };
    return { ...totals, infeasible, reportedAt: occurredAt };
  },
};
