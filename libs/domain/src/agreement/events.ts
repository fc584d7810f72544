/** The contract between an aggregator and its customer. Stream `agreement-{podId}`. */
export interface AgreementTerms {
  readonly podId: string;
  readonly aggregatorId: string;
  /** Part of the market's pay that is the customer's. */
  readonly customerSharePerMille: number;
  /** Part of a penalty that the customer bears. */
  readonly customerPenaltySharePerMille: number;
  /** Wallet of the aggregator on the chain, 0x and 40 hex digits; the customer's is the PoD's. */
  readonly aggregatorWallet: string;
}

/** Where an agreement stands. */
export type AgreementStatus = 'proposed' | 'inForce' | 'refused' | 'ended';

export type AgreementEvent =
  | { readonly type: 'AgreementProposed'; readonly data: AgreementTerms }
  | { readonly type: 'AgreementAccepted'; readonly data: { readonly podId: string } }
  | {
      readonly type: 'AgreementRefused';
      readonly data: { readonly podId: string; readonly reason: string };
    }
  | {
      readonly type: 'AgreementEnded';
      readonly data: { readonly podId: string; readonly reason: string };
    }
  | {
      /** The chain holds that the agreement is in force. */
      readonly type: 'AgreementCertified';
      readonly data: AgreementCertification;
    }
  | {
      /** The chain holds that it has ended. */
      readonly type: 'AgreementEndCertified';
      readonly data: AgreementCertification;
    };

export interface AgreementCertification {
  readonly podId: string;
  /** Hash of the `AgreementAccepted` event, hex: which of the PoD's agreements it is. */
  readonly acceptance: string;
  /** SHA-256 of the canonical terms and that hash, hex. */
  readonly termsDigest: string;
  /** Of the transaction that says so. */
  readonly txHash: string;
}

export const agreementStream = (podId: string): string => `agreement-${podId}`;
