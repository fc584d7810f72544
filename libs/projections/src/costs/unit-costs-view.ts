/** What each aggregator declared last of each plant. */
import type { CostsEvent, UnitCosts } from '@flexledger/domain';
import { documentKey } from '../document-key';
import type { Recorded, View } from '../view';

export interface UnitCostsDocument extends UnitCosts {
  readonly aggregatorId: string;
  readonly declaredAt: string;
}

type Declared = Recorded<Extract<CostsEvent, { type: 'CostsDeclared' }>>;

export const unitCostsView: View<UnitCostsDocument, Declared> = {
  name: 'unit-costs',
  version: 1,
  types: ['CostsDeclared'],
  indexes: ['aggregatorId', 'podId'],
  keysOf: ({ data: { aggregatorId, units } }) =>
    units.map(({ podId }) => documentKey(aggregatorId, podId)),
  evolve: (_, { data: { aggregatorId, units }, occurredAt }, _key, index) => ({
    aggregatorId,
    ...units[index]!,
    declaredAt: occurredAt,
  }),
};
