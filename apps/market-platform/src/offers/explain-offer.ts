/**
 * Why an offer won or lost, from the session's stream alone: the problem of each round is put
 * together again as the market and the audit do it, and what was recorded as accepted is laid over it.
 */
import {
  type ClearingInstance,
  type LossReason,
  type MarketSessionState,
  type Round,
  type ScheduledSession,
  DomainError,
  columnsFromInstance,
  explainOffer,
  explainRequests,
  offerKey,
  permittedRows,
  recordedAllocation,
  sessionInput,
  MTU_MS,
} from '@flexledger/domain';

/** One MTU of an offer in one clearing round. */
export interface MtuExplanation {
  readonly mtu: number;
  readonly mtuStart: string;
  readonly offeredW: number;
  readonly acceptedW: number;
  /** What the DSO permitted of it; null until it has answered. */
  readonly permittedW: number | null;
  /** Why not all of it was accepted; null when it was. */
  readonly reason: LossReason | null;
  readonly because: string;
  /** Dearest price accepted by the requests it could have served. */
  readonly lastAcceptedPriceMicroEurPerKwh: number | null;
  /** The element for whose sake the DSO took something off. */
  readonly violatedElement: string | null;
}

export interface OfferWhy {
  readonly sessionId: string;
  readonly aggregatorId: string;
  readonly offerId: string;
  readonly rounds: readonly { readonly round: number; readonly mtus: readonly MtuExplanation[] }[];
}

const BECAUSE: Record<LossReason, string> = {
  noRequestInScope: 'no request for this product and direction reaches the PoD',
  cap: 'it is dearer than the price cap of every request that reaches the PoD',
  blockRanElsewhere: 'the block runs in other MTUs',
  podLimit: 'the PoD has sold all the flexibility it declared',
  podDirection: 'the PoD is sold in the other direction',
  discrete: 'it is sold whole or not at all, and the whole did not fit',
  dearerThanLastAccepted: 'it is dearer than the last accepted offer',
  requestServed: 'the requests were served by offers of the same price that came before it',
};

/**
 * Explains an offer in all clearing rounds of its session.
 *
 * @param dayAhead the day-ahead session of the same delivery day
 * @throws DomainError `not-cleared`, `offer-unknown`
 */
export function whyOffer(
  session: ScheduledSession,
  dayAhead: MarketSessionState,
  { aggregatorId, offerId }: { readonly aggregatorId: string; readonly offerId: string },
): OfferWhy {
  const { sessionId } = session.schedule;
  const cleared = session.rounds.filter((round) => round.cleared);
  if (cleared.length === 0) {
    throw new DomainError(
      'not-cleared',
      `Session ${sessionId} is ${session.status}: it has not been cleared, so nothing has won or lost.`,
    );
  }
  const rounds = cleared.flatMap((round) => {
    const before = { ...session, rounds: session.rounds.slice(0, round.round) };
    const instance = sessionInput(before, dayAhead);
    const offer = instance.offers.findIndex(({ id }) => id === offerKey(aggregatorId, offerId));
    if (offer < 0) return [];
    return [{ round: round.round, mtus: explainRound(session, round, instance, offer) }];
  });
  if (rounds.length > 0) return { sessionId, aggregatorId, offerId, rounds };
  throw new DomainError(
    'offer-unknown',
    `No offer ${offerId} of ${aggregatorId} stood in ${sessionId} when its gate closed.`,
  );
}

function explainRound(
  session: ScheduledSession,
  round: Round,
  instance: ClearingInstance,
  offer: number,
): MtuExplanation[] {
  const startMs = Date.parse(session.schedule.deliveryStart);
  const columns = columnsFromInstance(instance);
  // What the round recorded names nothing that was not on the book it is laid over.
  const allocation = recordedAllocation(instance, round.rows)!;
  const requests = explainRequests(columns, allocation);
  const word = wordOfDso(round, instance.offers[offer]!.id);
  return Array.from({ length: instance.mtus }, (_, mtu) => {
    const found = explainOffer(columns, allocation, requests, offer, mtu);
    return {
      mtu,
      mtuStart: new Date(startMs + mtu * MTU_MS).toISOString(),
      ...found,
      permittedW: round.validated ? word.permittedW(mtu) : null,
      because: found.reason === null ? 'all of it was accepted' : BECAUSE[found.reason],
      violatedElement: word.violatedElement(mtu),
    };
  }).filter(({ offeredW }) => offeredW > 0);
}

/** What the DSO said of an offer's rows, by MTU of the session. */
function wordOfDso(round: Round, offerId: string) {
  const isOffer = (row: Round['rows'][number]): boolean =>
    offerKey(row.aggregatorId, row.offerId) === offerId;
  const kept = permittedRows(round).filter(isOffer);
  return {
    permittedW: (mtu: number): number =>
      kept.reduce((sum, row) => sum + (row.acceptedW[mtu - row.firstMtu] ?? 0), 0),
    violatedElement(mtu: number): string | null {
      for (const { index, permittedW, violatedElement } of round.exceptions) {
        const row = round.rows[index]!;
        const at = mtu - row.firstMtu;
        const isCut = isOffer(row) && (permittedW[at] ?? 0) < (row.acceptedW[at] ?? 0);
        if (isCut) return violatedElement;
      }
      return null;
    },
  };
}
