/**
 * One delivery period's forecasts: each session's is recorded once, with what follows from it, and
 * an operator holds its requests back or releases them.
 */
import {
  type Decider,
  type FlexibilityRequest,
  type GridForecastEvent,
  DomainError,
} from '@flexledger/domain';
import type { GridForecast } from './grid-forecast';

export type ForecastCommand =
  /** `ForecastComputed` and what it announces; given again, what is missing of it is recorded. */
  | { readonly kind: 'record'; readonly events: readonly GridForecastEvent[] }
  | ({ readonly kind: 'hold'; readonly reason: string } & RequestName)
  | ({ readonly kind: 'release' } & RequestName)
  /** All violations are gone but those of these elements. */
  | {
      readonly kind: 'resolve';
      readonly sessionId: string;
      readonly stillViolated: ReadonlySet<string>;
    };

interface RequestName {
  readonly gridId: string;
  readonly sessionId: string;
  readonly requestId: string;
}

/** What the stream says of one session. */
export interface SessionForecast {
  readonly gridId: string;
  readonly forecastId: string;
  readonly forecast: GridForecast;
  /** Events that the forecast announced and that have not come yet. */
  readonly awaited: number;
  /** Events recorded of it, itself included. */
  readonly recorded: number;
  readonly planned: ReadonlyMap<string, FlexibilityRequest>;
  /** Ids of requests that an operator holds back. */
  readonly held: ReadonlySet<string>;
  /** Elements with a violation that is not resolved. */
  readonly violated: ReadonlySet<string>;
}

/** By session. */
export type ForecastState = ReadonlyMap<string, SessionForecast>;

export const forecastDecider: Decider<ForecastState, ForecastCommand, GridForecastEvent> = {
  initialState: new Map(),
  decide(command, state) {
    if (command.kind === 'record') return record(command.events, state);
    const session = state.get(command.sessionId);
    if (command.kind === 'resolve') return resolve(session, command);
    const { gridId, sessionId, requestId } = command;
    if (!session?.planned.has(requestId)) {
      throw new DomainError(
        'request-unknown',
        `No request ${requestId} is planned for session ${sessionId}; ` +
          `GET /api/v1/grids/${gridId}/violations lists the requests of each forecast.`,
      );
    }
    const isHeld = session.held.has(requestId);
    if (isHeld === (command.kind === 'hold')) return [];
    if (command.kind === 'release') {
      return [{ type: 'RequestReleased', data: { gridId, sessionId, requestId } }];
    }
    const { reason } = command;
    return [{ type: 'RequestHeld', data: { gridId, sessionId, requestId, reason } }];
  },
  evolve(state, event) {
    const session = evolveSession(state.get(event.data.sessionId), event);
    return session ? new Map(state).set(event.data.sessionId, session) : state;
  },
};

function record(events: readonly GridForecastEvent[], state: ForecastState): GridForecastEvent[] {
  const [first] = events;
  if (first?.type !== 'ForecastComputed') {
    throw new RangeError('A forecast is recorded with its ForecastComputed first');
  }
  const known = state.get(first.data.sessionId);
  if (!known) return [...events];
  const isSame = known.forecastId === first.data.forecastId && known.awaited > 0;
  return isSame ? events.slice(known.recorded) : [];
}

function resolve(
  session: SessionForecast | undefined,
  { sessionId, stillViolated }: Extract<ForecastCommand, { kind: 'resolve' }>,
): GridForecastEvent[] {
  if (!session) return [];
  const { forecastId, gridId } = session;
  return [...session.violated]
    .filter((elementId) => !stillViolated.has(elementId))
    .map((elementId) => ({
      type: 'ViolationResolved',
      data: { forecastId, gridId, sessionId, elementId },
    }));
}

function evolveSession(
  session: SessionForecast | undefined,
  event: GridForecastEvent,
): SessionForecast | undefined {
  if (event.type === 'ForecastComputed') {
    const { gridId, forecastId, mtuCount, busW, busVar, violations, requests = 0 } = event.data;
    return {
      gridId,
      forecastId,
      forecast: { mtuCount, busW, busVar },
      awaited: violations + requests,
      recorded: 1,
      planned: new Map(),
      held: new Set(),
      violated: new Set(),
    };
  }
  if (!session) return session;
  const next = { ...session, recorded: session.recorded + 1, awaited: session.awaited - 1 };
  switch (event.type) {
    case 'ViolationDetected':
      return { ...next, violated: new Set(session.violated).add(event.data.elementId) };
    case 'RequestPlanned': {
      const { request } = event.data;
      return { ...next, planned: new Map(session.planned).set(request.requestId, request) };
    }
    case 'ViolationResolved':
      return { ...session, violated: without(session.violated, event.data.elementId) };
    case 'RequestHeld':
      return { ...session, held: new Set(session.held).add(event.data.requestId) };
    case 'RequestReleased':
      return { ...session, held: without(session.held, event.data.requestId) };
    default:
      return session;
  }
}

function without(set: ReadonlySet<string>, gone: string): Set<string> {
  return new Set([...set].filter((one) => one !== gone));
}
