import type { RulePack } from '@flexledger/domain';
import type { Processor } from '@flexledger/event-store';
import type { Aggregator } from './aggregator';
import { createForecastProcess } from './baselines/forecast-process';
import { createDispatchProcess } from './dispatch/dispatch-process';
import type { DispatchReports } from './dispatch/dispatch-reports';
import { createOfferProcess } from './offer-building/offer-process';
import type { PersistentTasks } from './persistent-tasks';
import type { AggregatorPolicy } from './policy';
import { createSettlementCheck } from './settlement-check/settlement-check';

export interface AggregatorProcessorsOptions {
  readonly aggregator: Aggregator;
  readonly reports: DispatchReports;
  readonly tasks: PersistentTasks;
  readonly replayAfter: () => Promise<number>;
  readonly rules: RulePack;
  readonly policy: AggregatorPolicy;
  readonly onProblem: (problem: string) => void;
}

/** What an aggregator does by itself: forecast, offers, dispatch, check of settlements, in this order. */
export function aggregatorProcessors(options: AggregatorProcessorsOptions): readonly Processor[] {
  const { aggregator, reports, tasks, replayAfter, rules, policy, onProblem } = options;
  const { aggregatorId, portfolio, metering, baselines, offers, ports } = aggregator;
  const { results, setpoints } = ports;
  const tell = (problem: string): void => onProblem(`${aggregatorId}: ${problem}`);
  return [
    createForecastProcess({
      portfolio,
      metering,
      baselines,
      tasks,
      rules,
      delayMinutes: policy.forecastMinutes,
      onMissing: (day, podIds, reason) =>
        tell(`${podIds.length} PoDs without a baseline for ${day} (${podIds[0]} ...): ${reason}`),
      replayAfter,
    }),
    createOfferProcess({
      aggregatorId,
      offers,
      tasks,
      delayMinutes: policy.offerMinutes,
      replayAfter,
    }),
    createDispatchProcess({ portfolio, results, setpoints, reports, tasks, rules, replayAfter }),
    createSettlementCheck({ aggregatorId, results, metering, rules, onProblem: tell }),
  ];
}
