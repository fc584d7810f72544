/** Words for specifications of a market session: its events and commands, short, with one meaning each. */
import type { MarketPod, MarketRegister, MarketSessionCommand } from '../market-session/commands';
import type {
  FlexibilityRequest,
  MarketSessionEvent,
  OutcomeRow,
  RecordedOffer,
  RequestResult,
  RowValidation,
  SingleOffer,
} from '../market-session/events';
import type { Schedule } from '../market-session/state';
import { PRODUCTS } from '../units/units';

export const sessionId = 'realTime-2026-03-16T23:00Z';
/** MTUs of the session in these stories, few so that they can be read. */
export const mtuCount = 4;
export const opensMs = Date.parse('2026-03-16T20:00:00Z');
export const closesMs = Date.parse('2026-03-16T21:00:00Z');
/** A time at which the gate is open. */
export const nowMs = opensMs + 60_000;

export const schedule: Schedule = {
  sessionId,
  kind: 'realTime',
  deliveryDay: '2026-03-17',
  deliveryStart: '2026-03-16T23:00:00.000Z',
  mtuCount,
  gateOpensAt: '2026-03-16T20:00:00.000Z',
  gateClosesAt: '2026-03-16T21:00:00.000Z',
  resultDueAt: '2026-03-16T22:00:00.000Z',
  rulePackDigest: 'd'.repeat(64),
  products: PRODUCTS,
  registerPosition: 41,
};

export const scheduled: MarketSessionEvent = { type: 'SessionScheduled', data: schedule };
export const opened: MarketSessionEvent = { type: 'SessionOpened', data: { sessionId } };
export const closed = (requests: number, offers: number): MarketSessionEvent => ({
  type: 'SessionClosed',
  data: { sessionId, requests, offers },
});

const pods: Readonly<Record<string, MarketPod>> = {
  POD1: pod('AGG1'),
  POD2: pod('AGG1'),
  POD3: pod('AGG2'),
  OFF: { ...pod('AGG1'), unavailableDays: ['2026-03-17'] },
  ASKED: { ...pod('AGG1'), agreement: 'proposed' },
};

/**
 * AGG1 has POD1 and POD2, OFF, which is switched off, and ASKED, whose customer has not accepted yet; AGG2
 * has POD3. All are under CP-NORD.
 */
export const register: MarketRegister = {
  pod: (podId) => (Object.hasOwn(pods, podId) ? pods[podId] : undefined),
  hasPom: (pom) => pom === 'CP-NORD',
};

/** 1 kW up in each MTU at 0.10 EUR per kWh. */
export function offer(change: Partial<SingleOffer> = {}): SingleOffer {
  return {
    offerId: 'o1',
    podId: 'POD1',
    product: 'P',
    direction: 'up',
    kind: 'single',
    quantityW: [1_000, 1_000, 1_000, 1_000],
    priceMicroEurPerKwh: [100_000, 100_000, 100_000, 100_000],
    divisible: true,
    minQuantityW: 0,
    ...change,
  };
}

export function recorded(one: SingleOffer): RecordedOffer {
  return { ...one, pom: 'CP-NORD', podLimitW: one.direction === 'up' ? 2_000 : 500 };
}

type OfferData = Extract<MarketSessionEvent, { type: 'FlexibilityOffered' }>['data'];

/** A bid of one part, unless told otherwise. */
export function offered(change: Partial<OfferData> = {}): MarketSessionEvent {
  return {
    type: 'FlexibilityOffered',
    data: {
      sessionId,
      bidId: 'bid1',
      aggregatorId: 'AGG1',
      part: { index: 0, of: 1 },
      offers: [recorded(offer())],
      refused: [],
      ...change,
    },
  };
}

type BidCommand = Extract<MarketSessionCommand, { kind: 'offerFlexibility' }>;

export function bid(change: Partial<BidCommand> = {}): BidCommand {
  return {
    kind: 'offerFlexibility',
    nowMs,
    bidId: 'bid1',
    aggregatorId: 'AGG1',
    offers: [offer()],
    register,
    quarterHours: [0, 1, 2, 3],
    ...change,
  };
}

