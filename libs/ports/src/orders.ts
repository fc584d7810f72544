/** Flows 2a, 2b and 2c: requests of system operators and offers of aggregators, to the market. */
import type {
  CommandContext,
  FlexibilityOffer,
  FlexibilityRequest,
  RefusedRow,
} from '@flexledger/domain';

/** An aggregator's offers for one session. */
export interface Bid {
  readonly bidId: string;
  readonly aggregatorId: string;
  readonly offers: readonly FlexibilityOffer[];
}

/**
 * The order book as its bidders reach it. A command MUST be durable when it resolves, and the same
 * command (equal `context.commandId`) again MUST do nothing twice. What the market's rules refuse
 * rejects with `DomainError`: `gate-closed`, `session-unknown`, `request-malformed`, `bid-refused`.
 */
export interface OrdersPort {
  /** Sends a request, or amends the one that stands under its id. */
  requestFlexibility(
    sessionId: string,
    request: FlexibilityRequest,
    context: CommandContext,
  ): Promise<void>;
  /** Takes a request back; MUST do nothing when it does not stand. */
  withdrawRequest(sessionId: string, requestId: string, context: CommandContext): Promise<void>;
  /**
   * Sends a bid; an offer under an id that stands takes its place.
   *
   * @returns the rows that the market refused; the others stand
   */
  offerFlexibility(
    sessionId: string,
    bid: Bid,
    context: CommandContext,
  ): Promise<readonly RefusedRow[]>;
  /** Takes offers back; ids under which none of the aggregator's stands are passed over. */
  withdrawOffers(
    sessionId: string,
    aggregatorId: string,
    offerIds: readonly string[],
    context: CommandContext,
  ): Promise<void>;
  /** An aggregator's offers that count in a session, in no order. */
  standingOffers(
    sessionId: string,
    aggregatorId: string,
  ): Promise<readonly Pick<FlexibilityOffer, 'offerId' | 'podId'>[]>;
  /**
   * Why an offer that stood was not accepted, in words: the reason of most of its MTUs in the last clearing.
   * Rejects with `DomainError` `offer-unknown`, or `not-cleared` before there is a result.
   */
  whyLost(sessionId: string, aggregatorId: string, offerId: string): Promise<string>;
}
