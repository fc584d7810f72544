/**
 * From a session's order book to a clearing problem and back. What is read stands in the session's
 * own stream (and the day-ahead result for real-time sessions), so anyone can do it again.
 */
import type {
  ClearingInstance,
  ClearingOffer,
  ClearingRequest,
  PodLimit,
} from '../clearing/instance';
import type { OutcomeRow, RecordedOffer } from './events';
import { acceptedByMtu, finalRows } from './outcome';
import { type ScheduledSession, standingOffers } from './state';

/** Reliability index of a provider nobody has measured yet, per mille. */
const RELIABILITY_UNKNOWN = 500;

type StandingOffer = RecordedOffer & { readonly aggregatorId: string };

/**
 * The clearing problem of the session's next round: in the first round the whole order book, then
 * what is still asked for and still on offer. Offers are in the order of the log.
 *
 * @param soldBefore by PoD, product and direction (`soldKey`): what earlier sessions accepted in
 *   each MTU of this one; a PoD's declared flexibility is only once for sale
 */
export function clearingInput(
  state: ScheduledSession,
  soldBefore: ReadonlyMap<string, Float64Array>,
): ClearingInstance {
  const mtus = state.schedule.mtuCount;
  const kept = finalRows(state);
  const servedOf = acceptedByMtu(kept, mtus, (row) => row.requestId);
  const takenOf = acceptedByMtu(kept, mtus, (row) => offerKey(row.aggregatorId, row.offerId));
  const soldHere = acceptedByMtu(kept, mtus, (row) => soldKey(row));
  const refused = refusedMtus(state);
  const podLimits = new Map<string, PodLimit>();
  const offers = standingOffers(state).map((offer) => {
    podLimits.set(offer.podId, mergeLimit(podLimits.get(offer.podId), offer));
    const key = offerKey(offer.aggregatorId, offer.offerId);
    const sold = [soldBefore.get(soldKey(offer)), soldHere.get(soldKey(offer))];
    return clearingOffer(offer, {
      taken: takenOf.get(key),
      refused: refused.get(key) ?? new Set(),
      roomW: (mtu) => offer.podLimitW - (sold[0]?.[mtu] ?? 0) - (sold[1]?.[mtu] ?? 0),
    });
  });
  const requests = state.requests.map((request): ClearingRequest => {
    const { scope, requestId: id, requester, product, direction } = request;
    const served = servedOf.get(id);
    const quantityW = request.quantityW.map((watts, mtu) => watts - (served?.[mtu] ?? 0));
    const { priceCapMicroEurPerKwh } = request;
    return {
      id,
      requester,
      product,
      direction,
      ...('pom' in scope ? { pom: scope.pom } : { pods: scope.podIds }),
      quantityW,
      priceCapMicroEurPerKwh,
    };
  });
  return { mtus, podLimits, requests, offers: offers.filter((offer) => offer !== undefined) };
}

/** The key under which a PoD's sold flexibility is summed. */
export function soldKey(row: {
  readonly podId: string;
  readonly product: string;
  readonly direction: string;
}): string {
  return `${row.podId}/${row.product}/${row.direction}`;
}

/** What is left of an offer: what was taken, what the DSO refused, how much room the PoD has. */
interface Left {
  readonly taken: Float64Array | undefined;
  readonly refused: ReadonlySet<number>;
  readonly roomW: (mtu: number) => number;
}

/** The id under which an aggregator's offer stands in the clearing problem. */
export function offerKey(aggregatorId: string, offerId: string): string {
  return `${aggregatorId}/${offerId}`;
}

function clearingOffer(offer: StandingOffer, left: Left): ClearingOffer | undefined {
  const { podId: pod, pom, product, direction, aggregatorId: aggregator } = offer;
  const id = offerKey(aggregator, offer.offerId);
  const common = { id, pod, pom, aggregator, product, direction, reliability: RELIABILITY_UNKNOWN };
  if (offer.kind === 'block') {
    const { quantityW, priceMicroEurPerKwh, durationMtus, window } = offer;
    const touched = left.taken !== undefined || left.refused.size > 0;
    const fits = (mtu: number): boolean => left.roomW(mtu) >= quantityW;
    const [first, last] = window;
    const free = Array.from({ length: last - first + 1 }, (_, index) => first + index).every(fits);
    if (touched || !free) return undefined;
    return {
      ...common,
      kind: 'block',
      divisible: false,
      quantityW,
      priceMicroEurPerKwh,
      durationMtus,
      window,
      minQuantityW: 0,
      energyLimitWh: null,
    };
  }
  const quantityW = offer.quantityW.map((watts, mtu) => {
    if (left.refused.has(mtu)) return 0;
    const takenW = left.taken?.[mtu] ?? 0;
    const freeW = Math.min(watts - takenW, left.roomW(mtu));
    const whole = !offer.divisible || offer.minQuantityW > 0;
    return freeW <= 0 || (whole && (takenW > 0 || freeW < watts)) ? 0 : freeW;
  });
  const { divisible, minQuantityW, priceMicroEurPerKwh } = offer;
  return { ...common, kind: 'single', divisible, minQuantityW, quantityW, priceMicroEurPerKwh };
}

/** MTUs in which the DSO took something off an offer: more of it would do the same harm. */
function refusedMtus(state: ScheduledSession): Map<string, Set<number>> {
  const refused = new Map<string, Set<number>>();
  for (const round of state.rounds) {
    for (const exception of round.exceptions) {
      const row: OutcomeRow = round.rows[exception.index]!;
      const key = offerKey(row.aggregatorId, row.offerId);
      const mtus = refused.get(key) ?? new Set();
      refused.set(key, mtus);
      row.acceptedW.forEach((watts, index) => {
        if (exception.permittedW[index]! < watts) mtus.add(row.firstMtu + index);
      });
    }
  }
  return refused;
}

function mergeLimit(limit: PodLimit | undefined, offer: StandingOffer): PodLimit {
  const known = { upW: 0, downW: 0, upVar: 0, downVar: 0, ...limit };
  const field = `${offer.direction}${offer.product === 'P' ? 'W' : 'Var'}` as const;
  return { ...known, [field]: offer.podLimitW };
}
