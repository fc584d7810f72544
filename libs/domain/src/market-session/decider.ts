import { type Decider, DomainError, type Violation } from '../log/decider';
import type { ClearingRecord, MarketSessionCommand } from './commands';
import type {
  FlexibilityRequest,
  GridPoint,
  MarketSessionEvent,
  RecordedOffer,
  RefusedRow,
  RowValidation,
} from './events';
import { recordedOffer } from './book-offers';
import { finalRows } from './outcome';
import { beginWith, remainingParts, sameJson } from './parts';
import {
  type MarketSessionState,
  type Round,
  type ScheduledSession,
  evolve,
  standingOffers,
} from './state';
import { checkOffer, requestViolations } from './validate-orders';

/** A market session: calendar, order book, clearing, validation, result. */
export const marketSessionDecider: Decider<
  MarketSessionState,
  MarketSessionCommand,
  MarketSessionEvent
> = { initialState: { status: 'unknown' }, decide, evolve };

type Command<Kind> = Extract<MarketSessionCommand, { kind: Kind }>;

function decide(command: MarketSessionCommand, state: MarketSessionState): MarketSessionEvent[] {
  if (command.kind === 'schedule') return schedule(command, state);
  if (state.status === 'unknown') {
    throw new DomainError(
      'session-unknown',
      'There is no such session; GET /api/v1/sessions lists those of the calendar.',
    );
  }
  switch (command.kind) {
    case 'open':
      return open(command, state);
    case 'requestFlexibility':
      return requestFlexibility(command, state);
    case 'withdrawRequest':
      return withdrawRequest(command, state);
    case 'offerFlexibility':
      return offerFlexibility(command, state);
    case 'withdrawOffers':
      return withdrawOffers(command, state);
    case 'close':
      return close(command, state);
    case 'recordClearing':
      return recordClearing(command.clearing, state);
    case 'sendForValidation':
      return sendForValidation(command, state);
    case 'recordValidation':
      return recordValidation(command, state);
    case 'publish':
      return publish(state);
    case 'cancel':
      return cancel(command, state);
  }
}

function schedule(command: Command<'schedule'>, state: MarketSessionState): MarketSessionEvent[] {
  if (state.status !== 'unknown') return [];
  const { entry, rulePackDigest, registerPosition } = command;
  const iso = (epochMs: number): string => new Date(epochMs).toISOString();
  return [
    {
      type: 'SessionScheduled',
      data: {
        sessionId: entry.sessionId,
        kind: entry.kind,
        deliveryDay: entry.deliveryDay,
        deliveryStart: iso(entry.period.startMs),
        mtuCount: entry.period.mtuCount,
        gateOpensAt: iso(entry.gateOpensMs),
        gateClosesAt: iso(entry.gateClosesMs),
        resultDueAt: iso(entry.resultDueMs),
        rulePackDigest,
        products: entry.products,
        ...(entry.qualification && { qualification: entry.qualification }),
        ...(entry.leastQuantityW !== undefined && { leastQuantityW: entry.leastQuantityW }),
        registerPosition,
      },
    },
  ];
}

function open(command: Command<'open'>, state: ScheduledSession): MarketSessionEvent[] {
  if (state.status !== 'scheduled') return [];
  const { sessionId, gateOpensAt } = state.schedule;
  if (command.nowMs < Date.parse(gateOpensAt)) {
    throw new DomainError('too-early', `The gate of ${sessionId} opens at ${gateOpensAt}.`);
  }
  return [{ type: 'SessionOpened', data: { sessionId } }];
}

function requestFlexibility(
  command: Command<'requestFlexibility'>,
  state: ScheduledSession,
): MarketSessionEvent[] {
  const request = recordedRequest(command.request);
  const { requestId, requester } = request;
  const standing = state.requests.find((other) => other.requestId === requestId);
  if (standing && sameJson(standing, request)) return [];
  requireOpenGate(state, command.nowMs);
  const { sessionId } = state.schedule;
  const violations = requestViolations(request, state.schedule, command.register);
  if (violations.length > 0) {
    const list = violations.map(({ field, reason }) => `${field} ${reason}`).join('; ');
    throw new DomainError('request-malformed', `The request is refused: ${list}.`, violations);
  }
  if (standing && standing.requester !== requester) {
    throw new DomainError(
      'request-id-taken',
      `Request ${requestId} is one of the ${standing.requester}; give yours another id.`,
    );
  }
  return [{ type: 'FlexibilityRequested', data: { sessionId, ...request } }];
}

