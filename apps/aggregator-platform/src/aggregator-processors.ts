import type { RulePack } from '@flexledger/domain';
import type { Processor } from '@flexledger/event-store';
import type { Views } from '@flexledger/projections';
import type { Clock } from '@flexledger/runtime';
import { createAlarmProcess } from './alarms/alarm-process';
import type { Alarms } from './alarms/alarms';
import { createWatchProcess } from './alarms/watch-process';
import { createForecastProcess } from './baselines/forecast-process';
import type { Bidders } from './bidders';
import { createDispatchProcess } from './dispatch/dispatch-process';
import type { DispatchReports } from './dispatch/dispatch-reports';
import { createOfferProcess } from './offer-building/offer-process';
import type { PersistentTasks } from './persistent-tasks';
import type { AggregatorPolicy } from './policy';
import { createSettlementCheck } from './settlement-check/settlement-check';

export interface AggregatorProcessorsOptions {
  readonly bidders: Bidders;
  readonly alarms: Alarms;
  readonly views: Pick<Views, 'documents' | 'caughtUp'>;
  readonly clock: Clock;
  readonly reports: DispatchReports;
  readonly tasks: PersistentTasks;
  readonly replayAfter: () => Promise<number>;
  readonly rules: RulePack;
  readonly policy: AggregatorPolicy;
  readonly onProblem: (problem: string) => void;
}

/** What aggregators do by themselves: forecast, offers, dispatch, alarms, check of settlements, in this order. */
export function aggregatorProcessors(options: AggregatorProcessorsOptions): readonly Processor[] {
  const { bidders, alarms, views, clock, reports, tasks, replayAfter, rules, policy, onProblem } =
    options;
  return [
    createForecastProcess({
      bidders,
      tasks,
      rules,
      delayMinutes: policy.forecastMinutes,
      onMissing: (aggregatorId, day, podIds, reason) =>
        onProblem(
          `${aggregatorId}: ${podIds.length} PoDs without a baseline for ${day} ` +
            `(${podIds[0]} ...): ${reason}`,
        ),
      replayAfter,
    }),
    createOfferProcess({ bidders, tasks, delayMinutes: policy.offerMinutes, replayAfter }),
    createDispatchProcess({ bidders, reports, tasks, rules, replayAfter }),
    createAlarmProcess({ alarms, views, clock, policy }),
    createWatchProcess({ alarms, bidders, views, tasks, rules, policy, replayAfter }),
    createSettlementCheck({
      bidders,
      rules,
      onProblem: (aggregatorId, problem) => onProblem(`${aggregatorId}: ${problem}`),
    }),
  ];
}
