import type { BaselineMethod } from '../rule-pack/rule-pack';
import type { Direction, Product, Requester } from '../units/units';

/**
 * One accepted row of a session, measured and paid. Arrays run over the row's MTUs, from
 * `firstMtu` of the session on. An MTU without a measurement, or a row without a baseline, is null
 * there and paid 0 until it can be settled.
 */
export interface SettlementRow {
  readonly offerId: string;
  readonly requestId: string;
  readonly podId: string;
  readonly aggregatorId: string;
  readonly requester: Requester;
  readonly product: Product;
  readonly direction: Direction;
  readonly firstMtu: number;
  readonly acceptedW: readonly number[];
  readonly priceMicroEurPerKwh: readonly number[];
  /** All null where no baseline could be found. */
  readonly baselineW: readonly (number | null)[];
  /**
   * How `baselineW` was found, which may not be as the rule pack wants it; absent = `nominated`, `none`
   * where it could not.
   */
  readonly baselineMethod?: BaselineMethod | 'none';
  /** Why not as the pack wants it, and what was missing; absent when nothing was. */
  readonly baselineNote?: string;
  readonly measuredW: readonly (number | null)[];
  /** What counts for this row, at most what was accepted. */
  readonly deliveredW: readonly number[];
  readonly paidMicroEur: readonly number[];
  /** Taken off the pay for deviating from the setpoint; at most the pay of its MTU. */
  readonly penaltyMicroEur: readonly number[];
  /** 16 bytes, hex, of a row that is recorded: known to whom the row is shown. Absent before version 2. */
  readonly salt?: string;
}

/** A row on which an aggregator comes to other money than the market: pay minus penalty. */
export interface DisputedRow {
  readonly offerId: string;
  readonly requestId: string;
  readonly podId: string;
  /** null where one of the two knows no such row. */
  readonly settledMicroEur: number | null;
  readonly expectedMicroEur: number | null;
  /** The first MTU of the session on which they differ, and in what. */
  readonly reason: string;
}

/** Stream `settlement-{session}`. */
export type SettlementEvent =
  | {
      readonly type: 'SettlementComputed';
      readonly data: {
        readonly sessionId: string;
        /** 0 for the first settlement, then one more for each correcting one. */
        readonly correction: number;
        readonly part: PartOf;
        readonly inputDigest: string;
        /** RFC 9162 root over the rows of all parts with their salts, 64 hex characters; absent before version 2. */
        readonly rowsRoot?: string;
        readonly rows: readonly SettlementRow[];
      };
    }
  | {
      readonly type: 'TokensAwarded';
      readonly data: {
        readonly sessionId: string;
        readonly correction: number;
        /**
         * RFC 9162 leaf of the event with which the settlement is complete, 64 hex characters, as the token contract
         * was told it; absent before version 2.
         */
        readonly settlementLeaf?: string;
        /** What was minted: with a correction, what it adds. */
        readonly amountMicroEur: number;
        /** What wallets were given too much by settlements since corrected; absent = 0. */
        readonly carriedMicroEur?: number;
        /** Accounts with a balance under the root. */
        readonly accounts: number;
        /** Root of the cumulative distribution, 0x hex. */
        readonly distributionRoot: string;
        readonly txHash: string;
        readonly blockNumber: number;
      };
    }
  | {
      readonly type: 'SettlementPublished';
      readonly data: {
        readonly sessionId: string;
        readonly correction: number;
        readonly rows: number;
        readonly unmeasuredMtus: number;
        /** Of active power; in events written before the two members below, of both products together. */
        readonly acceptedWMtu: number;
        readonly deliveredWMtu: number;
        /** Of reactive power; absent where none was sold. */
        readonly acceptedVarMtu?: number;
        readonly deliveredVarMtu?: number;
        readonly netMicroEur: number;
        /** That of the settlement, for those who are shown its own rows alone; absent before version 3. */
        readonly rowsRoot?: string;
      };
    }
  | {
      /** An aggregator's own computation does not agree with the settlement (FR_AP_SR_2). */
      readonly type: 'SettlementDisputed';
      readonly data: {
        readonly sessionId: string;
        readonly correction: number;
        readonly aggregatorId: string;
        /** Net of the aggregator's rows, as settled and as it computes them. */
        readonly settledMicroEur: number;
        readonly expectedMicroEur: number;
        readonly disputedRows: number;
        /** Those that differ most, at most `DISPUTED_ROWS_SHOWN`. */
        readonly rows: readonly DisputedRow[];
      };
    };

/** Rows that one dispute lists; how many there are it says beside. */
export const DISPUTED_ROWS_SHOWN = 1_000;

/** One of several events that count together once the last (`index` = `of` - 1) stands. */
export interface PartOf {
  readonly index: number;
  readonly of: number;
}

export const settlementStream = (sessionId: string): string => `settlement-${sessionId}`;
