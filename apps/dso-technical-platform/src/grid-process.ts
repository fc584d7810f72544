/**
 * The DSO in the market: locates PoDs on its grid, forecasts every session's delivery, records the
 * violations it finds, asks for flexibility, and validates outcomes. Times come from the calendar,
 * everything else from the log and from the DSO's own grid.
 */
import {
  type DeliveryPeriod,
  type FlexibilityRequest,
  type MarketSessionEvent,
  type OutcomeRow,
  type RowValidation,
  deliveryDay,
} from '@flexledger/domain';
import { type CommandContext, type Reactor, contextFrom } from '@flexledger/event-store';
import type { Timers } from '@flexledger/runtime';
import {
  type ForecastBasis,
  type ForecastShapes,
  forecastShapes,
} from './forecast/customer-forecast';
import {
  type ConnectedCustomer,
  type GridForecast,
  backgroundW,
  forecastGrid,
} from './forecast/grid-forecast';
import type { ForecastRecorder } from './forecast/record-forecast';
import type { OperatedGrid } from './grid-model/operated-grid';
import { type FlexibilityNeed, sizeNeeds } from './requests/size-requests';
import { validateOutcome, withRows } from './validation/validate-outcome';

/** The market platform, as the DSO reaches it (flows 2c, 3, 4). */
export interface DsoMarket {
  requestFlexibility(
    sessionId: string,
    request: FlexibilityRequest,
    context: CommandContext,
  ): Promise<unknown>;
  /** The outcome to be validated, and what was sold before for the same MTUs. */
  outcome(
    sessionId: string,
    round: number,
  ): Promise<{ readonly rows: readonly OutcomeRow[]; readonly sold: readonly OutcomeRow[] }>;
  /** Rows of earlier sessions as they fall into a session's MTUs. */
  soldBefore(sessionId: string): Promise<readonly OutcomeRow[]>;
  recordValidation(
    sessionId: string,
    answer: {
      readonly outcomeId: string;
      readonly validatedBy: 'DSO';
      readonly exceptions: readonly RowValidation[];
    },
    context: CommandContext,
  ): Promise<unknown>;
}

export interface GridProcessOptions {
  readonly grid: OperatedGrid;
  readonly basis: ForecastBasis;
  readonly market: DsoMarket;
  readonly recorder: ForecastRecorder;
  /** The market's customers on this grid, from the shared customer database. */
  readonly customers: () => Promise<readonly ConnectedCustomer[]>;
  /** Measured over forecast energy of the last MTUs before now; undefined when nothing was measured. */
  readonly measuredOverForecast: (deliveryDay: string) => Promise<number | undefined>;
  readonly timers: Timers;
  /** Requests leave so long after the gate opens. */
  readonly delayMinutes: number;
}

type Scheduled = Extract<MarketSessionEvent, { type: 'SessionScheduled' }>['data'];
type Sent = Extract<MarketSessionEvent, { type: 'OutcomeSentForValidation' }>['data'];

/** A correction beyond these factors is a fault of measurement, not of the forecast. */
const CORRECTION_RANGE = [0.8, 1.25] as const;

/** The DSO's reactors over one grid. */
export function createGridProcess(options: GridProcessOptions): readonly Reactor[] {
  const { grid, basis, market, recorder, customers, timers, delayMinutes } = options;
  const scheduled = new Map<string, Scheduled>();

  /** The session's forecast; the one its requests were made from, once that stands in the log. */
  async function forecastOf(session: Scheduled): Promise<GridForecast> {
    const known = await recorder.recorded(grid, session);
    if (known) return known;
    const shapes = shapesOf(session);
    const day = deliveryDay(session.deliveryDay, basis.timeZone);
    const peak = Math.max(...backgroundW(forecastShapes(session.deliveryDay, day, basis)));
    const ratio = await correctionFor(session);
    return forecastGrid(grid, await customers(), shapes, peak, ratio);
  }

  function shapesOf(session: Scheduled): ForecastShapes {
    const period: DeliveryPeriod = {
      startMs: Date.parse(session.deliveryStart),
      mtuCount: session.mtuCount,
    };
    return forecastShapes(session.deliveryDay, period, basis);
  }

  async function correctionFor(session: Scheduled): Promise<number> {
    if (session.kind === 'dayAhead') return 1;
    const ratio = (await options.measuredOverForecast(session.deliveryDay)) ?? 1;
    return Math.min(CORRECTION_RANGE[1], Math.max(CORRECTION_RANGE[0], ratio));
  }

  async function request(session: Scheduled, context: CommandContext): Promise<void> {
    const forecast = await forecastOf(session);
    const sold = withRows(
      grid,
      forecast,
      new Map(),
      await market.soldBefore(session.sessionId),
      (row) => row.acceptedW,
    );
    const { violations, needs } = sizeNeeds(grid, forecast, sold);
    await recorder.record({ grid, session, forecast, violations, needs }, context);
    for (const [index, need] of needs.entries()) {
      const wanted = requestOf(session.sessionId, index, need);
      const named = { ...context, commandId: `${context.commandId}/${wanted.requestId}` };
      await market.requestFlexibility(session.sessionId, wanted, named);
    }
  }

  async function validate(sent: Sent, context: CommandContext): Promise<void> {
    const session = scheduled.get(sent.sessionId);
    if (!session) return;
    const forecast = await forecastOf(session);
    const { rows, sold } = await market.outcome(sent.sessionId, sent.round);
    const before = withRows(grid, forecast, new Map(), sold, (row) => row.acceptedW);
    const exceptions = validateOutcome(grid, forecast, before, rows);
    const answer = { outcomeId: sent.outcomeId, validatedBy: 'DSO' as const, exceptions };
    await market.recordValidation(sent.sessionId, answer, context);
  }

  return [
    {
      name: 'dso/requests',
      types: ['SessionScheduled'],
      handle: async (event) => {
        const session = event.data as Scheduled;
        scheduled.set(session.sessionId, session);
        const atMs = Date.parse(session.gateOpensAt) + delayMinutes * 60_000;
        const context = contextFrom(event, 'dso/forecast', 'dso');
        timers.at(atMs, `dso/forecast/${session.sessionId}`, () => request(session, context));
      },
    },
    {
      name: 'dso/validation',
      types: ['OutcomeSentForValidation'],
      handle: (event) => validate(event.data as Sent, contextFrom(event, 'dso/validate', 'dso')),
    },
  ];
}

function requestOf(sessionId: string, index: number, need: FlexibilityNeed): FlexibilityRequest {
  return {
    requestId: `DSO-${need.violation.elementId}-${index}-${sessionId}`,
    requester: 'DSO',
    product: 'P',
    direction: need.direction,
    scope: { podIds: need.podIds },
    quantityW: need.quantityW,
    priceCapMicroEurPerKwh: null,
  };
}
