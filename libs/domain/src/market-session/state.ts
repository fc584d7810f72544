import type {
  FlexibilityRequest,
  MarketSessionEvent,
  OutcomeRow,
  RecordedOffer,
  RefusedRow,
  RequestResult,
  RowValidation,
} from './events';
import { afterPart, isLastPart } from './parts';

export type Schedule = Extract<MarketSessionEvent, { type: 'SessionScheduled' }>['data'];

/** An aggregator's bid; it counts once complete. */
export interface Bid {
  readonly bidId: string;
  readonly aggregatorId: string;
  readonly complete: boolean;
  /** Without those withdrawn since. */
  readonly offers: readonly RecordedOffer[];
  readonly refused: readonly RefusedRow[];
}

/** One clearing with its validation. */
export interface Round {
  readonly round: number;
  readonly cleared: boolean;
  readonly rows: readonly OutcomeRow[];
  readonly requests: readonly RequestResult[];
  readonly outcomeId?: string;
  readonly validated: boolean;
  readonly exceptions: readonly RowValidation[];
}

export type MarketSessionStatus =
  | 'scheduled'
  | 'open'
  | 'closed'
  | 'cleared'
  | 'validating'
  | 'validated'
  | 'published'
  | 'cancelled';

export interface ScheduledSession {
  readonly status: MarketSessionStatus;
  readonly schedule: Schedule;
  readonly requests: readonly FlexibilityRequest[];
  readonly bids: readonly Bid[];
  readonly rounds: readonly Round[];
  readonly publishedRows: number;
}

export type MarketSessionState = { readonly status: 'unknown' } | ScheduledSession;

/** Folds one event; an unknown event returns the state. */
export function evolve(state: MarketSessionState, event: MarketSessionEvent): MarketSessionState {
  if (event.type === 'SessionScheduled') {
    return {
      status: 'scheduled',
      schedule: event.data,
      requests: [],
      bids: [],
      rounds: [],
      publishedRows: 0,
    };
  }
  if (state.status === 'unknown') return state;
  switch (event.type) {
    case 'SessionOpened':
      return { ...state, status: 'open' };
    case 'SessionClosed':
      return { ...state, status: 'closed' };
    case 'ResultPublished':
      return {
        ...state,
        status: isLastPart(event.data.part) ? 'published' : state.status,
        publishedRows:
          (event.data.part.index === 0 ? 0 : state.publishedRows) + event.data.rows.length,
      };
    case 'SessionCancelled':
      return { ...state, status: 'cancelled' };
    case 'FlexibilityRequested':
    case 'RequestWithdrawn':
      return evolveRequests(state, event);
    case 'FlexibilityOffered':
    case 'OfferWithdrawn':
      return evolveBids(state, event);
    case 'MarketCleared':
    case 'OutcomeSentForValidation':
    case 'OutcomeValidated':
      return evolveRounds(state, event);
    default:
      return state;
  }
}

/**
 * The offers that stand, in the order in which their bids became complete: of equal
 * `aggregatorId/offerId` that of the last complete bid.
 */
export function standingOffers(
  state: ScheduledSession,
): (RecordedOffer & { readonly aggregatorId: string })[] {
  const standing = new Map<string, RecordedOffer & { readonly aggregatorId: string }>();
  for (const { complete, aggregatorId, offers } of state.bids) {
    if (!complete) continue;
    for (const offer of offers) {
      const key = `${aggregatorId}/${offer.offerId}`;
      standing.delete(key);
      standing.set(key, { ...offer, aggregatorId });
    }
  }
  return [...standing.values()];
}

function evolveRequests(
  state: ScheduledSession,
  event: Extract<MarketSessionEvent, { type: 'FlexibilityRequested' | 'RequestWithdrawn' }>,
): ScheduledSession {
  const { requestId } = event.data;
  const others = state.requests.filter((request) => request.requestId !== requestId);
  if (event.type === 'RequestWithdrawn') return { ...state, requests: others };
  const { requester, product, direction, scope, quantityW, priceCapMicroEurPerKwh } = event.data;
  const request: FlexibilityRequest = {
    requestId,
    requester,
    product,
    direction,
    scope,
    quantityW,
    priceCapMicroEurPerKwh,
  };
  return { ...state, requests: [...others, request] };
}

function evolveBids(
  state: ScheduledSession,
  event: Extract<MarketSessionEvent, { type: 'FlexibilityOffered' | 'OfferWithdrawn' }>,
): ScheduledSession {
  const { aggregatorId } = event.data;
  if (event.type === 'OfferWithdrawn') {
    const taken = new Set(event.data.offerIds);
    const bids = state.bids.map((bid) => {
      if (bid.aggregatorId !== aggregatorId) return bid;
      return { ...bid, offers: bid.offers.filter(({ offerId }) => !taken.has(offerId)) };
    });
    return { ...state, bids };
  }
  const { bidId, part, offers, refused } = event.data;
  const begun = state.bids.find((bid) => !bid.complete && bid.bidId === bidId);
  const bid: Bid = {
    bidId,
    aggregatorId,
    complete: isLastPart(part),
    offers: afterPart(begun?.offers ?? [], part, offers),
    refused: afterPart(begun?.refused ?? [], part, refused),
  };
  return { ...state, bids: [...state.bids.filter((other) => other !== begun), bid] };
}

function evolveRounds(
  state: ScheduledSession,
  event: Extract<
    MarketSessionEvent,
    { type: 'MarketCleared' | 'OutcomeSentForValidation' | 'OutcomeValidated' }
  >,
): ScheduledSession {
  const round = state.rounds[event.data.round] ?? {
    round: event.data.round,
    cleared: false,
    rows: [],
    requests: [],
    validated: false,
    exceptions: [],
  };
  const withRound = (status: MarketSessionStatus, change: Partial<Round>): ScheduledSession => {
    const rounds = [...state.rounds];
    rounds[round.round] = { ...round, ...change };
    return { ...state, status, rounds };
  };
  switch (event.type) {
    case 'MarketCleared': {
      const { part, rows, requests } = event.data;
      const cleared = isLastPart(part);
      return withRound(cleared ? 'cleared' : state.status, {
        cleared,
        rows: afterPart(round.rows, part, rows),
        requests: afterPart(round.requests, part, requests),
      });
    }
    case 'OutcomeSentForValidation':
      return withRound('validating', { outcomeId: event.data.outcomeId });
    case 'OutcomeValidated': {
      const { part, exceptions } = event.data;
      const validated = isLastPart(part);
      return withRound(validated ? 'validated' : state.status, {
        validated,
        exceptions: afterPart(round.exceptions, part, exceptions),
      });
    }
  }
}
