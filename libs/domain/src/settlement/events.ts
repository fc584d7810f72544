import type { Direction, Product, Requester } from '../units/units';

/**
 * One accepted row of a session, measured and paid. Arrays run over the row's MTUs, from
 * `firstMtu` of the session on. A MTU without a measurement is null and paid 0 until it arrives.
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
  readonly baselineW: readonly number[];
  readonly measuredW: readonly (number | null)[];
  /** What counts for this row, at most what was accepted. */
  readonly deliveredW: readonly number[];
  readonly paidMicroEur: readonly number[];
  /** Taken off the pay for deviating from the setpoint; at most the pay of its MTU. */
  readonly penaltyMicroEur: readonly number[];
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
        readonly rows: readonly SettlementRow[];
      };
    }
  | {
      readonly type: 'TokensAwarded';
      readonly data: {
        readonly sessionId: string;
        readonly correction: number;
        readonly amountMicroEur: number;
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
        readonly acceptedWMtu: number;
        readonly deliveredWMtu: number;
        readonly netMicroEur: number;
      };
    };

/** One of several events that count together once the last (`index` = `of` - 1) stands. */
export interface PartOf {
  readonly index: number;
  readonly of: number;
}

export const settlementStream = (sessionId: string): string => `settlement-${sessionId}`;
