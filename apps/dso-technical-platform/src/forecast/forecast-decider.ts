/**
 * One delivery period's forecasts: each session's is recorded once, with what follows from it, and
 * an operator holds its requests back or releases them.
 */
import {
  type Decider,
  type FlexibilityRequest,
  type GridForecastEvent,
  type PlannedRequestState,
  type RecordedForecast,
  DomainError,
  forecastBegun,
  forecastContinued,
  forecastReconfigured,
} from '@flexledger/domain';

export type ForecastCommand =
  /** `ForecastComputed` and what it announces; given again, what is missing of it is recorded. */
  | { readonly kind: 'record'; readonly events: readonly GridForecastEvent[] }
  | ({ readonly kind: 'hold'; readonly reason: string } & RequestName)
  | ({ readonly kind: 'release' } & RequestName)
  /** The market has taken it. */
  | ({ readonly kind: 'confirmSent' } & RequestName)
  /** The grid is switched instead of flexibility being bought for these elements. */
  | ({ readonly kind: 'reconfigure'; readonly held: readonly string[] } & Reconfiguration)
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

/** What an operator decides, and what follows for the violations of a session. */
export type Reconfiguration = Omit<
  Extract<GridForecastEvent, { type: 'GridReconfigured' }>['data'],
  'forecastId'
>;

/** What the stream says of one session. */
export interface SessionForecast {
  readonly forecast: RecordedForecast;
  /** Events that the forecast announced and that have not come yet. */
  readonly awaited: number;
  /** Events recorded of it, itself included. */
  readonly recorded: number;
  readonly planned: ReadonlyMap<string, FlexibilityRequest>;
  /** By request. */
  readonly states: ReadonlyMap<string, PlannedRequestState>;
  /** Elements with a violation that is not resolved. */
  readonly violated: ReadonlySet<string>;
  /** How an operator has switched the grid for it the last time. */
  readonly reconfiguration?: Reconfiguration;
}

/** By session. */
export type ForecastState = ReadonlyMap<string, SessionForecast>;

export const forecastDecider: Decider<ForecastState, ForecastCommand, GridForecastEvent> = {
  initialState: new Map(),
  decide(command, state) {
    if (command.kind === 'record') return record(command.events, state);
    const session = state.get(command.sessionId);
    if (command.kind === 'resolve') return resolve(session, command);
    if (command.kind === 'reconfigure') return reconfigure(session, command);
    return decideOnRequest(session, command);
  },
  evolve(state, event) {
    const session = evolveSession(state.get(event.data.sessionId), event);
    return session ? new Map(state).set(event.data.sessionId, session) : state;
  },
};

function decideOnRequest(
  session: SessionForecast | undefined,
  command: Extract<ForecastCommand, RequestName>,
): GridForecastEvent[] {
  const { gridId, sessionId, requestId } = command;
  const state = session?.states.get(requestId);
  if (!state) {
    throw new DomainError(
      'request-unknown',
      `No request ${requestId} is planned for session ${sessionId}; ` +
        `GET /api/v1/grids/${gridId}/violations lists the requests of each forecast.`,
    );
  }
  const data = { gridId, sessionId, requestId };
  switch (command.kind) {
    case 'hold':
      if (state === 'held') return [];
      return [{ type: 'RequestHeld', data: { ...data, reason: command.reason } }];
    case 'release':
      if (state === 'released' || state === 'sent') return [];
      return [{ type: 'RequestReleased', data }];
    case 'confirmSent':
      // Held while it was on its way, it is about to be taken back.
      return state === 'sent' || state === 'held' ? [] : [{ type: 'RequestSent', data }];
  }
}

function record(events: readonly GridForecastEvent[], state: ForecastState): GridForecastEvent[] {
  const [first] = events;
  if (first?.type !== 'ForecastComputed') {
    throw new RangeError('A forecast is recorded with its ForecastComputed first');
  }
  const known = state.get(first.data.sessionId);
  if (!known) return [...events];
  const isSame = known.forecast.forecastId === first.data.forecastId && known.awaited > 0;
  if (isSame) return events.slice(known.recorded);
  // Of a forecast without all of its buses nothing can be told: the new one takes its place.
  return known.forecast.missing > 0 ? [...events] : [];
}

