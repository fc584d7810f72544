import type { RulePack } from '@flexledger/domain';
import type { DocumentStore } from '@flexledger/projections';
import type { Agreements } from '../agreements/agreements';
import type { MarketSessions } from '../sessions/market-sessions';
import type { AwardsOfLog } from '../wallets/awards-of-log';

/** What the market's HTTP interface stands on; the composer opens it. */
export interface MarketServices {
  readonly sessions: MarketSessions;
  /** The read models, as far as the log had come when the request came in. */
  readonly documents: DocumentStore;
  readonly rules: RulePack;
  readonly tokens: TokenBalances;
  readonly awards: AwardsOfLog;
  readonly agreements: Agreements;
}

/** The token contract, as far as wallets are looked at. */
export interface TokenBalances {
  readonly address: string;
  /** Tokens an account holds now, micro-euro. */
  balanceOfMicroEur(account: string): Promise<bigint>;
  /** What an account has taken out of its awards so far, micro-euro. */
  claimedMicroEur(account: string): Promise<bigint>;
}

/** Under which Nest finds the `MarketServices`. */
export const MARKET = Symbol('market services');
