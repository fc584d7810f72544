/**
 * What settlement has to know of meters (flow 8), and how it is gathered: as a port, because the
 * market and an aggregator that checks the market each ask their own records.
 */
import { historyDays } from '../baseline/like-days';
import type { RulePack } from '../rule-pack/rule-pack';
import { addDays, deliveryDay as civilDayPeriod } from '../time/delivery-day';

/** Baselines and measurements of PoDs. A PoD of which nothing is known is missing in an answer. */
export interface MeteringSource {
  /** Declared baselines of a delivery day by PoD, W by MTU of the day. */
  baselinesOf(
    podIds: readonly string[],
    day: string,
  ): Promise<ReadonlyMap<string, readonly number[]>>;
  /** Mean power by MTU from an instant on, null where nothing was measured. */
  measuredW(
    podIds: readonly string[],
    startMs: number,
    mtuCount: number,
  ): Promise<ReadonlyMap<string, readonly (number | null)[]>>;
  /** By MTU of a civil day, whether the PoD had sold flexibility for it in any session. */
  activatedOn(
    podIds: readonly string[],
    day: string,
  ): Promise<ReadonlyMap<string, readonly boolean[]>>;
}

/** A civil day that a baseline is computed from, by PoD. */
export interface HistoryDay {
  /** ISO date. */
  readonly day: string;
  /** W by MTU of the day. */
  readonly measured: ReadonlyMap<string, readonly (number | null)[]>;
  /** Asked only where it counts, and not of the delivery day itself: its sessions say it. */
  readonly activated: ReadonlyMap<string, readonly boolean[]>;
}

/** Everything metered that one settlement rests on. */
export interface SettlementMetering {
  /** Declared baselines of the delivery day, W by MTU of the day. */
  readonly baselines: ReadonlyMap<string, readonly number[]>;
  /** Mean W by MTU of the session. */
  readonly measured: ReadonlyMap<string, readonly (number | null)[]>;
  /** The days of `historyDays`; none where the pack's baseline measures nothing. */
  readonly history: readonly HistoryDay[];
}

const NOTHING_SOLD: HistoryDay['activated'] = new Map();

/** Asks a source for all that the settlement of a session rests on. */
export async function gatherMetering(
  source: MeteringSource,
  podIds: readonly string[],
  session: { readonly deliveryDay: string; readonly startMs: number; readonly mtuCount: number },
  { timeZone, baseline }: Pick<RulePack, 'timeZone' | 'baseline'>,
): Promise<SettlementMetering> {
  const { deliveryDay, startMs, mtuCount } = session;
  const dayBefore = addDays(deliveryDay, -1);
  const history: HistoryDay[] = [];
  for (const day of historyDays(deliveryDay, baseline)) {
    const period = civilDayPeriod(day, timeZone);
    const measured = await source.measuredW(podIds, period.startMs, period.mtuCount);
    const asksSales = day === dayBefore || (baseline.excludeActivationDays && day !== deliveryDay);
    const activated = asksSales ? await source.activatedOn(podIds, day) : NOTHING_SOLD;
    history.push({ day, measured, activated });
  }
  return {
    baselines: await source.baselinesOf(podIds, deliveryDay),
    measured: await source.measuredW(podIds, startMs, mtuCount),
    history,
  };
}