/** The members of a request, and no others that came with it. */
function recordedRequest(request: FlexibilityRequest): FlexibilityRequest {
  const { requestId, requester, product, direction, quantityW, priceCapMicroEurPerKwh } = request;
  const asked: unknown = request.scope;
  const isPom = typeof asked === 'object' && asked !== null && 'pom' in asked;
  const { pom, podIds } = (asked ?? {}) as { pom: string; podIds: readonly string[] };
  const scope = isPom ? { pom } : { podIds };
  const power = { quantityW, priceCapMicroEurPerKwh };
  const point = request.gridPoint && recordedPoint(request.gridPoint);
  return {
    requestId,
    requester,
    product,
    direction,
    scope,
    ...(point && { gridPoint: point }),
    ...power,
  };
}

function recordedPoint({ pom, mvFeeder, secondarySubstation }: GridPoint): GridPoint {
  return {
    pom,
    ...(mvFeeder !== undefined && { mvFeeder }),
    ...(secondarySubstation !== undefined && { secondarySubstation }),
  };
}

function withdrawRequest(
  command: Command<'withdrawRequest'>,
  state: ScheduledSession,
): MarketSessionEvent[] {
  requireOpenGate(state, command.nowMs);
  const { requestId } = command;
  if (!state.requests.some((request) => request.requestId === requestId)) return [];
  return [{ type: 'RequestWithdrawn', data: { sessionId: state.schedule.sessionId, requestId } }];
}

/**
 * Row by row: a bad row is refused by name and the good rows stand; a bid of bad rows only is refused.
 * A repeated bid changes nothing, and goes on where it was cut off between two of its parts.
 */
function offerFlexibility(
  command: Command<'offerFlexibility'>,
  state: ScheduledSession,
): MarketSessionEvent[] {
  const { bidId, aggregatorId } = command;
  const { sessionId } = state.schedule;
  const { good, refused } = checkedRows(command, state);
  const rows = [...good, ...refused];
  const begun = state.bids.find((bid) => bid.bidId === bidId);
  const standing = begun
    ? [...begun.offerParts.flat().map(recordedOffer), ...begun.refusedParts.flat()]
    : [];
  const asSent = standing.map(unranked);
  const isOwn = begun?.aggregatorId === aggregatorId;
  if (begun?.complete && isOwn && sameJson(rows.map(unranked), asSent)) return [];
  requireOpenGate(state, command.nowMs);
  if (state.status === 'open' && command.reliabilityOf === 'not-open') {
    throw new GateJustOpened(sessionId);
  }
  if (begun && (!isOwn || begun.complete || !beginWith(rows.map(unranked), asSent))) {
    throw new DomainError(
      'bid-id-taken',
      `Bid ${bidId} stands with other rows; send these under a bid id of their own.`,
    );
  }
  if (good.length === 0) {
    const violations = refused.map(({ index, reason }) => ({ field: `offers[${index}]`, reason }));
    const first = violations[0]?.reason ?? 'it holds no offer';
    throw new DomainError('bid-refused', `No row of bid ${bidId} stands: ${first}.`, violations);
  }
  return remainingParts(rows, standing).map(({ part, rows: slice }) => ({
    type: 'FlexibilityOffered' as const,
    data: {
      sessionId,
      bidId,
      aggregatorId,
      part,
      offers: slice.filter((row) => 'podId' in row),
      refused: slice.filter((row) => 'reason' in row),
    },
  }));
}

/** A row as its bidder sent it: its provider's reliability is the market's word. */
function unranked(row: RecordedOffer | RefusedRow): RecordedOffer | RefusedRow {
  if (!('reliabilityPerMille' in row)) return row;
  const { reliabilityPerMille: _, ...sent } = row;
  return sent;
}

/** A bid came while its session was being opened, before anybody could know how reliable providers are in it. */
export class GateJustOpened extends DomainError {
  constructor(sessionId: string) {
    super('gate-closed', `The gate of ${sessionId} is just opening; send the bid again.`);
    this.name = 'GateJustOpened';
  }
}

