import { type BookOffer, bookOffers } from './book-offers';
import type {
  FlexibilityRequest,
  MarketSessionEvent,
  OutcomeRow,
  RefusedRow,
  RequestResult,
  RowValidation,
} from './events';
import { type Gathered, gatherPart, isLastPart } from './parts';

export type Schedule = Extract<MarketSessionEvent, { type: 'SessionScheduled' }>['data'];

/** Orders the sessions of a delivery day as they sell: day-ahead, then the windows as they follow one another. */
export function bySale(one: Schedule, other: Schedule): number {
  if (one.kind !== other.kind) return one.kind === 'dayAhead' ? -1 : 1;
  return Date.parse(one.deliveryStart) - Date.parse(other.deliveryStart);
}

/** An aggregator's bid; it counts once complete. */
export interface Bid {
  readonly bidId: string;
  readonly aggregatorId: string;
  readonly complete: boolean;
  /** By part, without those withdrawn since. */
  readonly offerParts: Gathered<BookOffer>;
  readonly refusedParts: Gathered<RefusedRow>;
}

/** One clearing with its validation. Rows, results and exceptions stand once their last part does. */
export interface Round {
  readonly round: number;
  readonly cleared: boolean;
  readonly rows: readonly OutcomeRow[];
  readonly requests: readonly RequestResult[];
  readonly outcomeId?: string;
  readonly validated: boolean;
  readonly exceptions: readonly RowValidation[];
  /** Parts of what is not complete yet. */
  readonly begun: {
    readonly rows: Gathered<OutcomeRow>;
    readonly requests: Gathered<RequestResult>;
    readonly exceptions: Gathered<RowValidation>;
  };
}

const NOTHING_BEGUN: Round['begun'] = { rows: [], requests: [], exceptions: [] };

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
export function standingOffers({ bids }: Pick<ScheduledSession, 'bids'>): readonly BookOffer[] {
  const known = standing.get(bids);
  if (known) return known;
  const offers = withoutReplaced(bids);
  standing.set(bids, offers);
  return offers;
}

/** Closing, clearing and filling up ask it of the same bids, of which there may be 1.6 M. */
const standing = new WeakMap<readonly Bid[], readonly BookOffer[]>();

function withoutReplaced(bids: readonly Bid[]): BookOffer[] {
  const offers: (BookOffer | undefined)[] = [];
  /** By aggregator, where its offer of an id stands among them. */
  const placesOf = new Map<string, Map<string, number>>();
  let isReplaced = false;
  for (const { complete, aggregatorId, offerParts } of bids) {
    if (!complete) continue;
    const places = placesOf.get(aggregatorId) ?? new Map<string, number>();
    placesOf.set(aggregatorId, places);
    for (const part of offerParts) {
      for (const offer of part) {
        const place = places.get(offer.offerId);
        if (place !== undefined) {
          offers[place] = undefined;
          isReplaced = true;
        }
        places.set(offer.offerId, offers.push(offer) - 1);
      }
    }
  }
  return isReplaced ? offers.filter((offer) => offer !== undefined) : (offers as BookOffer[]);
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
      const offerParts = bid.offerParts.map((offers) =>
        offers.filter(({ offerId }) => !taken.has(offerId)),
      );
      return { ...bid, offerParts };
    });
    return { ...state, bids };
  }
  const { bidId, part, offers, refused } = event.data;
  const begun = state.bids.find((bid) => !bid.complete && bid.bidId === bidId);
  const bid: Bid = {
    bidId,
    aggregatorId,
    complete: isLastPart(part),
    offerParts: gatherPart(begun?.offerParts ?? [], part, bookOffers(aggregatorId, offers)),
    refusedParts: gatherPart(begun?.refusedParts ?? [], part, refused),
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
    begun: NOTHING_BEGUN,
  };
  const withRound = (status: MarketSessionStatus, change: Partial<Round>): ScheduledSession => {
    const rounds = [...state.rounds];
    rounds[round.round] = { ...round, ...change };
    return { ...state, status, rounds };
  };
  switch (event.type) {
    case 'MarketCleared': {
      const { part, rows, requests } = event.data;
      const begun = {
        ...round.begun,
        rows: gatherPart(round.begun.rows, part, rows),
        requests: gatherPart(round.begun.requests, part, requests),
      };
      if (!isLastPart(part)) return withRound(state.status, { begun });
      return withRound('cleared', {
        cleared: true,
        rows: begun.rows.flat(),
        requests: begun.requests.flat(),
        begun: NOTHING_BEGUN,
      });
    }
    case 'OutcomeSentForValidation':
      return withRound('validating', { outcomeId: event.data.outcomeId });
    case 'OutcomeValidated': {
      const { part, exceptions } = event.data;
      const gathered = gatherPart(round.begun.exceptions, part, exceptions);
      if (!isLastPart(part)) {
        return withRound(state.status, { begun: { ...round.begun, exceptions: gathered } });
      }
      return withRound('validated', {
        validated: true,
        exceptions: gathered.flat(),
        begun: NOTHING_BEGUN,
      });
    }
  }
}
