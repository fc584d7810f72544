/**
 * Aggregators that have declared costs or a margin, and so act by themselves; one that has declared no
 * costs finds nothing to offer.
 */
import type { CostsEvent } from '@flexledger/domain';
import type { Recorded, View } from '../view';

export interface BidderDocument {
  readonly aggregatorId: string;
  /** On the costs; 0 until one is declared. */
  readonly marginPerMille: number;
}

export const biddersView: View<BidderDocument, Recorded<CostsEvent>> = {
  name: 'bidders',
  version: 1,
  types: ['CostsDeclared', 'MarginDeclared'],
  indexes: ['aggregatorId'],
  keysOf: ({ data }) => [data.aggregatorId],
  evolve(doc, event) {
    const { aggregatorId } = event.data;
    if (event.type === 'MarginDeclared') {
      return { aggregatorId, marginPerMille: event.data.marginPerMille };
    }
    return doc ?? { aggregatorId, marginPerMille: 0 };
  },
};
