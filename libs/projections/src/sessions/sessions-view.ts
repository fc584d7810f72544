/**
 * Market sessions: calendar, where each stands, and its totals. Status follows the market session's
 * own fold; events in parts count with their last part.
 */
import {
  isLastPart,
  type MarketSessionEvent,
  type MarketSessionStatus,
  moneyMicroEur,
  type OutcomeRow,
  type Product,
  type SessionKind,
} from '@flexledger/domain';
import type { Recorded, View } from '../view';

export interface SessionDocument {
  readonly sessionId: string;
  readonly kind: SessionKind;
  /** Civil day, ISO date. */
  readonly deliveryDay: string;
  readonly deliveryStart: string;
  readonly mtuCount: number;
  readonly gateOpensAt: string;
  readonly gateClosesAt: string;
  readonly resultDueAt: string;
  readonly rulePackDigest: string;
  readonly registerPosition: number;
  readonly status: MarketSessionStatus;
  /** Requests that stand, with what each asks for over all MTUs: W·MTU, var·MTU where product is Q. */
  readonly requests: readonly RequestVolume[];
  readonly requestedWMtu: number;
  readonly requestedVarMtu: number;
  /** Offers that stood when the gate closed; null before. */
  readonly offers: number | null;
  /** The last clearing; null before the first. */
  readonly clearing: SessionClearing | null;
  /** Who answered the last outcome, and how many rows were not permitted whole. */
  readonly validation: {
    readonly outcomeId: string;
    readonly validatedBy: 'DSO' | 'no-answer';
    readonly exceptions: number;
  } | null;
  /** Totals of the result; 0 until it is published. */
  readonly result: SessionTotals;
  readonly publishedAt: string | null;
  readonly cancelledBecause: string | null;
  /** Of events whose last part is still to come. */
  readonly unfinished: { readonly exceptions: number; readonly result: SessionTotals };
}

export interface RequestVolume {
  readonly requestId: string;
  readonly product: Product;
  readonly quantityMtu: number;
}

export interface SessionClearing {
  readonly algorithm: string;
  readonly version: string;
  /** 1, and one more for each fill-up. */
  readonly rounds: number;
  /** Where the solver's time ran out: the objective and how far from proved; null = optimal. */
  readonly gap: object | null;
  readonly inputDigest: string;
  readonly clearedAt: string;
}

/** Sums over rows and MTUs; money by MTU as `moneyMicroEur` rounds it. */
export interface SessionTotals {
  readonly rows: number;
  readonly acceptedWMtu: number;
  readonly acceptedVarMtu: number;
  readonly costMicroEur: number;
}

type SessionEvent = Recorded<
  Exclude<MarketSessionEvent, { type: 'FlexibilityOffered' | 'OfferWithdrawn' }>
>;

export const sessionsView: View<SessionDocument, SessionEvent> = {
  name: 'sessions',
  version: 1,
  types: [
    'SessionScheduled',
    'SessionOpened',
    'FlexibilityRequested',
    'RequestWithdrawn',
    'SessionClosed',
    'MarketCleared',
    'OutcomeSentForValidation',
    'OutcomeValidated',
    'ResultPublished',
    'SessionCancelled',
  ],
  indexes: ['kind', 'status', 'deliveryDay', 'deliveryStart'],
  keysOf: ({ data }) => [data.sessionId],
  evolve(doc, event) {
    if (event.type === 'SessionScheduled') return scheduled(event.data);
    return doc && evolveSession(doc, event);
  },
};

const noTotals: SessionTotals = { rows: 0, acceptedWMtu: 0, acceptedVarMtu: 0, costMicroEur: 0 };

function scheduled(
  schedule: Extract<MarketSessionEvent, { type: 'SessionScheduled' }>['data'],
): SessionDocument {
  return {
    ...schedule,
    status: 'scheduled',
    ...requestTotals([]),
    offers: null,
    clearing: null,
    validation: null,
    result: noTotals,
    publishedAt: null,
    cancelledBecause: null,
    unfinished: { exceptions: 0, result: noTotals },
  };
}

