/** What the DSO works out for a session: its forecast, its requests, its word on an outcome. */
import {
  type FlexibilityRequest,
  type MarketSessionEvent,
  type MilpSolver,
  type OutcomeRow,
  quarterHoursOf,
} from '@flexledger/domain';
import type { CommandContext } from '@flexledger/event-store';
import { solveSeries } from '@flexledger/grid';
import {
  type GridForecast,
  type OperatedGrid,
  type PowerChange,
  loadingOf,
  validateOutcome,
  withRows,
} from '@flexledger/grid-operations';
import type { OutcomesPort } from '@flexledger/ports';
import { type Clock, toldExecution } from '@flexledger/runtime';
import type { LoadSolver } from '@flexledger/solver';
import type { MarketCustomer } from './customers/customers-on-grid';
import type { ForecastBasis } from './forecast/customer-forecast';
import type { SessionForecast } from './forecast/forecast-decider';
import type { LoadMetering, StandingProfiles } from './forecast/load-history';
import type { ForecastRecorder, PlannedRequest } from './forecast/record-forecast';
import {
  type ForecastedSession,
  type SessionPowers,
  createForecaster,
} from './forecast/session-forecast';
import type { OwnGrid } from './grid-model/own-grid';
import type { ExpectedPrices } from './requests/relief-model';
import { flexibilityOf } from './requests/flexibility';
import { type FlexibilityNeed, sizeNeeds } from './requests/size-requests';
import { findViolations } from './requests/violations';

/** The session at issue, as the calendar has it. */
export type AssessedSession = ForecastedSession & { readonly sessionId: string };

type Sent = Extract<MarketSessionEvent, { type: 'OutcomeSentForValidation' }>['data'];

export interface SessionAssessmentOptions {
  readonly grid: OwnGrid;
  readonly basis: ForecastBasis;
  readonly outcomes: OutcomesPort;
  readonly recorder: ForecastRecorder;
  /** The market's customers on this grid on a delivery day. */
  readonly customers: (deliveryDay: string) => Promise<readonly MarketCustomer[]>;
  readonly metering: LoadMetering;
  readonly profiles: () => Promise<StandingProfiles | undefined>;
  readonly expectedPrices: ExpectedPrices;
  readonly loadSolver: LoadSolver;
  readonly clock: Clock;
}

export interface SessionAssessment {
  /** Forecasts a session and records what follows, once; answers what is planned. */
  plan(
    session: AssessedSession,
    context: CommandContext,
  ): Promise<Pick<SessionForecast, 'planned' | 'states'>>;
  /** Answers an outcome on the forecast its requests were made from, and says what it resolves. */
  validate(
    session: AssessedSession,
    sent: Pick<Sent, 'outcomeId' | 'round'>,
    context: CommandContext,
  ): Promise<void>;
}

/** Longest part of an element's id in a request's, whose length the market limits. */
const ELEMENT_ID_LENGTH = 40;

