import { documentKey } from '../document-key';
import { type DocumentStore, type Page, type PageRequest, getOne } from '../document-store';
import { allOf } from '../each-page';
import { type BidderDocument, biddersView } from './bidders-view';
import { type UnitCostsDocument, unitCostsView } from './unit-costs-view';

/** An aggregator's plants, in the order of `podIds`; `undefined` where nothing is declared. */
export function getUnitCosts(
  documents: DocumentStore,
  aggregatorId: string,
  podIds: readonly string[],
): Promise<(UnitCostsDocument | undefined)[]> {
  const ids = podIds.map((podId) => documentKey(aggregatorId, podId));
  return documents.getMany(unitCostsView, ids);
}

/** An aggregator's plants in the order of their PoD codes. @throws InvalidQuery */
export function findUnitCosts(
  documents: DocumentStore,
  aggregatorId: string,
  page: PageRequest = {},
): Promise<Page<UnitCostsDocument>> {
  return documents.find(unitCostsView, { where: { aggregatorId }, ...page });
}

/** What an aggregator adds to its costs, per mille; 0 where it has said nothing. */
export async function marginPerMilleOf(
  documents: DocumentStore,
  aggregatorId: string,
): Promise<number> {
  return (await getOne(documents, biddersView, aggregatorId))?.marginPerMille ?? 0;
}

/** Aggregators that have declared costs or a margin, in the order of their ids. */
export function allBidders(documents: DocumentStore): Promise<BidderDocument[]> {
  return allOf((page) => documents.find(biddersView, { where: {}, ...page }));
}
