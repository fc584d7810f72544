import {
  type MarketSessionEvent,
  type SessionSales,
  type Setpoint,
  MTU_MINUTES,
  deliveryDay,
  rowsOfDay,
} from '@flexledger/domain';
import { type CommandContext, type Reactor, contextFrom } from '@flexledger/event-store';
import type { Timers } from '@flexledger/runtime';
import type { Portfolio } from '../portfolio/portfolio';
import { type InfeasibleMtu, setpointsFor } from './setpoints';

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
  readonly timers: Timers;
  readonly timeZone: string;
  readonly setpointsBeforeMinutes: number;
  /** Told of what was sold and cannot be delivered as sold. */
  readonly onInfeasible: (windowStart: string, infeasible: readonly InfeasibleMtu[]) => void;
}

const MTU_MS = MTU_MINUTES * 60_000;
type Scheduled = Extract<MarketSessionEvent, { type: 'SessionScheduled' }>['data'];

/** Sends the setpoints of every real-time window, so long before it starts (FR_AP_A_3). */
export function createDispatchProcess(options: DispatchProcessOptions): Reactor {
  const { portfolio, results, desk, timers, timeZone, setpointsBeforeMinutes } = options;
  const { aggregatorId } = portfolio;

  async function dispatch(window: Scheduled, context: CommandContext): Promise<void> {
    const { deliveryDay: day, deliveryStart: windowStart, mtuCount } = window;
    const period = deliveryDay(day, timeZone);
    const sold = rowsOfDay(await results.resultsOf(aggregatorId, day), period);
    const { setpoints, infeasible } = setpointsFor(
      {
        windowStart,
        firstMtu: (Date.parse(windowStart) - period.startMs) / MTU_MS,
        mtuCount,
        leadMinutes: setpointsBeforeMinutes,
      },
      sold,
      await portfolio.podsOn(day),
    );
    if (infeasible.length > 0) options.onInfeasible(windowStart, infeasible);
    if (setpoints.length > 0) await desk.issue(setpoints, aggregatorId, context);
  }

  return {
    name: `${aggregatorId}/dispatch`,
    types: ['SessionScheduled'],
    handle: async (event) => {
      const window = event.data as Scheduled;
      if (window.kind !== 'realTime') return;
      const atMs = Date.parse(window.deliveryStart) - setpointsBeforeMinutes * 60_000;
      const context = contextFrom(event, `dispatch/${aggregatorId}`, `aggregator:${aggregatorId}`);
      timers.at(atMs, `${aggregatorId}/dispatch/${window.sessionId}`, () =>
        dispatch(window, context),
      );
    },
  };
}