/** The DSO asks two PoDs for 500 W up in each MTU. */
export function request(change: Partial<FlexibilityRequest> = {}): FlexibilityRequest {
  return {
    requestId: 'r1',
    requester: 'DSO',
    product: 'P',
    direction: 'up',
    scope: { podIds: ['POD1', 'POD3'] },
    quantityW: [500, 500, 500, 500],
    priceCapMicroEurPerKwh: null,
    ...change,
  };
}

export function requested(change: Partial<FlexibilityRequest> = {}): MarketSessionEvent {
  return { type: 'FlexibilityRequested', data: { sessionId, ...request(change) } };
}

/** 500 W of offer o1 for request r1 in each MTU. */
export function row(change: Partial<OutcomeRow> = {}): OutcomeRow {
  return {
    offerId: 'o1',
    requestId: 'r1',
    podId: 'POD1',
    aggregatorId: 'AGG1',
    requester: 'DSO',
    product: 'P',
    direction: 'up',
    firstMtu: 0,
    acceptedW: [500, 500, 500, 500],
    priceMicroEurPerKwh: [100_000, 100_000, 100_000, 100_000],
    ...change,
  };
}

export const result: RequestResult = {
  requestId: 'r1',
  servedW: [500, 500, 500, 500],
  marginalPriceMicroEurPerKwh: [100_000, 100_000, 100_000, 100_000],
  binding: ['served', 'served', 'served', 'served'],
};

const facts = {
  algorithm: 'merit-order',
  version: '1',
  parameters: { pricing: 'payAsBid' },
  inputDigest: 'a'.repeat(64),
  gap: null,
};

type ClearedData = Extract<MarketSessionEvent, { type: 'MarketCleared' }>['data'];

export function cleared(round: number, change: Partial<ClearedData> = {}): MarketSessionEvent {
  const part = { index: 0, of: 1 };
  return {
    type: 'MarketCleared',
    data: { sessionId, round, part, ...facts, rows: [row()], requests: [result], ...change },
  };
}

export function clear(
  round: number,
  rows: readonly OutcomeRow[] = [row()],
  requests: readonly RequestResult[] = [result],
): MarketSessionCommand {
  return { kind: 'recordClearing', clearing: { round, ...facts, rows, requests } };
}

export const outcomeId = (round: number): string => `${sessionId}/${round}`;

export function sent(round: number, rows = 1): MarketSessionEvent {
  return {
    type: 'OutcomeSentForValidation',
    data: {
      sessionId,
      outcomeId: outcomeId(round),
      round,
      rows,
      answerDueAt: '2026-03-16T21:20:00.000Z',
    },
  };
}

type ValidatedData = Extract<MarketSessionEvent, { type: 'OutcomeValidated' }>['data'];

export function validated(
  round: number,
  exceptions: readonly RowValidation[] = [],
  change: Partial<ValidatedData> = {},
): MarketSessionEvent {
  return {
    type: 'OutcomeValidated',
    data: {
      sessionId,
      outcomeId: outcomeId(round),
      round,
      part: { index: 0, of: 1 },
      validatedBy: 'DSO',
      exceptions,
      ...change,
    },
  };
}

export function answer(round: number, exceptions: readonly RowValidation[] = []) {
  return {
    kind: 'recordValidation',
    outcomeId: outcomeId(round),
    validatedBy: 'DSO',
    exceptions,
  } as const satisfies MarketSessionCommand;
}

export const noAnswer = (round: number): MarketSessionCommand => ({
  ...answer(round),
  validatedBy: 'no-answer',
});

/** Row 0 may keep 200 W in its first MTU. */
export const partial: RowValidation = {
  index: 0,
  status: 'partial',
  permittedW: [200, 500, 500, 500],
  violatedElement: 'element 17',
};
export const knockedOut: RowValidation = {
  index: 0,
  status: 'KO',
  permittedW: [0, 0, 0, 0],
  violatedElement: 'element 17',
};

function pod(aggregatorId: string): MarketPod {
  const flexibility = { upW: 2_000, downW: 500, upVar: 0, downVar: 0 };
  return { aggregatorId, pom: 'CP-NORD', flexibility, unavailableDays: [] };
}
