import {
  type MarketSessionEvent,
  type OutcomeRow,
  type Setpoint,
  MTU_MINUTES,
  deliveryDay,
  rowInPeriod,
} from '@flexledger/domain';
import { type CommandContext, type Reactor, contextFrom } from '@flexledger/event-store';
import type { Timers } from '@flexledger/runtime';
import type { Portfolio } from '../portfolio/portfolio';
import { setpointsFor } from './setpoints';

/** What the aggregator has been told it sold (flow 5). */
export interface SoldResults {
  /** Published rows of this aggregator for a delivery day, with their session's start. */
  resultsOf(
    aggregatorId: string,
    deliveryDay: string,
  ): Promise<readonly { readonly deliveryStart: string; readonly rows: readonly OutcomeRow[] }[]>;
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
}

const MTU_MS = MTU_MINUTES * 60_000;
type Scheduled = Extract<MarketSessionEvent, { type: 'SessionScheduled' }>['data'];

/** Sends the setpoints of every real-time window, so long before it starts (FR_AP_A_3). */
export function createDispatchProcess(options: DispatchProcessOptions): Reactor {
  const { portfolio, results, desk, timers, timeZone, setpointsBeforeMinutes } = options;
  const { aggregatorId } = portfolio;

  async function dispatch(window: Scheduled, context: CommandContext): Promise<void> {
    const startMs = Date.parse(window.deliveryStart);
    const sold = (await results.resultsOf(aggregatorId, window.deliveryDay)).flatMap((result) => {
      const shift = (startMs - Date.parse(result.deliveryStart)) / MTU_MS;
      return result.rows.flatMap((row) => {
        const part = rowInPeriod(row, shift, window.mtuCount);
        return part ? [{ ...part.row, firstMtu: part.offset }] : [];
      });
    });
    if (sold.length === 0) return;
    const day = deliveryDay(window.deliveryDay, timeZone);
    const firstMtu = (startMs - day.startMs) / MTU_MS;
    const baselines = new Map(
      (await portfolio.podsOn(window.deliveryDay)).map((pod) => [
        pod.podId,
        pod.baselineW.slice(firstMtu, firstMtu + window.mtuCount),
      ]),
    );
    const setpoints = setpointsFor(window.deliveryStart, window.mtuCount, sold, baselines);
    await desk.issue(setpoints, aggregatorId, context);
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