function resolve(
  session: SessionForecast | undefined,
  { sessionId, stillViolated }: Extract<ForecastCommand, { kind: 'resolve' }>,
): GridForecastEvent[] {
  if (!session) return [];
  const { forecastId, gridId } = session.forecast;
  return [...session.violated]
    .filter((elementId) => !stillViolated.has(elementId))
    .map((elementId) => ({
      type: 'ViolationResolved',
      data: { forecastId, gridId, sessionId, elementId },
    }));
}

function reconfigure(
  session: SessionForecast | undefined,
  { kind: _, held, ...decided }: Extract<ForecastCommand, { kind: 'reconfigure' }>,
): GridForecastEvent[] {
  const ended = decided.ended.filter((elementId) => session?.violated.has(elementId));
  if (session && isCarriedOver(session, decided)) {
    const { forecastId, modelDigest } = session.forecast;
    if (modelDigest === decided.modelDigest) return [];
    return [{ type: 'GridReconfigured', data: { forecastId, ...decided } }];
  }
  if (!session || ended.length === 0) {
    throw new DomainError(
      'switching-ends-nothing',
      `No violation of session ${decided.sessionId} that is open ends by it; ` +
        `GET /api/v1/grids/${decided.gridId}/violations?open=true lists them.`,
    );
  }
  const { gridId, sessionId, reason } = decided;
  const { forecastId } = session.forecast;
  return [
    { type: 'GridReconfigured', data: { forecastId, ...decided, ended } },
    ...ended.map((elementId): GridForecastEvent => ({
      type: 'ViolationResolved',
      data: { forecastId, gridId, sessionId, elementId },
    })),
    ...held
      .filter((requestId) => session.planned.has(requestId))
      .filter((requestId) => session.states.get(requestId) !== 'held')
      .map((requestId): GridForecastEvent => ({
        type: 'RequestHeld',
        data: { gridId, sessionId, requestId, reason },
      })),
  ];
}

/** The same decision on another model: what is decided for an earlier delivery is in force at this one too. */
function isCarriedOver(
  { reconfiguration }: SessionForecast,
  { positions, reason, ended }: Reconfiguration,
): boolean {
  const known =
    reconfiguration && JSON.stringify([reconfiguration.positions, reconfiguration.reason]);
  return ended.length === 0 && known === JSON.stringify([positions, reason]);
}

const decidedOf = ({
  forecastId: _,
  ...decided
}: Extract<GridForecastEvent, { type: 'GridReconfigured' }>['data']): Reconfiguration => decided;

function evolveSession(
  session: SessionForecast | undefined,
  event: GridForecastEvent,
): SessionForecast | undefined {
  if (event.type === 'ForecastComputed') {
    const { violations, requests = 0, continued = 0, customers = 0 } = event.data;
    return {
      forecast: forecastBegun(event.data),
      awaited: violations + requests + continued + customers,
      recorded: 1,
      planned: new Map(),
      states: new Map(),
      violated: new Set(),
    };
  }
  if (!session) return session;
  const next = { ...session, recorded: session.recorded + 1, awaited: session.awaited - 1 };
  switch (event.type) {
    case 'ForecastContinued':
      return { ...next, forecast: forecastContinued(session.forecast, event.data) };
    case 'CustomersForecast':
      return next;
    case 'ViolationDetected':
      return { ...next, violated: new Set(session.violated).add(event.data.elementId) };
    case 'RequestPlanned': {
      const { request } = event.data;
      const planned = new Map(session.planned).set(request.requestId, request);
      return { ...next, planned, states: withState(session, request.requestId, 'proposed') };
    }
    case 'GridReconfigured':
      return {
        ...session,
        forecast: forecastReconfigured(session.forecast, event.data),
        reconfiguration: decidedOf(event.data),
      };
    case 'ViolationResolved':
      return { ...session, violated: without(session.violated, event.data.elementId) };
    case 'RequestHeld':
      return { ...session, states: withState(session, event.data.requestId, 'held') };
    case 'RequestReleased':
      return { ...session, states: withState(session, event.data.requestId, 'released') };
    case 'RequestSent':
      return { ...session, states: withState(session, event.data.requestId, 'sent') };
    default:
      return session;
  }
}

function withState(
  { states }: SessionForecast,
  requestId: string,
  state: PlannedRequestState,
): ReadonlyMap<string, PlannedRequestState> {
  return new Map(states).set(requestId, state);
}

function without(set: ReadonlySet<string>, gone: string): Set<string> {
  return new Set([...set].filter((one) => one !== gone));
}