function checkedRows(
  { aggregatorId, offers, register, quarterHours, reliabilityOf }: Command<'offerFlexibility'>,
  { schedule }: ScheduledSession,
): { good: RecordedOffer[]; refused: RefusedRow[] } {
  const good: RecordedOffer[] = [];
  const refused: RefusedRow[] = [];
  const seen = new Set<string>();
  const clocked = { ...schedule, quarterHours };
  offers.forEach((offer, index) => {
    const checked = checkOffer(offer, aggregatorId, clocked, register);
    if (typeof checked === 'string') {
      refused.push({ index, offerId: offerIdOf(offer), reason: checked });
    } else if (seen.has(checked.offerId)) {
      refused.push({ index, offerId: checked.offerId, reason: 'offerId stands twice' });
    } else {
      seen.add(checked.offerId);
      const reliabilityPerMille =
        typeof reliabilityOf === 'function' ? reliabilityOf(checked.podId) : undefined;
      good.push(reliabilityPerMille === undefined ? checked : { ...checked, reliabilityPerMille });
    }
  });
  return { good, refused };
}

/** The id of a row that may be anything, as far as it can be named. */
function offerIdOf(row: unknown): string {
  const offerId: unknown = (row as { offerId?: unknown } | null)?.offerId;
  return typeof offerId === 'string' ? offerId.slice(0, 100) : '';
}

function withdrawOffers(
  command: Command<'withdrawOffers'>,
  state: ScheduledSession,
): MarketSessionEvent[] {
  requireOpenGate(state, command.nowMs);
  const { aggregatorId } = command;
  const standing = new Set(
    standingOffers(state)
      .filter((offer) => offer.aggregatorId === aggregatorId)
      .map((offer) => offer.offerId),
  );
  const offerIds = command.offerIds.filter((offerId) => standing.has(offerId));
  if (offerIds.length === 0) return [];
  const { sessionId } = state.schedule;
  return [{ type: 'OfferWithdrawn', data: { sessionId, aggregatorId, offerIds } }];
}

function close(command: Command<'close'>, state: ScheduledSession): MarketSessionEvent[] {
  if (state.status !== 'open') return [];
  const { sessionId, gateClosesAt } = state.schedule;
  if (command.nowMs < Date.parse(gateClosesAt)) {
    throw new DomainError('too-early', `The gate of ${sessionId} closes at ${gateClosesAt}.`);
  }
  const offers = standingOffers(state).length;
  return [{ type: 'SessionClosed', data: { sessionId, requests: state.requests.length, offers } }];
}

function recordClearing(clearing: ClearingRecord, state: ScheduledSession): MarketSessionEvent[] {
  const { round, rows, requests, ...facts } = clearing;
  const begun = state.rounds[round];
  if (begun?.cleared) return [];
  const ready =
    round === 0
      ? state.status === 'closed'
      : state.status === 'validated' && state.rounds[round - 1]?.validated === true;
  if (!ready) throw outOfTurn(state, `round ${round} cannot be cleared`);
  const { sessionId } = state.schedule;
  const standing = begun ? [...begun.begun.rows.flat(), ...begun.begun.requests.flat()] : [];
  return remainingParts([...rows, ...requests], standing).map(({ part, rows: slice }) => ({
    type: 'MarketCleared' as const,
    data: {
      sessionId,
      round,
      part,
      ...facts,
      rows: slice.filter((row) => 'offerId' in row),
      requests: slice.filter((row) => 'servedW' in row),
    },
  }));
}

function sendForValidation(
  command: Command<'sendForValidation'>,
  state: ScheduledSession,
): MarketSessionEvent[] {
  if (state.status === 'validating') return [];
  const round = state.rounds.at(-1);
  if (state.status !== 'cleared' || !round) throw outOfTurn(state, 'there is no outcome to send');
  const { sessionId } = state.schedule;
  return [
    {
      type: 'OutcomeSentForValidation',
      data: {
        sessionId,
        outcomeId: `${sessionId}/${round.round}`,
        round: round.round,
        rows: round.rows.length,
        answerDueAt: new Date(command.answerDueMs).toISOString(),
      },
    },
  ];
}

