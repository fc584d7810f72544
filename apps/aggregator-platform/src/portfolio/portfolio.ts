import type { DeclaredFlexibility } from '@flexledger/domain';

/** A PoD as its aggregator knows it. The cost is the aggregator's own knowledge, not in the log. */
export interface PortfolioPod {
  readonly podId: string;
  readonly flexibility: DeclaredFlexibility;
  /** What moving a kWh costs the aggregator: comfort, wear, lost self-consumption. */
  readonly costMicroEurPerKwh: number;
  /** Power the PoD can feed in beyond going to zero, from a battery. */
  readonly feedInW: number;
  /** Baseline of the delivery day, W by MTU. */
  readonly baselineW: readonly number[];
}

/** An aggregator's view of its customers for one delivery day, in the order of their codes. */
export interface Portfolio {
  readonly aggregatorId: string;
  podsOn(deliveryDay: string): Promise<readonly PortfolioPod[]>;
}
