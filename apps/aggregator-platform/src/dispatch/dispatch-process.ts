import { type Schedule, type RulePack, deliveryDay, rowsOfDay, MTU_MS } from '@flexledger/domain';
import { type CommandContext, type Processor, contextFrom } from '@flexledger/event-store';
import type { Aggregator } from '../aggregator';
import { type Bidders, armForEach } from '../bidders';
import type { PersistentTasks } from '../persistent-tasks';
import type { DispatchReports } from './dispatch-reports';
import { type Dispatch, setpointsFor } from './setpoints';
import { setpointWindows } from './setpoint-windows';

export interface DispatchProcessOptions {
  /** Each with what it was told it sold (flow 5), and where its setpoints go (flow 6). */
  readonly bidders: Bidders;
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
  const { reports, rules, replayAfter } = options;

  async function dispatch(
    aggregator: Aggregator,
    window: Schedule,
    context: CommandContext,
  ): Promise<void> {
    const { aggregatorId, ports } = aggregator;
    const { deliveryStart: windowStart } = window;
    if (await reports.isReported(aggregatorId, windowStart)) return;
    const { setpoints, infeasible } = await dispatchOf(window, aggregator, rules);
    if (setpoints.length > 0) await ports.setpoints.issue(setpoints, aggregatorId, context);
    const report = { aggregatorId, windowStart, setpoints: setpoints.length, infeasible };
    const { commandId } = context;
    await reports.report(report, { ...context, commandId: `${commandId}/report` });
  }

  return {
    name: 'aggregators/dispatch',
    types: ['SessionScheduled'],
    replayAfter,
    handle: async (event) => {
      const window = event.data as Schedule;
      if (window.kind !== 'realTime') return;
      const leadMs = rules.calendar.setpointsBeforeMinutes * 60_000;
      const startMs = Date.parse(window.deliveryStart);
      const task = {
        name: `dispatch/${window.sessionId}`,
        atMs: startMs - leadMs,
        untilMs: startMs + window.mtuCount * MTU_MS,
      };
      armForEach(task, options, (aggregator) => {
        const { aggregatorId } = aggregator;
        const actor = `aggregator:${aggregatorId}`;
        const context = contextFrom(event, `dispatch/${aggregatorId}`, actor);
        return dispatch(aggregator, window, context);
      });
    },
  };
}

/** Setpoints of a window from all that was sold by now. */
async function dispatchOf(
  { deliveryDay: day, deliveryStart: windowStart, mtuCount }: SetpointWindow,
  { portfolio, ports: { results } }: Aggregator,
  rules: DispatchProcessOptions['rules'],
): Promise<Dispatch> {
  const period = deliveryDay(day, rules.timeZone);
  const sold = rowsOfDay(await results.resultsOf(portfolio.aggregatorId, day), period);
  const firstMtu = (Date.parse(windowStart) - period.startMs) / MTU_MS;
  const window = { windowStart, firstMtu, mtuCount, ...setpointWindows(day, rules) };
  return setpointsFor(window, sold, (await portfolio.on(day)).pods);
}
