import type { AgreementTerms } from '../agreement/events';
import type { VoltageLevel } from '../grid-forecast/events';
import type { CustomerKind } from '../pod/events';

/**
 * A way of sharing what the market pays, which an aggregator has for PoDs of a kind (D3.3 A.1.2.5): what
 * its agreements say, without the PoD. Stream `settlementMechanism-{smartContractId}`.
 */
export type MechanismTerms = Omit<AgreementTerms, 'podId'>;

/** Which PoDs a mechanism is for: all that fit whatever is said; of a list, those alone. */
export interface MechanismCluster {
  readonly podIds?: readonly string[];
  readonly customerKind?: CustomerKind;
  readonly voltageLevel?: VoltageLevel;
  /** Contracted power, W: this much at least, and less than that. */
  readonly fromPowerW?: number;
  readonly belowPowerW?: number;
}

/** A mechanism as it is offered. */
export interface SettlementMechanism extends MechanismTerms {
  /**
   * 0x and the first 40 hex digits of the SHA-256 of the canonical terms: whoever has an agreement can
   * tell which mechanism it is of, and nobody can change the terms behind an id.
   */
  readonly smartContractId: string;
  readonly name: string;
  readonly cluster: MechanismCluster;
}

export type SettlementMechanismEvent =
  | { readonly type: 'SettlementMechanismOffered'; readonly data: SettlementMechanism }
  | {
      /** No agreement is proposed by it any more; those that stand go on. */
      readonly type: 'SettlementMechanismWithdrawn';
      readonly data: { readonly smartContractId: string; readonly aggregatorId: string };
    };

/** Stream of one mechanism. */
export const settlementMechanismStream = (smartContractId: string): string =>
  `settlementMechanism-${smartContractId}`;

/** What of an agreement its mechanism says, in the form whose digest names the mechanism. */
export function mechanismTerms(terms: MechanismTerms): MechanismTerms {
  const { aggregatorId, customerSharePerMille, customerPenaltySharePerMille, aggregatorWallet } =
    terms;
  return {
    aggregatorId,
    customerSharePerMille,
    customerPenaltySharePerMille,
    aggregatorWallet: aggregatorWallet.toLowerCase(),
  };
}
