import {
  type FlexibilityRequest,
  type GridForecastEvent,
  type Schedule,
  gridForecastStream,
  instantInName,
} from '@flexledger/domain';
import {
  type CommandContext,
  type EventStore,
  createCommandHandler,
} from '@flexledger/event-store';
import { documentDigest } from '@flexledger/identity';
import type { Clock } from '@flexledger/runtime';
import type { OperatedGrid } from '@flexledger/grid-operations';
import type { FlexibilityNeed, GridAlarm } from '../requests/size-requests';
import type { GridLimit } from '../requests/violations';
import {
  type ForecastCommand,
  type ForecastState,
  type Reconfiguration,
  type SessionForecast,
  forecastDecider,
} from './forecast-decider';
import type { SessionPowers } from './session-forecast';

/** Which session; its forecast stands in the stream of its delivery start. */
export type ForecastSession = Pick<Schedule, 'sessionId' | 'deliveryStart'>;

/** A need, and how the market is asked for it. */
export interface PlannedRequest {
  readonly need: FlexibilityNeed;
  readonly request: FlexibilityRequest;
}

/** What the DSO found for one session. */
export interface ForecastFinding extends SessionPowers {
  readonly grid: OperatedGrid;
  readonly session: ForecastSession;
  readonly alarms: readonly GridAlarm[];
  readonly requests: readonly PlannedRequest[];
}

/** Puts forecasts and what follows from them into the log, and finds them again. */
export interface ForecastRecorder {
  /** Once a session; a repeat records what a crash left out, else nothing. */
  record(finding: ForecastFinding, context: CommandContext): Promise<void>;
  recorded(gridId: string, session: ForecastSession): Promise<SessionForecast | undefined>;
  /** Violations are gone but those of these elements. */
  resolve(
    gridId: string,
    session: ForecastSession,
    stillViolated: ReadonlySet<string>,
    context: CommandContext,
  ): Promise<void>;
  /** An operator's word on a planned request. @throws DomainError `request-unknown` */
  hold(named: NamedRequest & { readonly reason: string }, context: CommandContext): Promise<void>;
  release(named: NamedRequest, context: CommandContext): Promise<void>;
  /**
   * An operator switches the grid instead of buying, and holds these requests back.
   *
   * @throws DomainError `switching-ends-nothing`
   */
  reconfigure(
    session: ForecastSession,
    decided: Reconfiguration,
    held: readonly string[],
    context: CommandContext,
  ): Promise<void>;
  /** The market has taken it. */
  confirmSent(named: NamedRequest, context: CommandContext): Promise<void>;
}

/** A planned request. */
export interface NamedRequest {
  readonly gridId: string;
  readonly session: ForecastSession;
  readonly requestId: string;
}

export function createForecastRecorder(store: EventStore, clock: Clock): ForecastRecorder {
  const handler = createCommandHandler<ForecastState, ForecastCommand, GridForecastEvent>({
    store,
    clock,
    cachedStreams: 32,
    decider: forecastDecider,
  });
  const streamOf = (gridId: string, { deliveryStart }: ForecastSession): string =>
    gridForecastStream(gridId, instantInName(Date.parse(deliveryStart)));
  const give = async (
    gridId: string,
    session: ForecastSession,
    command: ForecastCommand,
    context: CommandContext,
  ): Promise<void> => void (await handler.handle(streamOf(gridId, session), command, context));

  return {
    record: (finding, context) =>
      give(
        finding.grid.gridId,
        finding.session,
        { kind: 'record', events: eventsOf(finding) },
        context,
      ),
    async recorded(gridId, session) {
      return (await handler.stateOf(streamOf(gridId, session))).get(session.sessionId);
    },
    resolve: (gridId, session, stillViolated, context) => {
      const { sessionId } = session;
      return give(gridId, session, { kind: 'resolve', sessionId, stillViolated }, context);
    },
    hold: ({ gridId, session, requestId, reason }, context) => {
      const { sessionId } = session;
      return give(gridId, session, { kind: 'hold', gridId, sessionId, requestId, reason }, context);
    },
    release: ({ gridId, session, requestId }, context) => {
      const { sessionId } = session;
      return give(gridId, session, { kind: 'release', gridId, sessionId, requestId }, context);
    },
    reconfigure: (session, decided, held, context) =>
      give(decided.gridId, session, { kind: 'reconfigure', ...decided, held }, context),
    confirmSent: ({ gridId, session, requestId }, context) => {
      const { sessionId } = session;
      return give(gridId, session, { kind: 'confirmSent', gridId, sessionId, requestId }, context);
    },
  };
}

/** Numbers in one event, so that it stays far below the megabyte of an append. */
const NUMBERS_PER_EVENT = 40_000;

function eventsOf(finding: ForecastFinding): GridForecastEvent[] {
  const { grid, session, forecast, podIds, customersW, alarms, requests } = finding;
  const { gridId, modelDigest } = grid;
  const { sessionId } = session;
  const { mtuCount, busW, busVar } = forecast;
  const forecastId = documentDigest({ gridId, modelDigest, sessionId, busW, busVar });
  const common = { forecastId, gridId, sessionId };
  const buses = Math.max(1, Math.floor(NUMBERS_PER_EVENT / (2 * mtuCount)));
  const [first, ...further] = slicesOf(busW.length, buses).map(([from, until]) => ({
    busW: busW.slice(from, until),
    busVar: busVar.slice(from, until),
  }));
  const customers = Math.max(1, Math.floor(NUMBERS_PER_EVENT / mtuCount));
  const ofCustomers = slicesOf(podIds.length, customers);
  const announced = {
    violations: alarms.length,
    requests: requests.length,
    continued: further.length,
    customers: ofCustomers.length,
  };
  return [
    {
      type: 'ForecastComputed',
      data: { ...common, modelDigest, mtuCount, ...first!, ...announced },
    },
    ...further.map((part): GridForecastEvent => ({
      type: 'ForecastContinued',
      data: { ...common, ...part },
    })),
    ...ofCustomers.map(([from, until]): GridForecastEvent => ({
      type: 'CustomersForecast',
      data: {
        ...common,
        podIds: podIds.slice(from, until),
        forecastW: customersW.slice(from, until),
      },
    })),
    ...alarms.map(({ violation, podIds, missingW, helpW, helpVar }): GridForecastEvent => {
      const { elementType, elementId, kind, limit } = violation;
      return {
        type: 'ViolationDetected',
        data: {
          ...common,
          elementType,
          elementId,
          violation: kind,
          value: Array.from(violation.value, (value) => recordedValue(violation, value)),
          limit: recordedValue(violation, limit),
          podIds,
          missingW,
          helpW,
          helpVar,
        },
      };
    }),
    ...requests.map(({ need, request }): GridForecastEvent => {
      const { elementType, elementId, voltageLevel } = need;
      return {
        type: 'RequestPlanned',
        data: { ...common, elementType, elementId, voltageLevel, request },
      };
    }),
  ];
}

/** Ranges of at most `size` that make up `count`. */
function slicesOf(count: number, size: number): [number, number][] {
  return Array.from({ length: Math.ceil(count / size) }, (_, index) => [
    index * size,
    Math.min(count, (index + 1) * size),
  ]);
}

/** A value as the event holds it: mA, millionths of the rating, millionths of nominal, or W. */
function recordedValue({ elementType, kind }: GridLimit, value: number): number {
  if (Number.isNaN(value)) return 0;
  if (kind === 'noSolution') return value;
  const scale = elementType === 'line' ? 1e3 : elementType === 'transformer' ? 1e4 : 1e6;
  return Math.round(value * scale);
}
