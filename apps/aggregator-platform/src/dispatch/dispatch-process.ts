import {
  type MarketSessionEvent,
  type RulePack,
  type SessionSales,
  type Setpoint,
  MTU_MINUTES,
  deliveryDay,
  rowsOfDay,
} from '@flexledger/domain';
import { type CommandContext, type Processor, contextFrom } from '@flexledger/event-store';
import type { Timers } from '@flexledger/runtime';
import type { Portfolio } from '../portfolio/portfolio';
import type { DispatchReports } from './dispatch-reports';
import { type Dispatch, setpointsFor } from './setpoints';
import { setpointWindows } from './setpoint-windows';

/** What the aggregator has been told it sold (flow 5). */
export interface SoldResults {
  /**
   * Published rows of this aggregator by session of a delivery day, in the order in which the sessions
   * sell; sessions that have published nothing are left out.
   */
  resultsOf(aggregatorId: string, deliveryDay: string): Promise<readonly SessionSales[]>;
}

/** Where setpoints go (flow 6): all of a window at once, in the order given. */
export interface SetpointDesk {
  issue(
    setpoints: readonly Setpoint[],
    aggregatorId: string,
    context: CommandContext,
  ): Promise<void>;
}

export interface DispatchProcessOptions {
  readonly portfolio: Portfolio;
  readonly results: SoldResults;
  readonly desk: SetpointDesk;
  /** Told of every window: what was sold and cannot be delivered as sold is never hidden. */
  readonly reports: DispatchReports;
  readonly timers: Timers;
  readonly rules: Pick<RulePack, 'timeZone' | 'calendar'>;
}

const MTU_MS = MTU_MINUTES * 60_000;
type Scheduled = Extract<MarketSessionEvent, { type: 'SessionScheduled' }>['data'];

/** A real-time session as a window of setpoints. */
type SetpointWindow = Pick<Scheduled, 'deliveryDay' | 'deliveryStart' | 'mtuCount'>;

/** Sends the setpoints of every real-time window, so long before it starts (FR_AP_A_3). */
export function createDispatchProcess(options: DispatchProcessOptions): Processor {
  const { portfolio, desk, reports, timers, rules } = options;
  const { aggregatorId } = portfolio;

  async function dispatch(window: Scheduled, context: CommandContext): Promise<void> {
    const { deliveryStart: windowStart } = window;
    if (await reports.isReported(aggregatorId, windowStart)) return;
    const { setpoints, infeasible } = await dispatchOf(window, options);
    if (setpoints.length > 0) await desk.issue(setpoints, aggregatorId, context);
    const report = { aggregatorId, windowStart, setpoints: setpoints.length, infeasible };
    const { commandId } = context;
    await reports.report(report, { ...context, commandId: `${commandId}/report` });
  }

  return {
    name: `${aggregatorId}/dispatch`,
    types: ['SessionScheduled'],
    handle: async (event) => {
      const window = event.data as Scheduled;
      if (window.kind !== 'realTime') return;
      const leadMs = rules.calendar.setpointsBeforeMinutes * 60_000;
      const context = contextFrom(event, `dispatch/${aggregatorId}`, `aggregator:${aggregatorId}`);
      timers.at(
        Date.parse(window.deliveryStart) - leadMs,
        `${aggregatorId}/dispatch/${window.sessionId}`,
        () => dispatch(window, context),
      );
    },
  };
}

/** Setpoints of a window from all that was sold by now. */
async function dispatchOf(
  { deliveryDay: day, deliveryStart: windowStart, mtuCount }: SetpointWindow,
  { portfolio, results, rules }: Pick<DispatchProcessOptions, 'portfolio' | 'results' | 'rules'>,
): Promise<Dispatch> {
  const period = deliveryDay(day, rules.timeZone);
  const sold = rowsOfDay(await results.resultsOf(portfolio.aggregatorId, day), period);
  const firstMtu = (Date.parse(windowStart) - period.startMs) / MTU_MS;
  const window = { windowStart, firstMtu, mtuCount, ...setpointWindows(day, rules) };
  return setpointsFor(window, sold, await portfolio.podsOn(day));
}
