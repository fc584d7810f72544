import { type Schedule, type RulePack, deliveryDay, rowsOfDay, MTU_MS } from '@flexledger/domain';
import { type CommandContext, type Processor, contextFrom } from '@flexledger/event-store';
import type { ResultsPort, SetpointsPort } from '@flexledger/ports';
import type { PersistentTasks } from '../persistent-tasks';
import type { Portfolio } from '../portfolio/portfolio';
import type { DispatchReports } from './dispatch-reports';
import { type Dispatch, setpointsFor } from './setpoints';
import { setpointWindows } from './setpoint-windows';

export interface DispatchProcessOptions {
  readonly portfolio: Portfolio;
  /** What the aggregator has been told it sold (flow 5). */
  readonly results: Pick<ResultsPort, 'resultsOf'>;
  /** Where setpoints go (flow 6). */
  readonly setpoints: SetpointsPort;
  /** Told of every window: what was sold and cannot be delivered as sold is never hidden. */
  readonly reports: DispatchReports;
  readonly tasks: Pick<PersistentTasks, 'arm'>;
  readonly rules: Pick<RulePack, 'timeZone' | 'calendar'>;
  readonly replayAfter: () => Promise<number>;
}

/** A real-time session as a window of setpoints. */
type SetpointWindow = Pick<Schedule, 'deliveryDay' | 'deliveryStart' | 'mtuCount'>;

/**
 * Sends the setpoints of every real-time window, so long before it starts (FR_AP_A_3). It tries until
 * the window is over: plants can follow what is left of it.
 */
export function createDispatchProcess(options: DispatchProcessOptions): Processor {
  const { portfolio, reports, tasks, rules, replayAfter } = options;
  const { aggregatorId } = portfolio;

  async function dispatch(window: Schedule, context: CommandContext): Promise<void> {
    const { deliveryStart: windowStart } = window;
    if (await reports.isReported(aggregatorId, windowStart)) return;
    const { setpoints, infeasible } = await dispatchOf(window, options);
    if (setpoints.length > 0) await options.setpoints.issue(setpoints, aggregatorId, context);
    const report = { aggregatorId, windowStart, setpoints: setpoints.length, infeasible };
    const { commandId } = context;
    await reports.report(report, { ...context, commandId: `${commandId}/report` });
  }

  return {
    name: `${aggregatorId}/dispatch`,
    types: ['SessionScheduled'],
    replayAfter,
    handle: async (event) => {
      const window = event.data as Schedule;
      if (window.kind !== 'realTime') return;
      const leadMs = rules.calendar.setpointsBeforeMinutes * 60_000;
      const context = contextFrom(event, `dispatch/${aggregatorId}`, `aggregator:${aggregatorId}`);
      const startMs = Date.parse(window.deliveryStart);
      tasks.arm({
        name: `${aggregatorId}/dispatch/${window.sessionId}`,
        atMs: startMs - leadMs,
        untilMs: startMs + window.mtuCount * MTU_MS,
        run: () => dispatch(window, context),
      });
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
  return setpointsFor(window, sold, (await portfolio.on(day)).pods);
}
