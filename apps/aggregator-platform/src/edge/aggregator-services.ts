import type { MeteringSource, RulePack } from '@flexledger/domain';
import type { DocumentStore } from '@flexledger/projections';
import type { BaselineDesk } from '../baselines/baseline-desk';
import type { SoldResults } from '../dispatch/dispatch-process';
import type { OfferDesk } from '../offer-building/offer-desk';
import type { PodRegister } from '../portfolio/own-pods';
import type { OwnKnowledge, Portfolio } from '../portfolio/portfolio';
import type { PublishedSettlements } from '../settlement-check/settlement-check';

/** What one aggregator works with; nothing of it reaches another's customers. */
export interface AggregatorDesk {
  readonly aggregatorId: string;
  readonly portfolio: Portfolio;
  /** What it knows of a customer's plant; absent without. */
  knowledgeOf(podId: string): OwnKnowledge | undefined;
  readonly register: PodRegister;
  readonly baselines: BaselineDesk;
  readonly offers: OfferDesk;
  readonly results: SoldResults;
  readonly metering: MeteringSource;
  readonly settlements: Pick<PublishedSettlements, 'rowsOf'>;
}

/** What the aggregator platform's HTTP interface stands on; the composer opens it. */
export interface AggregatorServices {
  deskOf(aggregatorId: string): AggregatorDesk;
  /** The read models, as far as the log had come when the request came in. */
  readonly documents: DocumentStore;
  readonly rules: RulePack;
}

/** Under which Nest finds the `AggregatorServices`. */
export const AGGREGATORS = Symbol('aggregator services');
