import type {
  FlexibilityRequest,
  MarketSessionEvent,
  OutcomeRow,
  RecordedOffer,
  RequestResult,
  RowValidation,
} from './events';
import { isLastPart } from './parts';

export type Schedule = Extract<MarketSessionEvent, { type: 'SessionScheduled' }>['data'];

/** An aggregator's bid; it counts once complete. */
export interface Bid {
  readonly bidId: string;
  readonly aggregatorId: string;
  readonly complete: boolean;
  readonly offers: readonly RecordedOffer[];
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
  /** Offers taken back, as `aggregatorId/offerId`, with the number of bids that stood then. */
  readonly withdrawn: readonly { readonly key: string; readonly bids: number }[];
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
      withdrawn: [],
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
        publishedRows: state.publishedRows + event.data.rows.length,
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
 * The offers that stand, in the order of the log: of equal `aggregatorId/offerId` the last complete
 * bid's, without those withdrawn since.
 */
export function standingOffers(
  state: ScheduledSession,
): (RecordedOffer & { readonly aggregatorId: string })[] {
  const standing = new Map<string, RecordedOffer & { readonly aggregatorId: string }>();
  state.bids.forEach((bid, index) => {
    for (const { key, bids } of state.withdrawn) if (bids === index) standing.delete(key);
    if (!bid.complete) return;
    for (const offer of bid.offers) {
      const key = `${bid.aggregatorId}/${offer.offerId}`;
      standing.delete(key);
      standing.set(key, { ...offer, aggregatorId: bid.aggregatorId });
    }
  });
  for (const { key, bids } of state.withdrawn) {
    if (bids === state.bids.length) standing.delete(key);
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
  const { sessionId: _, ...request } = event.data;
  return { ...state, requests: [...others, request] };
}

function evolveBids(
  state: ScheduledSession,
  event: Extract<MarketSessionEvent, { type: 'FlexibilityOffered' | 'OfferWithdrawn' }>,
): ScheduledSession {
  if (event.type === 'OfferWithdrawn') {
    const { aggregatorId, offerIds } = event.data;
    const bids = state.bids.length;
    const taken = offerIds.map((offerId) => ({ key: `${aggregatorId}/${offerId}`, bids }));
    return { ...state, withdrawn: [...state.withdrawn, ...taken] };
  }
  const { bidId, aggregatorId, part, offers } = event.data;
  const complete = isLastPart(part);
  const begun = state.bids.find((bid) => !bid.complete && bid.bidId === bidId);
  if (begun) {
    const bid: Bid = { ...begun, complete, offers: [...begun.offers, ...offers] };
    return { ...state, bids: [...state.bids.filter((other) => other !== begun), bid] };
  }
  return { ...state, bids: [...state.bids, { bidId, aggregatorId, complete, offers }] };
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
  const others = state.rounds.filter((other) => other.round !== round.round);
  const withRound = (
    status: MarketSessionStatus,
    change: Partial<Round>,
  ): ScheduledSession => ({ ...state, status, rounds: [...others, { ...round, ...change }] });
  switch (event.type) {
    case 'MarketCleared': {
      const cleared = isLastPart(event.data.part);
      return withRound(cleared ? 'cleared' : state.status, {
        cleared,
        rows: [...round.rows, ...event.data.rows],
        requests: [...round.requests, ...event.data.requests],
      });
    }
    case 'OutcomeSentForValidation':
      return withRound('validating', { outcomeId: event.data.outcomeId });
    case 'OutcomeValidated': {
      const validated = isLastPart(event.data.part);
      return withRound(validated ? 'validated' : state.status, {
        validated,
        exceptions: [...round.exceptions, ...event.data.exceptions],
      });
    }
  }
}
