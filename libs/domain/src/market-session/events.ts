import type { LimitByMtu } from '../clearing/instance';
import type { SessionKind } from '../rule-pack/calendar';
import type { PartOf } from '../settlement/events';
import type { Direction, Product, Requester } from '../units/units';

/** Where in the grid a request of the DSO is for: the lowest points that all of its PoDs are below. */
export interface GridPoint {
  /** The primary substation. */
  readonly pom: string;
  /** Id of the feeder of medium voltage. */
  readonly mvFeeder?: string;
  readonly secondarySubstation?: string;
}

/** A system operator's need. `quantityW` is var where the product is Q. */
export interface FlexibilityRequest {
  readonly requestId: string;
  readonly requester: Requester;
  readonly product: Product;
  readonly direction: Direction;
  /** The PoDs that help (DSO), or everything under a primary substation (TSO). */
  readonly scope: { readonly podIds: readonly string[] } | { readonly pom: string };
  /** Of the PoDs that a DSO names, where it says so; of a substation its scope says it. */
  readonly gridPoint?: GridPoint;
  /** By MTU of the session. */
  readonly quantityW: readonly number[];
  /** Offers above it do not serve this request. */
  readonly priceCapMicroEurPerKwh: number | null;
}

/** One row of an aggregator's bid: one PoD, one product and direction. */
export type FlexibilityOffer = SingleOffer | BlockOffer;

interface OfferCommon {
  readonly offerId: string;
  readonly podId: string;
  readonly product: Product;
  readonly direction: Direction;
}

/** A quantity and a price for each MTU. */
export interface SingleOffer extends OfferCommon {
  readonly kind: 'single';
  readonly quantityW: readonly number[];
  readonly priceMicroEurPerKwh: readonly number[];
  /** Continuous (any part) or discrete (all or nothing in each MTU). */
  readonly divisible: boolean;
  /** Least accepted quantity of a divisible offer; 0 = none. */
  readonly minQuantityW: number;
}

/** A quantity in each of so many consecutive MTUs, whose start the market chooses in the window. */
export interface BlockOffer extends OfferCommon {
  readonly kind: 'block';
  readonly quantityW: number;
  readonly priceMicroEurPerKwh: number;
  readonly durationMtus: number;
  /** First and last MTU the block may use, both included. */
  readonly window: readonly [number, number];
}

/**
 * An offer as the log keeps it: with what the PoD register said when the bid was taken, so that a
 * clearing can be recomputed from the session's stream alone.
 */
export type RecordedOffer = FlexibilityOffer & {
  readonly pom: string;
  /**
   * Most the PoD declared for this product and direction, all its offers together: in each MTU of the
   * session, one number where it is the same in all.
   */
  readonly podLimitW: LimitByMtu;
  /** How reliable the provider was when the session opened (`ReliabilityBook`); absent = nothing is known of it. */
  readonly reliabilityPerMille?: number;
};

/** A row that was refused while the rest of its bid stands. */
export interface RefusedRow {
  readonly index: number;
  readonly offerId: string;
  readonly reason: string;
}

/** What one offer gives to one request, from `firstMtu` of the session on. */
export interface OutcomeRow {
  readonly offerId: string;
  readonly requestId: string;
  readonly podId: string;
  readonly aggregatorId: string;
  readonly requester: Requester;
  readonly product: Product;
  readonly direction: Direction;
  readonly firstMtu: number;
  readonly acceptedW: readonly number[];
  /** What is paid for each MTU's quantity. */
  readonly priceMicroEurPerKwh: readonly number[];
}

/** Why a request's need was met or not, by MTU. */
export interface RequestResult {
  readonly requestId: string;
  readonly servedW: readonly number[];
  /** Price of the dearest accepted quantity, null where nothing was accepted. */
  readonly marginalPriceMicroEurPerKwh: readonly (number | null)[];
  /** What ended the service: a `Binding` of the clearing. */
  readonly binding: readonly string[];
}

