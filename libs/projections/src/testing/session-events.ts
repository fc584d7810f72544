/** A market session's events with the fields that a test does not name filled in. */
import type {
  FlexibilityRequest,
  MarketSessionEvent,
  OutcomeRow,
  PartOf,
  RecordedOffer,
} from '@flexledger/domain';
import { inStream, type LoggedEvent } from './recorded-log';

export const SESSION = 'realTime-2026-03-17T03:00Z';
export const WHOLE: PartOf = { index: 0, of: 1 };

type Data<Type extends MarketSessionEvent['type']> = Extract<
  MarketSessionEvent,
  { type: Type }
>['data'];

/** The events of one session's stream. */
export function inSession(...events: readonly MarketSessionEvent[]): LoggedEvent[] {
  return inStream(`session-${SESSION}`, events);
}

export const schedule: Data<'SessionScheduled'> = {
  sessionId: SESSION,
  kind: 'realTime',
  deliveryDay: '2026-03-17',
  deliveryStart: '2026-03-17T03:00:00.000Z',
  mtuCount: 16,
  gateOpensAt: '2026-03-17T00:00:00.000Z',
  gateClosesAt: '2026-03-17T01:00:00.000Z',
  resultDueAt: '2026-03-17T02:00:00.000Z',
  rulePackDigest: 'ab'.repeat(32),
  registerPosition: 41,
};
export const scheduled: MarketSessionEvent = { type: 'SessionScheduled', data: schedule };
export const opened: MarketSessionEvent = {
  type: 'SessionOpened',
  data: { sessionId: SESSION },
};

export function requested(
  requestId: string,
  change: Partial<FlexibilityRequest> = {},
): MarketSessionEvent {
  const data = {
    sessionId: SESSION,
    requestId,
    requester: 'DSO' as const,
    product: 'P' as const,
    direction: 'up' as const,
    scope: { pom: 'CP1' },
    quantityW: [1_000, 500],
    priceCapMicroEurPerKwh: null,
    ...change,
  };
  return { type: 'FlexibilityRequested', data };
}

export function offer(offerId: string, priceMicroEurPerKwh: number): RecordedOffer {
  return {
    kind: 'single',
    offerId,
    podId: `IT002E0000000${offerId.length}`,
    product: 'P',
    direction: 'up',
    quantityW: [400, 400],
    priceMicroEurPerKwh: [priceMicroEurPerKwh, priceMicroEurPerKwh],
    divisible: true,
    minQuantityW: 0,
    pom: 'CP1',
    podLimitW: 1_000,
  };
}

export function offered(
  bidId: string,
  offers: readonly RecordedOffer[],
  change: Partial<Data<'FlexibilityOffered'>> = {},
): MarketSessionEvent {
  const bid = { sessionId: SESSION, bidId, aggregatorId: 'AGG1', part: WHOLE, refused: [] };
  return { type: 'FlexibilityOffered', data: { ...bid, offers, ...change } };
}

export function outcomeRow(change: Partial<OutcomeRow> = {}): OutcomeRow {
  return {
    offerId: 'o1',
    requestId: 'r1',
    podId: 'IT002E00000001',
    aggregatorId: 'AGG1',
    requester: 'DSO',
    product: 'P',
    direction: 'up',
    firstMtu: 0,
    acceptedW: [400, 200],
    priceMicroEurPerKwh: [120_000, 120_000],
    ...change,
  };
}

export function cleared(change: Partial<Data<'MarketCleared'>> = {}): MarketSessionEvent {
  const data = {
    sessionId: SESSION,
    round: 0,
    part: WHOLE,
    algorithm: 'merit-order',
    version: '1',
    parameters: {},
    inputDigest: 'cd'.repeat(32),
    gap: null,
    rows: [],
    requests: [],
    ...change,
  };
  return { type: 'MarketCleared', data };
}

export function published(rows: readonly OutcomeRow[], part: PartOf = WHOLE): MarketSessionEvent {
  return { type: 'ResultPublished', data: { sessionId: SESSION, part, rows } };
}
