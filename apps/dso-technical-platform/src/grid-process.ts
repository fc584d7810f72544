/**
 * The DSO in the market: locates PoDs on its grid, forecasts every session's delivery, records the
 * violations it finds and the requests that relieve them, sends those that no operator holds back,
 * and validates outcomes. Times come from the calendar, everything else from the log and from the
 * DSO's own grid.
 */
import {
  type FlexibilityRequest,
  type GridForecastEvent,
  type MarketSessionEvent,
  type MilpSolver,
  type OutcomeRow,
  type RecordedEvent,
  type RowValidation,
} from '@flexledger/domain';
import { type CommandContext, type Reactor, contextFrom } from '@flexledger/event-store';
import { solveSeries } from '@flexledger/grid';
import type { Clock, Timers } from '@flexledger/runtime';
import { loadHighsSolver } from '@flexledger/solver';
import type { ForecastBasis } from './forecast/customer-forecast';
import type { ConnectedCustomer } from './forecast/grid-forecast';
import type { LoadMetering } from './forecast/load-history';
import {
  type GridForecast,
  type OperatedGrid,
  type PowerChange,
  loadingOf,
  validateOutcome,
  withRows,
} from '@flexledger/grid-operations';
import type { SessionForecast } from './forecast/forecast-decider';
import type { ForecastRecorder, PlannedRequest } from './forecast/record-forecast';
import { type SessionPowers, createForecaster } from './forecast/session-forecast';
import { type FlexiblePod, flexibilityOf } from './requests/flexibility';
import { type FlexibilityNeed, sizeNeeds } from './requests/size-requests';
import { findViolations } from './requests/violations';

