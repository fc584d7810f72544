/** The delivery day: quarter-hour after quarter-hour, whatever processes its platforms run in. */
import {
  type DeliveryPeriod,
  type RulePack,
  addDays,
  civilDay,
  deliveryDay,
  mtuStartMs,
  periodEndMs,
} from '@flexledger/domain';
import type { Progress } from '@flexledger/terminal';
import type { Fleet } from './fleet';

/** The platforms of a day and their clock. */
export interface DayPlatforms {
  /** Runs what is due up to an instant, each timer followed by all that follows from it. */
  advanceTo(untilMs: number): Promise<void>;
  /** The same without what follows: the day's next step comes between. */
  reach(untilMs: number): Promise<void>;
  /** Lets everything happen that follows from what stands in the log. */
  settle(): Promise<void>;
  /** Waits for so many packets, or reports, of nodes, and records them. */
  collect(what: 'measurements' | 'reports', count: number): Promise<void>;
}

export interface RunningDay {
  readonly platforms: DayPlatforms;
  readonly fleet: Fleet;
  readonly period: DeliveryPeriod;
  readonly rules: RulePack;
  readonly progress: Progress;
  /** Called as each quarter-hour begins. */
  readonly onQuarterHour?: (mtu: number) => void;
}

/** The day ends so long after the last settlement is due. */
const AFTERMATH_MS = 30 * 60_000;

/** When a simulated day is over: its last settlement, and what follows from that. */
function dayOverMs(period: DeliveryPeriod, { settlement }: RulePack): number {
  return periodEndMs(period) + settlement.afterMinutes * 60_000 + AFTERMATH_MS;
}

/** The last civil day that was over by an instant, settlement and all: yesterday, but for an hour or two after midnight. */
export function lastWholeDay(nowMs: number, rules: RulePack): string {
  const { timeZone } = rules;
  let day = addDays(civilDay(nowMs, timeZone), -1);
  while (dayOverMs(deliveryDay(day, timeZone), rules) > nowMs) day = addDays(day, -1);
  return day;
}

/** Runs it from the morning before to the last settlement. */
export async function runDay(day: RunningDay): Promise<void> {
  const { platforms, fleet, period, rules, progress, onQuarterHour } = day;
  await platforms.collect('reports', fleet.size);
  for (let mtu = 0; mtu < period.mtuCount; mtu += 1) {
    onQuarterHour?.(mtu);
    await platforms.advanceTo(mtuStartMs(period, mtu));
    progress.update(2 + mtu, `delivery, quarter-hour ${mtu + 1} of ${period.mtuCount}`);
    await fleet.beginQuarterHour(mtu);
    const endMs = mtuStartMs(period, mtu + 1);
    await platforms.advanceTo(endMs - 1);
    await platforms.reach(endMs);
    await fleet.closeQuarterHour(mtu);
    await platforms.collect('measurements', fleet.size);
    await platforms.settle();
  }
  progress.update(period.mtuCount + 2, 'settlement');
  await platforms.advanceTo(dayOverMs(period, rules));
}
