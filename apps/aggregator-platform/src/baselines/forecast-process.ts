/**
 * The third way to a baseline, a forecast from typical consumption (D3.3 A.2.2): for customers without
 * a baseline for a delivery day, the mean of the same quarter-hour on the like days measured last,
 * declared when the day-ahead gate opens. What was never measured is not made up: such customers are
 * told, and stay out of the market until somebody declares a baseline for them.
 */
import {
  type BaselineRules,
  type MarketSessionEvent,
  type MeteringSource,
  type PodDay,
  type RulePack,
  createDayCalendar,
  deliveryDay as civilDayPeriod,
  historyDays,
  meanOfLikeDays,
} from '@flexledger/domain';
import type { Processor } from '@flexledger/event-store';
import type { Timers } from '@flexledger/runtime';
import type { Portfolio } from '../portfolio/portfolio';
import type { BaselineDesk, DeclaredBaseline } from './baseline-desk';

export interface ForecastProcessOptions {
  readonly portfolio: Portfolio;
  readonly metering: MeteringSource;
  readonly desk: BaselineDesk;
  readonly timers: Timers;
  readonly rules: Pick<RulePack, 'timeZone' | 'baseline'>;
  /** The forecast is made so long after the gate opens. */
  readonly delayMinutes: number;
  /** Told of customers that could not be forecast, or whose baseline was refused. */
  readonly onMissing: (deliveryDay: string, podIds: readonly string[], reason: string) => void;
}

/** One like day is better than none, ten are enough. */
const TYPICAL = { daysX: 1, daysY: 10 };

type Scheduled = Extract<MarketSessionEvent, { type: 'SessionScheduled' }>['data'];

/** The processor that forecasts the baselines of every delivery day. */
export function createForecastProcess(options: ForecastProcessOptions): Processor {
  const { portfolio, desk, timers, delayMinutes, onMissing } = options;
  const { aggregatorId } = portfolio;

  async function forecast(day: string): Promise<void> {
    const podIds = await portfolio.withoutBaseline(day);
    if (podIds.length === 0) return;
    const baselines = await typicalBaselines(day, podIds, options);
    const answers = await desk.declare(baselines, 'forecast');
    const known = new Set(baselines.map(({ podId }) => podId));
    const unknown = podIds.filter((podId) => !known.has(podId));
    if (unknown.length > 0) onMissing(day, unknown, 'no like day was measured in full');
    for (const answer of answers) {
      if (!answer.accepted) onMissing(day, [answer.podId], answer.reason);
    }
  }

  return {
    name: `${aggregatorId}/forecast`,
    types: ['SessionScheduled'],
    handle: async (event) => {
      const { kind, sessionId, deliveryDay, gateOpensAt } = event.data as Scheduled;
      if (kind !== 'dayAhead') return;
      const atMs = Date.parse(gateOpensAt) + delayMinutes * 60_000;
      timers.at(atMs, `${aggregatorId}/forecast/${sessionId}`, () => forecast(deliveryDay));
    },
  };
}

/** Means of like days, of the PoDs that have any; in the order given. */
export async function typicalBaselines(
  day: string,
  podIds: readonly string[],
  { metering, rules }: Pick<ForecastProcessOptions, 'metering' | 'rules'>,
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
