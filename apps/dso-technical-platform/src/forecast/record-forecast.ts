import {
  type DomainEvent,
  type GridForecastEvent,
  type MarketSessionEvent,
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
import type { OperatedGrid } from '../grid-model/operated-grid';
import type { FlexibilityNeed } from '../requests/size-requests';
import type { Violation } from '../requests/violations';
import type { GridForecast } from './grid-forecast';

type Scheduled = Extract<MarketSessionEvent, { type: 'SessionScheduled' }>['data'];

/** What the DSO found for one session. */
export interface ForecastFinding {
  readonly grid: OperatedGrid;
  readonly session: Scheduled;
  readonly forecast: GridForecast;
  readonly violations: readonly Violation[];
  readonly needs: readonly FlexibilityNeed[];
}

/** Puts forecasts and their violations into the log, and finds them again. */
export interface ForecastRecorder {
  record(finding: ForecastFinding, context: CommandContext): Promise<void>;
  recorded(grid: OperatedGrid, session: Scheduled): Promise<GridForecast | undefined>;
}

interface ForecastState {
  readonly forecasts: ReadonlyMap<string, GridForecast>;
}

export function createForecastRecorder(store: EventStore, clock: Clock): ForecastRecorder {
  const handler = createCommandHandler<
    ForecastState,
    readonly GridForecastEvent[],
    GridForecastEvent
  >({
    store,
    clock,
    cachedStreams: 32,
    decider: {
      initialState: { forecasts: new Map() },
      // One forecast a session: a repeat changes nothing.
      decide: (events, state) => {
        const first = events[0]!;
        return state.forecasts.has(first.data.sessionId) ? [] : [...events];
      },
      evolve: (state, event) => {
        if (event.type !== 'ForecastComputed') return state;
        const { sessionId, mtuCount, busW, busVar } = event.data;
        return { forecasts: new Map(state.forecasts).set(sessionId, { mtuCount, busW, busVar }) };
      },
    },
  });
  const streamOf = (grid: OperatedGrid, session: Scheduled): string =>
    gridForecastStream(grid.gridId, instantInName(Date.parse(session.deliveryStart)));

  return {
    async record(finding, context) {
      const { grid, session } = finding;
      await handler.handle(streamOf(grid, session), eventsOf(finding), context);
    },
    async recorded(grid, session) {
      const { forecasts } = await handler.stateOf(streamOf(grid, session));
      return forecasts.get(session.sessionId);
    },
  };
}

function eventsOf({
  grid,
  session,
  forecast,
  violations,
  needs,
}: ForecastFinding): [GridForecastEvent, ...GridForecastEvent[]] {
  const { gridId, modelDigest } = grid;
  const { sessionId } = session;
  const { mtuCount, busW, busVar } = forecast;
  const forecastId = documentDigest({ gridId, modelDigest, sessionId, busW, busVar });
  const common = { forecastId, gridId, sessionId };
  return [
    {
      type: 'ForecastComputed',
      data: { ...common, modelDigest, mtuCount, busW, busVar, violations: violations.length },
    },
    ...violations.map((violation): DomainEvent & GridForecastEvent => ({
      type: 'ViolationDetected',
      data: {
        ...common,
        elementType: violation.elementType,
        elementId: violation.elementId,
        violation: violation.kind,
        value: Array.from(violation.value, (value) => recorded(violation, value)),
        limit: recorded(violation, violation.limit),
        podIds:
          needs.find((need) => need.violation.elementId === violation.elementId)?.podIds ?? [],
      },
    })),
  ];
}

/** A value as the event holds it: mA, hundredths of a per mille of rating, millionths of nominal. */
function recorded({ elementType }: Violation, value: number): number {
  if (Number.isNaN(value)) return 0;
  const scale = elementType === 'line' ? 1e3 : elementType === 'transformer' ? 1e4 : 1e6;
  return Math.round(value * scale);
}