/** The market platform, as the DSO reaches it (flows 2c, 3, 4). */
export interface DsoMarket {
  requestFlexibility(
    sessionId: string,
    request: FlexibilityRequest,
    context: CommandContext,
  ): Promise<unknown>;
  /** Takes a request back; MUST do nothing when it does not stand. */
  withdrawRequest(sessionId: string, requestId: string, context: CommandContext): Promise<unknown>;
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

/** A customer of the market: what to forecast it from and what it can move. */
export type MarketCustomer = ConnectedCustomer & FlexiblePod;

export interface GridProcessOptions {
  /** As it stands; a model published later is adopted in place. */
  readonly grid: OperatedGrid;
  /** The grid with a model published before. */
  readonly gridOf: (modelDigest: string) => Promise<OperatedGrid>;
  readonly basis: ForecastBasis;
  readonly market: DsoMarket;
  readonly recorder: ForecastRecorder;
  /** The market's customers on this grid on a delivery day, from the shared customer database. */
  readonly customers: (deliveryDay: string) => Promise<readonly MarketCustomer[]>;
  readonly metering: LoadMetering;
  readonly clock: Clock;
  readonly timers: Timers;
  /** The forecast is made so long after the gate opens. */
  readonly delayMinutes: number;
  /** Requests leave so long after it; until then an operator may hold them back. */
  readonly reviewMinutes: number;
}

type Scheduled = Extract<MarketSessionEvent, { type: 'SessionScheduled' }>['data'];
type Sent = Extract<MarketSessionEvent, { type: 'OutcomeSentForValidation' }>['data'];
type OperatorsWord = Extract<GridForecastEvent, { type: 'RequestHeld' | 'RequestReleased' }>;

const MINUTE_MS = 60_000;
/** Longest part of an element's id in a request's, whose length the market limits. */
const ELEMENT_ID_LENGTH = 40;

/** The DSO's reactors over one grid. */
export function createGridProcess(options: GridProcessOptions): readonly Reactor[] {
  const { grid, market, timers, delayMinutes, reviewMinutes } = options;
  const scheduled = new Map<string, Scheduled>();
  const desk = createForecastDesk(options);

  async function send(
    session: Scheduled,
    request: FlexibilityRequest,
    context: CommandContext,
  ): Promise<void> {
    await market.requestFlexibility(session.sessionId, request, context);
    const named = { gridId: grid.gridId, session, requestId: request.requestId };
    const confirmed = { ...context, commandId: `${context.commandId}/sent` };
    await options.recorder.confirmSent(named, confirmed);
  }

  /** Sends what is planned and neither held back nor sent already. */
  async function sendAll(session: Scheduled, context: CommandContext): Promise<void> {
    const { planned, states } = await desk.plan(session, context);
    const errors: unknown[] = [];
    for (const request of planned.values()) {
      const state = states.get(request.requestId);
      if (state === 'held' || state === 'sent') continue;
      const named = { ...context, commandId: `${context.commandId}/${request.requestId}` };
      try {
        await send(session, request, named);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) {
      const first = errors[0] instanceof Error ? errors[0].message : String(errors[0]);
      throw new AggregateError(
        errors,
        `${errors.length} of ${planned.size} requests for session ${session.sessionId} failed: ${first}`,
      );
    }
  }

  /** What an operator says counts as it stands now: an event seen again undoes no later one. */
  async function follow(event: RecordedEvent): Promise<void> {
    const { type, data } = event as unknown as OperatorsWord;
    const session = scheduled.get(data.sessionId);
    if (data.gridId !== grid.gridId || !session) return;
    const { requestId, sessionId } = data;
    const known = await options.recorder.recorded(grid.gridId, session);
    const request = known?.planned.get(requestId);
    const state = known?.states.get(requestId);
    if (!request || state !== (type === 'RequestHeld' ? 'held' : 'released')) return;
    const context = contextFrom(event, 'dso/operator', 'dso');
    if (type === 'RequestHeld') await market.withdrawRequest(sessionId, requestId, context);
    else await send(session, request, context);
  }

  return [
    {
      name: 'dso/requests',
      types: ['SessionScheduled'],
      handle: async (event) => {
        const session = event.data as Scheduled;
        const { sessionId } = session;
        scheduled.set(sessionId, session);
        const planMs = Date.parse(session.gateOpensAt) + delayMinutes * MINUTE_MS;
        const context = contextFrom(event, 'dso/forecast', 'dso');
        timers.at(planMs, `dso/forecast/${sessionId}`, async () => {
          await desk.plan(session, context);
        });
        timers.at(planMs + reviewMinutes * MINUTE_MS, `dso/requests/${sessionId}`, () =>
          sendAll(session, context),
        );
      },
    },
    { name: 'dso/operator', types: ['RequestHeld', 'RequestReleased'], handle: follow },
    {
      name: 'dso/validation',
      types: ['OutcomeSentForValidation'],
      handle: async (event) => {
        const sent = event.data as Sent;
        const session = scheduled.get(sent.sessionId);
        if (session) await desk.validate(session, sent, contextFrom(event, 'dso/validate', 'dso'));
      },
    },
  ];
}

/** What the DSO computes for a session: its forecast, its requests, its word on an outcome. */
function createForecastDesk(options: GridProcessOptions) {
  const { market, recorder } = options;
  const { gridId } = options.grid;
  const forecaster = createForecaster(options);
  let solver: Promise<MilpSolver> | undefined;

  /**
   * The grid and the forecast on it: as recorded where that is whole (a large grid's may have been cut
   * short by a crash), on the model it was made with; else on the model that stands now.
   */
  async function basisOf(
    session: Scheduled,
    customers: readonly MarketCustomer[],
  ): Promise<SessionPowers & { readonly grid: OperatedGrid }> {
    const known = (await recorder.recorded(gridId, session))?.forecast;
    // A copy: a model published meanwhile is adopted by the next forecast.
    const grid = { ...options.grid };
    const computed = await forecaster.forecast(grid, session, customers);
    if (known?.missing !== 0) return { ...computed, grid };
    return { ...computed, forecast: known, grid: await options.gridOf(known.modelDigest) };
  }

  const soldChange = (
    grid: OperatedGrid,
    forecast: GridForecast,
    sold: readonly OutcomeRow[],
  ): PowerChange => withRows(grid, forecast, new Map(), sold, (row) => row.acceptedW);

  return {
    /** Forecasts a session and records what follows, once; answers what is planned. */
    async plan(
      session: Scheduled,
      context: CommandContext,
    ): Promise<Pick<SessionForecast, 'planned' | 'states'>> {
      const known = await recorder.recorded(gridId, session);
      if (known && known.awaited === 0) return known;
      const customers = await options.customers(session.deliveryDay);
      const powers = await basisOf(session, customers);
      const { grid, forecast } = powers;
      const sold = await market.soldBefore(session.sessionId);
      solver ??= loadHighsSolver();
      const { alarms, needs } = await sizeNeeds(
        grid,
        forecast,
        soldChange(grid, forecast, sold),
        flexibilityOf(grid, customers, sold, forecast.mtuCount),
        (await solver).solve,
      );
      const requests = needs.map((need, index): PlannedRequest => ({
        need,
        request: requestOf(session.sessionId, index, need),
      }));
      await recorder.record({ session, ...powers, alarms, requests }, context);
      return (await recorder.recorded(gridId, session))!;
    },

    /** Answers an outcome on the forecast its requests were made from, and says what it resolves. */
    async validate(session: Scheduled, sent: Sent, context: CommandContext): Promise<void> {
      const known = (await recorder.recorded(gridId, session))?.forecast;
      const { grid, forecast } =
        known?.missing === 0
          ? { grid: await options.gridOf(known.modelDigest), forecast: known }
          : await basisOf(session, await options.customers(session.deliveryDay));
      const { rows, sold } = await market.outcome(sent.sessionId, sent.round);
      const before = soldChange(grid, forecast, sold);
      const exceptions = validateOutcome(grid, forecast, before, rows);
      const answer = { outcomeId: sent.outcomeId, validatedBy: 'DSO' as const, exceptions };
      await market.recordValidation(sent.sessionId, answer, context);
      const cut = new Map(exceptions.map(({ index, permittedW }) => [index, permittedW]));
      const after = withRows(
        grid,
        forecast,
        before,
        rows,
        (row, index) => cut.get(index) ?? row.acceptedW,
      );
      const series = solveSeries(grid.compiled, loadingOf(grid, forecast, after));
      const still = new Set(findViolations(grid, series).map(({ elementId }) => elementId));
      const named = { ...context, commandId: `${context.commandId}/resolved` };
      await recorder.resolve(gridId, session, still, named);
    },
  };
}

function requestOf(sessionId: string, index: number, need: FlexibilityNeed): FlexibilityRequest {
  const elementId = need.elementId.slice(0, ELEMENT_ID_LENGTH);
  return {
    requestId: `DSO-${need.voltageLevel}-${elementId}-${index}-${sessionId}`,
    requester: 'DSO',
    product: need.product,
    direction: need.direction,
    scope: { podIds: need.podIds },
    quantityW: need.quantityW,
    priceCapMicroEurPerKwh: null,
  };
}