/** The DSO's word on one outcome row; a row that is not listed is OK. */
export interface RowValidation {
  readonly index: number;
  readonly status: 'partial' | 'KO';
  /** By MTU of the row; all 0 when KO. */
  readonly permittedW: readonly number[];
  /** The element that would be violated, or `no-answer`. */
  readonly violatedElement: string;
}

/** Stream `session-{sessionId}`. Events with a `part` count once their last part stands. */
export type MarketSessionEvent =
  | {
      readonly type: 'SessionScheduled';
      readonly data: {
        readonly sessionId: string;
        readonly kind: SessionKind;
        readonly deliveryDay: string;
        readonly deliveryStart: string;
        readonly mtuCount: number;
        readonly gateOpensAt: string;
        readonly gateClosesAt: string;
        readonly resultDueAt: string;
        readonly rulePackDigest: string;
        /** What it trades; absent in older logs = active and reactive power. */
        readonly products?: readonly Product[];
        /** A system operator has to have qualified what is offered; absent = unless it refuses. */
        readonly qualification?: 'required';
        /** Least active power of an offer, W; absent = any. */
        readonly leastQuantityW?: number;
        /** Last position of the log whose PoD register the session starts from. */
        readonly registerPosition: number;
      };
    }
  | { readonly type: 'SessionOpened'; readonly data: { readonly sessionId: string } }
  | {
      readonly type: 'FlexibilityRequested';
      readonly data: { readonly sessionId: string } & FlexibilityRequest;
    }
  | {
      readonly type: 'RequestWithdrawn';
      readonly data: { readonly sessionId: string; readonly requestId: string };
    }
  | {
      readonly type: 'FlexibilityOffered';
      readonly data: {
        readonly sessionId: string;
        readonly bidId: string;
        readonly aggregatorId: string;
        readonly part: PartOf;
        readonly offers: readonly RecordedOffer[];
        readonly refused: readonly RefusedRow[];
      };
    }
  | {
      readonly type: 'OfferWithdrawn';
      readonly data: {
        readonly sessionId: string;
        readonly aggregatorId: string;
        readonly offerIds: readonly string[];
      };
    }
  | {
      readonly type: 'SessionClosed';
      readonly data: {
        readonly sessionId: string;
        readonly requests: number;
        readonly offers: number;
      };
    }
  | {
      readonly type: 'MarketCleared';
      readonly data: {
        readonly sessionId: string;
        /** 0, then one more for each fill-up round. */
        readonly round: number;
        readonly part: PartOf;
        readonly algorithm: string;
        readonly version: string;
        readonly parameters: Readonly<Record<string, string | number>>;
        /** SHA-256 of the canonical clearing instance. */
        readonly inputDigest: string;
        /** Where the solver's time ran out: the objective and how far from proved; null = optimal. */
        readonly gap: object | null;
        readonly rows: readonly OutcomeRow[];
        /** After the rows, in the last parts. */
        readonly requests: readonly RequestResult[];
      };
    }
  | {
      readonly type: 'OutcomeSentForValidation';
      readonly data: {
        readonly sessionId: string;
        readonly outcomeId: string;
        readonly round: number;
        readonly rows: number;
        readonly answerDueAt: string;
      };
    }
  | {
      readonly type: 'OutcomeValidated';
      readonly data: {
        readonly sessionId: string;
        readonly outcomeId: string;
        readonly round: number;
        readonly part: PartOf;
        readonly validatedBy: 'DSO' | 'no-answer';
        readonly exceptions: readonly RowValidation[];
      };
    }
  | {
      readonly type: 'ResultPublished';
      readonly data: {
        readonly sessionId: string;
        readonly part: PartOf;
        /** The final rows; what the DSO did not permit is gone. */
        readonly rows: readonly OutcomeRow[];
      };
    }
  | {
      readonly type: 'SessionCancelled';
      readonly data: { readonly sessionId: string; readonly reason: string };
    };

export const sessionStream = (sessionId: string): string => `session-${sessionId}`;
