/** Flow 5: published results and settlements, each party its own rows. */
import type {
  CommandContext,
  SessionSales,
  SettlementEvent,
  SettlementRow,
} from '@flexledger/domain';

/** An aggregator's disagreement with a settlement, as its event has it. */
export type SettlementDispute = Extract<SettlementEvent, { type: 'SettlementDisputed' }>['data'];

/** An aggregator's rows of a settlement. */
export interface SettledRows {
  /** ISO date. */
  readonly deliveryDay: string;
  readonly rows: readonly SettlementRow[];
}

/** Results as aggregators reach them. What the market told to be published MUST be there. */
export interface ResultsPort {
  /** An aggregator's rows in every published session of a delivery day, in the sessions' order. */
  resultsOf(aggregatorId: string, deliveryDay: string): Promise<readonly SessionSales[]>;
  /** Its rows of a settlement; undefined before there is one, and once a later correction has replaced it. */
  settledRows(
    aggregatorId: string,
    sessionId: string,
    correction: number,
  ): Promise<SettledRows | undefined>;
  /**
   * Records that an aggregator comes to another settlement; each once a settlement. One that was never
   * published rejects with `DomainError` `settlement-unknown`.
   */
  dispute(dispute: SettlementDispute, context: CommandContext): Promise<void>;
}
