import { type Decider, DomainError } from '../log/decider';
import type { ClearingRecord, MarketSessionCommand } from './commands';
import type { MarketSessionEvent, RefusedRow, RecordedOffer, RowValidation } from './events';
import { finalRows } from './outcome';
import { isLastPart, remainingParts } from './parts';
import { type MarketSessionState, type ScheduledSession, evolve, standingOffers } from './state';
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
  requireOpenGate(state, command.nowMs);
  const { request, register } = command;
  const { sessionId, mtuCount } = state.schedule;
  const violations = requestViolations(request, mtuCount, register);
  if (violations.length > 0) {
    const list = violations.map(({ field, reason }) => `${field} ${reason}`).join('; ');
    throw new DomainError('request-malformed', `The request is refused: ${list}.`, violations);
  }
  return [{ type: 'FlexibilityRequested', data: { sessionId, ...request } }];
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

/** Row by row: a bad row is refused by name and the good rows stand; a bid of bad rows only is refused. */
function offerFlexibility(
  command: Command<'offerFlexibility'>,
  state: ScheduledSession,
): MarketSessionEvent[] {
  requireOpenGate(state, command.nowMs);
  const { bidId, aggregatorId, offers, register } = command;
  const { sessionId, mtuCount, deliveryDay } = state.schedule;
  if (state.bids.some((bid) => bid.complete && bid.bidId === bidId)) return [];
  const good: RecordedOffer[] = [];
  const refused: RefusedRow[] = [];
  const seen = new Set<string>();
  offers.forEach((offer, index) => {
    const checked = checkOffer(offer, { aggregatorId, deliveryDay }, mtuCount, register);
    const offerId = String(offer.offerId).slice(0, 100);
    if (typeof checked === 'string') refused.push({ index, offerId, reason: checked });
    else if (seen.has(offerId)) refused.push({ index, offerId, reason: 'offerId stands twice' });
    else good.push(checked);
    seen.add(offerId);
  });
  if (good.length === 0) {
    const violations = refused.map(({ index, reason }) => ({ field: `offers[${index}]`, reason }));
    const first = violations[0]?.reason ?? 'it holds no offer';
    throw new DomainError('bid-refused', `No row of bid ${bidId} stands: ${first}.`, violations);
  }
  const begun = state.bids.find((bid) => bid.bidId === bidId)?.offers.length ?? 0;
  return remainingParts(good, begun).map(({ part, rows }) => ({
    type: 'FlexibilityOffered' as const,
    data: {
      sessionId,
      bidId,
      aggregatorId,
      part,
      offers: rows,
      refused: isLastPart(part) ? refused : [],
    },
  }));
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
  return [
    { type: 'SessionClosed', data: { sessionId, requests: state.requests.length, offers } },
  ];
}

function recordClearing(clearing: ClearingRecord, state: ScheduledSession): MarketSessionEvent[] {
  const { round, rows, requests, ...facts } = clearing;
  if (state.rounds.some((other) => other.round === round && other.cleared)) return [];
  const ready =
    round === 0 ? state.status === 'closed' : state.rounds[round - 1]?.validated === true;
  if (!ready) throw outOfTurn(state, `round ${round} cannot be cleared`);
  const { sessionId } = state.schedule;
  const begun = state.rounds.find((other) => other.round === round)?.rows.length ?? 0;
  return remainingParts(rows, begun).map(({ part, rows: slice }) => ({
    type: 'MarketCleared' as const,
    data: {
      sessionId,
      round,
      part,
      ...facts,
      rows: slice,
      requests: isLastPart(part) ? requests : [],
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
  if (round.validated) {
    if (validatedBy === 'no-answer') return [];
    throw new DomainError(
      'outcome-decided',
      `Outcome ${outcomeId} is decided already; a late answer changes nothing.`,
    );
  }
  const exceptions =
    validatedBy === 'no-answer'
      ? round.rows.map((row, index) => refusal(index, row.acceptedW.length))
      : command.exceptions;
  const violations = exceptions.flatMap((exception, position) => {
    const row = round.rows[exception.index];
    const fits =
      row?.acceptedW.length === exception.permittedW.length &&
      exception.permittedW.every((watts) => Number.isSafeInteger(watts) && watts >= 0);
    const reason = `does not fit row ${exception.index} of outcome ${outcomeId}`;
    return fits ? [] : [{ field: `exceptions[${position}]`, reason }];
  });
  if (violations.length > 0) {
    const { field, reason } = violations[0]!;
    throw new DomainError('validation-malformed', `${field} ${reason}.`, violations);
  }
  const { sessionId } = state.schedule;
  return remainingParts(exceptions, round.exceptions.length).map(({ part, rows }) => ({
    type: 'OutcomeValidated' as const,
    data: { sessionId, outcomeId, round: round.round, part, validatedBy, exceptions: rows },
  }));
}

function publish(state: ScheduledSession): MarketSessionEvent[] {
  if (state.status === 'published') return [];
  if (state.status !== 'validated') throw outOfTurn(state, 'there is no validated outcome');
  const { sessionId } = state.schedule;
  return remainingParts(finalRows(state), state.publishedRows).map(({ part, rows }) => ({
    type: 'ResultPublished' as const,
    data: { sessionId, part, rows },
  }));
}

function cancel(command: Command<'cancel'>, state: ScheduledSession): MarketSessionEvent[] {
  if (state.status === 'cancelled') return [];
  if (state.status === 'published') throw outOfTurn(state, 'its result is published');
  const { sessionId } = state.schedule;
  return [{ type: 'SessionCancelled', data: { sessionId, reason: command.reason } }];
}

function refusal(index: number, mtus: number): RowValidation {
  const permittedW = new Array<number>(mtus).fill(0);
  return { index, status: 'KO', permittedW, violatedElement: 'no-answer' };
}

function requireOpenGate(state: ScheduledSession, nowMs: number): void {
  const { sessionId, gateOpensAt, gateClosesAt } = state.schedule;
  if (state.status === 'open' && nowMs < Date.parse(gateClosesAt)) return;
  throw new DomainError(
    'gate-closed',
    `The gate of ${sessionId} is not open (it is ${state.status}; open from ${gateOpensAt} ` +
      `to ${gateClosesAt}). Bid in the next session.`,
  );
}

function outOfTurn(state: ScheduledSession, why: string): DomainError {
  const { sessionId } = state.schedule;
  return new DomainError('out-of-turn', `Session ${sessionId} is ${state.status}: ${why}.`);
}
