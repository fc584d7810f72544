import { DEFAULT_OBJECTIVES, type ObjectiveFunction } from '@flexledger/domain';

/** What an operator of a market platform may decide that no rule pack and no log says. */
export interface MarketPolicy {
  /** Sessions whose order book is kept folded in memory; a day with its windows has seven. */
  readonly cachedSessions: number;
  /** Minutes after which a settlement is tried again that failed, as when the chain is silent. */
  readonly settlementRetryMinutes: number;
  /** Minutes after which the certification of agreements is tried again. */
  readonly certificationRetryMinutes: number;
  /** What the front of a session trades off where who asks for it does not say it. */
  readonly objectives: readonly ObjectiveFunction[];
}

export const MARKET_POLICY: MarketPolicy = {
  cachedSessions: 16,
  settlementRetryMinutes: 5,
  certificationRetryMinutes: 5,
  objectives: DEFAULT_OBJECTIVES,
};
