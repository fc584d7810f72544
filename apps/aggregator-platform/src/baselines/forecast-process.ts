/**
 * The third way to a baseline, a forecast from typical consumption (D3.3 A.2.2): for customers without
 * a baseline for a delivery day, the mean of the same quarter-hour on the like days measured last,
 * declared when the day-ahead gate opens. What was never measured is not made up: such customers are
 * told, and stay out of the market until somebody declares a baseline for them.
 */
import {
  type BaselineRules,
  type MeteringSource,
  type PodDay,
  type RulePack,
  type Schedule,
  createDayCalendar,
  deliveryDay as civilDayPeriod,
  historyDays,
  meanOfLikeDays,
  MTU_MS,
} from '@flexledger/domain';
import type { Processor } from '@flexledger/event-store';
import type { Aggregator } from '../aggregator';
import { type Bidders, armForEach } from '../bidders';
import type { PersistentTasks } from '../persistent-tasks';
import type { DeclaredBaseline } from './baseline-declarations';

export interface ForecastProcessOptions {
  readonly bidders: Bidders;
  readonly tasks: Pick<PersistentTasks, 'arm'>;
  readonly rules: Pick<RulePack, 'timeZone' | 'baseline'>;
  /** The forecast is made so many minutes after the gate opens. */
  readonly delayMinutes: number;
  /** Told of customers that could not be forecast, or whose baseline was refused. */
  readonly onMissing: (
    aggregatorId: string,
    deliveryDay: string,
    podIds: readonly string[],
    reason: string,
  ) => void;
  readonly replayAfter: () => Promise<number>;
}

/** One like day is better than none, ten are enough. */
const TYPICAL = { daysX: 1, daysY: 10 };

/**
 * Forecasts the baselines of every delivery day. It tries until that day is over: real-time sessions
 * sell until then.
 */
export function createForecastProcess(options: ForecastProcessOptions): Processor {
  const { rules, delayMinutes, onMissing, replayAfter } = options;

  async function forecast(aggregator: Aggregator, day: string): Promise<void> {
    const { aggregatorId, portfolio, metering } = aggregator;
    const { withoutBaseline: podIds } = await portfolio.on(day);
    if (podIds.length === 0) return;
    const baselines = await typicalBaselines(day, podIds, { metering, rules });
    const answers = await aggregator.baselines.declare(baselines, 'forecast');
    const known = new Set(baselines.map(({ podId }) => podId));
    const unknown = podIds.filter((podId) => !known.has(podId));
    if (unknown.length > 0)
      onMissing(aggregatorId, day, unknown, 'no like day was measured in full');
    for (const answer of answers) {
      if (!answer.accepted) onMissing(aggregatorId, day, [answer.podId], answer.reason);
    }
  }

  return {
    name: 'aggregators/forecast',
    types: ['SessionScheduled'],
    replayAfter,
    handle: async (event) => {
      const { kind, sessionId, deliveryDay, gateOpensAt } = event.data as Schedule;
      if (kind !== 'dayAhead') return;
      const { startMs, mtuCount } = civilDayPeriod(deliveryDay, rules.timeZone);
      const task = {
        name: `forecast/${sessionId}`,
        atMs: Date.parse(gateOpensAt) + delayMinutes * 60_000,
        untilMs: startMs + mtuCount * MTU_MS,
      };
      armForEach(task, options, (aggregator) => forecast(aggregator, deliveryDay));
    },
  };
}

/** Means of like days, of the PoDs that have any; in the order given. */
export async function typicalBaselines(
  day: string,
  podIds: readonly string[],
  {
    metering,
    rules,
  }: Pick<ForecastProcessOptions, 'rules'> & { readonly metering: MeteringSource },
): Promise<DeclaredBaseline[]> {
  const { timeZone, baseline } = rules;
  const typical: BaselineRules = {
    ...TYPICAL,
    method: 'rollingWorkingDays',
    adjustmentMinutes: 0,
    ...(baseline.holidays ? { holidays: baseline.holidays } : {}),
  };
  const measured: (readonly [string, ReadonlyMap<string, readonly (number | null)[]>])[] = [];
  for (const like of historyDays(day, typical)) {
    const { startMs, mtuCount } = civilDayPeriod(like, timeZone);
    measured.push([like, await metering.measuredW(podIds, startMs, mtuCount)]);
  }
  const calendar = createDayCalendar({ timeZone, baseline: typical });
  return podIds.flatMap((podId) => {
    const days = new Map<string, PodDay>(
      measured.map(([like, ofPods]) => [like, { measuredW: ofPods.get(podId) ?? [] }]),
    );
    const { meanW } = meanOfLikeDays(day, calendar, typical, days);
    return meanW ? [{ podId, deliveryDay: day, baselineW: meanW }] : [];
  });
}
