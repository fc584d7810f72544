/**
 * A session's order book from its stored events straight into columns, for sessions too large to hold as
 * objects (1.6 M offers of 96 MTUs are 1.3 GB of columns and would be several times that as objects).
 */
import {
  type ClearingColumns,
  NO_CAP,
  OfferKind,
  marketIndex,
  newClearingColumns,
  scopeColumns,
  writePodLimit,
} from '../clearing/columns';
import { DomainError } from '../log/decider';
import type { FlexibilityRequest, MarketSessionEvent, RecordedOffer } from './events';
import { isLastPart } from './parts';

type EventOf<Type extends MarketSessionEvent['type']> = Extract<MarketSessionEvent, { type: Type }>;

/** A session's clearing problem, with the names behind the indexes. */
export interface SessionColumns {
  readonly columns: ClearingColumns;
  readonly requestIds: readonly string[];
  /** By offer index; aggregators in the order in which they first bid. */
  readonly offerIds: readonly string[];
}

/**
 * Fills the columns of a session's first clearing round.
 *
 * @param requests those that stand at the gate's closing
 * @param bids its `FlexibilityOffered` events in log order; read once, one at a time
 * @param mtus MTUs of the session
 * @param offerCount `SessionClosed.offers`
 * @throws DomainError `order-book-changed` when offers were replaced or withdrawn, or are blocks: such a
 *   session is cleared from its folded state
 */
export async function readSessionColumns(
  requests: readonly FlexibilityRequest[],
  bids: AsyncIterable<EventOf<'FlexibilityOffered'>>,
  mtus: number,
  offerCount: number,
): Promise<SessionColumns> {
  const pods = new Map<string, number>();
  const podsOfPom = new Map<string, number[]>();
  const offerIds: string[] = [];
  const counts = { mtus, podCount: offerCount, offerCount, requestCount: requests.length };
  const empty = { podRequestStart: new Int32Array(offerCount + 1), podRequest: new Int32Array(0) };
  const columns = newClearingColumns(counts, empty);
  let complete = true;
  for await (const { data } of bids) {
    complete = isLastPart(data.part);
    for (const offer of data.offers) {
      if (offerIds.length === offerCount || offer.kind !== 'single') throw changed(data.sessionId);
      let pod = pods.get(offer.podId);
      if (pod === undefined) {
        pods.set(offer.podId, (pod = pods.size));
        const under = podsOfPom.get(offer.pom);
        if (under) under.push(pod);
        else podsOfPom.set(offer.pom, [pod]);
      }
      writeOffer(columns, offerIds.length, pod, offer);
      offerIds.push(`${data.aggregatorId}/${offer.offerId}`);
    }
  }
  if (!complete || offerIds.length !== offerCount) throw changed('the session');
  requests.forEach((request, index) => writeRequest(columns, index, request));
  const scopes = requests.map(({ scope }) =>
    'pom' in scope
      ? (podsOfPom.get(scope.pom) ?? [])
      : new Set(scope.podIds.flatMap((podId) => pods.get(podId) ?? [])),
  );
  const requestIds = requests.map(({ requestId }) => requestId);
  return { columns: { ...columns, ...scopeColumns(offerCount, scopes) }, requestIds, offerIds };
}

type SingleRecorded = Extract<RecordedOffer, { kind: 'single' }>;

function writeOffer(
  columns: ClearingColumns,
  index: number,
  pod: number,
  offer: SingleRecorded,
): void {
  const { product, direction, divisible, minQuantityW, quantityW, priceMicroEurPerKwh } = offer;
  const market = marketIndex(product, direction);
  columns.offerPod[index] = pod;
  columns.offerMarket[index] = market;
  columns.offerKind[index] = divisible ? OfferKind.divisible : OfferKind.whole;
  columns.offerMinQuantityW[index] = minQuantityW;
  if (offer.reliabilityPerMille !== undefined) {
    columns.offerReliability[index] = offer.reliabilityPerMille;
  }
  writePodLimit(columns, market * columns.podCount + pod, offer.podLimitW);
  for (let mtu = 0, at = index; mtu < columns.mtus; mtu += 1, at += columns.offerCount) {
    const watts = quantityW[mtu]!;
    columns.quantityW[at] = watts < minQuantityW ? 0 : watts;
    columns.priceMicroEurPerKwh[at] = priceMicroEurPerKwh[mtu]!;
  }
}

function writeRequest(columns: ClearingColumns, index: number, request: FlexibilityRequest): void {
  columns.requestMarket[index] = marketIndex(request.product, request.direction);
  columns.requestIsDso[index] = request.requester === 'DSO' ? 1 : 0;
  columns.requestCapMicroEurPerKwh[index] = request.priceCapMicroEurPerKwh ?? NO_CAP;
  columns.requestQuantityW.set(request.quantityW, index * columns.mtus);
}

function changed(sessionId: string): DomainError {
  return new DomainError(
    'order-book-changed',
    `${sessionId} holds replaced, withdrawn or block offers; clear it from its folded state.`,
  );
}