function evolveSession(
  doc: SessionDocument,
  event: Exclude<SessionEvent, { type: 'SessionScheduled' }>,
): SessionDocument {
  switch (event.type) {
    case 'SessionOpened':
      return { ...doc, status: 'open' };
    case 'FlexibilityRequested': {
      const { requestId, product, quantityW } = event.data;
      const request = { requestId, product, quantityMtu: sum(quantityW) };
      return { ...doc, ...requestTotals([...without(doc.requests, requestId), request]) };
    }
    case 'RequestWithdrawn':
      return { ...doc, ...requestTotals(without(doc.requests, event.data.requestId)) };
    case 'SessionClosed':
      return { ...doc, status: 'closed', offers: event.data.offers };
    case 'MarketCleared': {
      const { part, algorithm, version, round, gap, inputDigest } = event.data;
      if (!isLastPart(part)) return doc;
      const facts = { algorithm, version, rounds: round + 1, gap, inputDigest };
      return { ...doc, status: 'cleared', clearing: { ...facts, clearedAt: event.occurredAt } };
    }
    case 'OutcomeSentForValidation':
      return { ...doc, status: 'validating' };
    case 'OutcomeValidated':
      return validated(doc, event);
    case 'ResultPublished':
      return published(doc, event);
    case 'SessionCancelled':
      return { ...doc, status: 'cancelled', cancelledBecause: event.data.reason };
  }
}

function validated(
  doc: SessionDocument,
  { data }: Extract<SessionEvent, { type: 'OutcomeValidated' }>,
): SessionDocument {
  const exceptions = doc.unfinished.exceptions + data.exceptions.length;
  if (!isLastPart(data.part)) return { ...doc, unfinished: { ...doc.unfinished, exceptions } };
  const { outcomeId, validatedBy } = data;
  return {
    ...doc,
    status: 'validated',
    validation: { outcomeId, validatedBy, exceptions },
    unfinished: { ...doc.unfinished, exceptions: 0 },
  };
}

function published(
  doc: SessionDocument,
  event: Extract<SessionEvent, { type: 'ResultPublished' }>,
): SessionDocument {
  const result = event.data.rows.reduce(addRow, doc.unfinished.result);
  if (!isLastPart(event.data.part)) return { ...doc, unfinished: { ...doc.unfinished, result } };
  const unfinished = { ...doc.unfinished, result: noTotals };
  return { ...doc, status: 'published', result, publishedAt: event.occurredAt, unfinished };
}

function addRow(totals: SessionTotals, row: OutcomeRow): SessionTotals {
  const acceptedMtu = sum(row.acceptedW);
  const costMicroEur = row.acceptedW.reduce(
    (cost, watts, index) => cost + moneyMicroEur(watts, row.priceMicroEurPerKwh[index]!),
    0,
  );
  return {
    rows: totals.rows + 1,
    acceptedWMtu: totals.acceptedWMtu + (row.product === 'P' ? acceptedMtu : 0),
    acceptedVarMtu: totals.acceptedVarMtu + (row.product === 'Q' ? acceptedMtu : 0),
    costMicroEur: totals.costMicroEur + costMicroEur,
  };
}

function requestTotals(
  requests: readonly RequestVolume[],
): Pick<SessionDocument, 'requests' | 'requestedWMtu' | 'requestedVarMtu'> {
  let requestedWMtu = 0;
  let requestedVarMtu = 0;
  for (const { product, quantityMtu } of requests) {
    if (product === 'P') requestedWMtu += quantityMtu;
    else requestedVarMtu += quantityMtu;
  }
  return { requests, requestedWMtu, requestedVarMtu };
}

function without(requests: readonly RequestVolume[], requestId: string): readonly RequestVolume[] {
  return requests.filter((request) => request.requestId !== requestId);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