/** Opens one; nothing is computed before it is asked for. */
export function createSessionAssessment(options: SessionAssessmentOptions): SessionAssessment {
  const { outcomes, recorder } = options;
  const { gridId } = options.grid;
  const forecaster = createForecaster(options);
  let solver: Promise<MilpSolver> | undefined;

  /**
   * The grid and the forecast on it: as recorded where that is whole (a large grid's may have been cut
   * short by a crash), on the model it was made with; else on the model that stands, as far as is decided, when the
   * session is delivered.
   */
  async function basisOf(
    session: AssessedSession,
    customers: readonly MarketCustomer[],
  ): Promise<SessionPowers & { readonly grid: OperatedGrid }> {
    const known = (await recorder.recorded(gridId, session))?.forecast;
    const grid = await options.grid.at(Date.parse(session.deliveryStart));
    const computed = await forecaster.forecast(grid, session, customers);
    if (known?.missing !== 0) return { ...computed, grid };
    return { ...computed, forecast: known, grid: await options.grid.asOf(known.modelDigest) };
  }

  /** Where nothing was forecast before the gate, as after an outage: what an answer rests on stands in the log. */
  async function recordedBasis(
    session: AssessedSession,
    context: CommandContext,
  ): Promise<SessionPowers & { readonly grid: OperatedGrid }> {
    const basis = await basisOf(session, await options.customers(session.deliveryDay));
    const named = { ...context, commandId: `${context.commandId}/forecast` };
    await recorder.record({ session, ...basis, alarms: [], requests: [] }, named);
    return basis;
  }

  /** By the clock, as PoDs declare what they can move. */
  const quarterHoursIn = (
    { deliveryStart }: AssessedSession,
    { mtuCount }: GridForecast,
  ): readonly number[] =>
    quarterHoursOf({ startMs: Date.parse(deliveryStart), mtuCount }, options.basis.timeZone);

  const soldChange = (
    grid: OperatedGrid,
    forecast: GridForecast,
    sold: readonly OutcomeRow[],
  ): PowerChange => withRows(grid, forecast, new Map(), sold, (row) => row.acceptedW);

  /** What violates the grid in a session by the forecast, and the flexibility that would end it. */
  async function sizedNeeds(
    session: AssessedSession,
    customers: readonly MarketCustomer[],
    sold: readonly OutcomeRow[],
  ) {
    const powers = await basisOf(session, customers);
    const { grid, forecast } = powers;
    solver ??= options.loadSolver();
    const sized = await sizeNeeds(
      grid,
      forecast,
      soldChange(grid, forecast, sold),
      flexibilityOf(grid, customers, sold, quarterHoursIn(session, forecast)),
      { solve: (await solver).solve, prices: options.expectedPrices },
    );
    return { powers, ...sized };
  }

  return {
    async plan(session, context) {
      const known = await recorder.recorded(gridId, session);
      if (known && known.awaited === 0) return known;
      // Other platforms are asked first: while one is away nothing is worked out in vain.
      const sold = await outcomes.soldBefore(session.sessionId);
      const customers = await options.customers(session.deliveryDay);
      const { powers, alarms, needs } = await toldExecution(
        'flow2c',
        'DSOTP',
        session.sessionId,
        () => sizedNeeds(session, customers, sold),
      );
      const poms = new Map(customers.map(({ podId, pom }) => [podId, pom]));
      const requests = needs.map((need, index): PlannedRequest => ({
        need,
        request: requestOf(session.sessionId, index, need, poms),
      }));
      await recorder.record({ session, ...powers, alarms, requests }, context);
      return (await recorder.recorded(gridId, session))!;
    },

    async validate(session, { outcomeId, round }, context) {
      const { rows, sold } = await outcomes.outcome(session.sessionId, round);
      const known = (await recorder.recorded(gridId, session))?.forecast;
      if (!known && rows.length === 0) {
        return outcomes.answer(session.sessionId, { outcomeId, exceptions: [] }, context);
      }
      const { grid, forecast } =
        known?.missing === 0
          ? { grid: await options.grid.asOf(known.modelDigest), forecast: known }
          : await recordedBasis(session, context);
      const before = soldChange(grid, forecast, sold);
      const exceptions = await toldExecution('flow4', 'DSOTP', session.sessionId, async () =>
        validateOutcome(grid, forecast, before, rows),
      );
      await outcomes.answer(session.sessionId, { outcomeId, exceptions }, context);
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

/**
 * @param poms the substation that each PoD is registered below: where the grid was switched since, so that one hangs below
 *   another, the market has not heard of it, and would refuse the request for its grid point
 */
function requestOf(
  sessionId: string,
  index: number,
  need: FlexibilityNeed,
  poms: ReadonlyMap<string, string | null>,
): FlexibilityRequest {
  const { gridPoint } = need;
  const isRegistered = need.podIds.every((podId) => poms.get(podId) === gridPoint?.pom);
  const elementId = need.elementId.slice(0, ELEMENT_ID_LENGTH);
  return {
    requestId: `DSO-${need.voltageLevel}-${elementId}-${index}-${sessionId}`,
    requester: 'DSO',
    product: need.product,
    direction: need.direction,
    scope: { podIds: need.podIds },
    ...(gridPoint && isRegistered && { gridPoint }),
    quantityW: need.quantityW,
    priceCapMicroEurPerKwh: null,
  };
}