/** Tied to one outcome: an answer to another, or after the outcome was decided, is refused. */
function recordValidation(
  command: Command<'recordValidation'>,
  state: ScheduledSession,
): MarketSessionEvent[] {
  const { outcomeId, validatedBy } = command;
  const round = state.rounds.find((other) => other.outcomeId === outcomeId);
  if (!round) {
    throw new DomainError('outcome-unknown', `No outcome ${outcomeId} was sent for validation.`);
  }
  if (validatedBy === 'no-answer' && state.status !== 'validating') return [];
  if (round.validated) {
    throw new DomainError(
      'outcome-decided',
      `Outcome ${outcomeId} is decided already; a late answer changes nothing.`,
    );
  }
  if (state.status !== 'validating') throw outOfTurn(state, 'an answer changes nothing');
  const exceptions =
    validatedBy === 'no-answer'
      ? round.rows.map((row, index) => refusal(index, row.acceptedW.length))
      : command.exceptions;
  const violations = exceptionViolations(exceptions, round);
  if (violations.length > 0) {
    const { field, reason } = violations[0]!;
    throw new DomainError('validation-malformed', `${field} ${reason}.`, violations);
  }
  const { sessionId } = state.schedule;
  return remainingParts(exceptions, round.begun.exceptions.flat()).map(({ part, rows }) => ({
    type: 'OutcomeValidated' as const,
    data: { sessionId, outcomeId, round: round.round, part, validatedBy, exceptions: rows },
  }));
}

function exceptionViolations(exceptions: readonly RowValidation[], round: Round): Violation[] {
  const seen = new Set<number>();
  return exceptions.flatMap((exception, position) => {
    const reason = exceptionProblem(exception, round, seen);
    seen.add(exception?.index);
    return reason ? [{ field: `exceptions[${position}]`, reason }] : [];
  });
}

function exceptionProblem(
  exception: RowValidation,
  { rows, outcomeId }: Round,
  seen: ReadonlySet<number>,
): string {
  const { index, status, permittedW, violatedElement } = exception ?? {};
  const row = Number.isSafeInteger(index) ? rows[index] : undefined;
  const mtus = row?.acceptedW.length;
  const isRow = Array.isArray(permittedW) && permittedW.length === mtus;
  if (!isRow || !permittedW.every((watts) => Number.isSafeInteger(watts) && watts >= 0)) {
    return `does not fit row ${index} of outcome ${outcomeId}`;
  }
  if (seen.has(index)) return `names row ${index} a second time`;
  if (status !== 'KO' && status !== 'partial') return 'has a status that is not KO or partial';
  if (status === 'KO' && permittedW.some((watts) => watts > 0)) return 'is KO but permits power';
  return typeof violatedElement === 'string' ? '' : 'names no violated element';
}

function publish(state: ScheduledSession): MarketSessionEvent[] {
  if (state.status === 'published') return [];
  if (state.status !== 'validated') throw outOfTurn(state, 'there is no validated outcome');
  const { sessionId } = state.schedule;
  const final = finalRows(state);
  const standing = final.slice(0, state.publishedRows);
  return remainingParts(final, standing).map(({ part, rows }) => ({
    type: 'ResultPublished' as const,
    data: { sessionId, part, rows },
  }));
}

function cancel(command: Command<'cancel'>, state: ScheduledSession): MarketSessionEvent[] {
  if (state.status === 'cancelled') return [];
  if (state.status === 'published' || state.publishedRows > 0) {
    throw outOfTurn(state, 'its result is published');
  }
  const { sessionId } = state.schedule;
  return [{ type: 'SessionCancelled', data: { sessionId, reason: command.reason } }];
}

function refusal(index: number, mtus: number): RowValidation {
  const permittedW = new Array<number>(mtus).fill(0);
  return { index, status: 'KO', permittedW, violatedElement: 'no-answer' };
}

function requireOpenGate(state: ScheduledSession, nowMs: number): void {
  const { sessionId, gateOpensAt, gateClosesAt } = state.schedule;
  // Whoever opened it may have a clock that is ahead of the one here, by which an order is judged and recorded.
  const isEarly = nowMs < Date.parse(gateOpensAt);
  if (state.status === 'open' && !isEarly && nowMs < Date.parse(gateClosesAt)) return;
  const remedy =
    isEarly || state.status === 'scheduled' ? 'Come back then' : 'Bid in the next session';
  throw new DomainError(
    'gate-closed',
    `The gate of ${sessionId} is not open (it is ${state.status}; open from ${gateOpensAt} ` +
      `to ${gateClosesAt}; here it is ${new Date(nowMs).toISOString()}). ${remedy}.`,
  );
}

function outOfTurn(state: ScheduledSession, why: string): DomainError {
  const { sessionId } = state.schedule;
  return new DomainError('out-of-turn', `Session ${sessionId} is ${state.status}: ${why}.`);
}
