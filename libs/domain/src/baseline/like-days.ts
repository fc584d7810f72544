/**
 * Days that resemble a delivery day: working days resemble working days, Saturdays Saturdays, and
 * Sundays other Sundays and holidays, as in the standard load profiles that the forecast uses.
 */
import type { BaselineRules, RulePack } from '../rule-pack/rule-pack';
import {
  addDays,
  dayOfWeek,
  deliveryDay as civilDayPeriod,
  quarterHoursOf,
} from '../time/delivery-day';

export type DayKind = 'working' | 'saturday' | 'sunday';

const SATURDAY = 6;
const SUNDAY = 7;
const DAYS_OF_WEEK = 7;
/** Quarter-hours of a day on which no clock changes. */
const ORDINARY_DAY = 96;

/** The kind of a civil day, ISO date; a holiday counts as a Sunday. */
export function dayKind(day: string, { holidays = [] }: Pick<BaselineRules, 'holidays'>): DayKind {
  const isHoliday = holidays.includes(day) || holidays.includes(day.slice('yyyy-'.length));
  const weekday = dayOfWeek(day);
  if (isHoliday || weekday === SUNDAY) return 'sunday';
  return weekday === SATURDAY ? 'saturday' : 'working';
}

/** Like days and clock times of one rule pack, each worked out once. */
export interface DayCalendar {
  /** Like days before a day within the rules' look-back, the latest first. */
  likeDaysBefore(day: string): readonly string[];
  /** Local clock quarter-hour, 0 to 95, of each MTU of a civil day. */
  quarterHoursOf(day: string): readonly number[];
}

export function createDayCalendar({
  timeZone,
  baseline: rules,
}: Pick<RulePack, 'timeZone' | 'baseline'>): DayCalendar {
  const likeDays = new Map<string, readonly string[]>();
  const quarterHours = new Map<string, readonly number[]>();
  return {
    likeDaysBefore: (day) => once(likeDays, day, () => likeDaysBefore(day, rules)),
    quarterHoursOf: (day) => once(quarterHours, day, () => quarterHoursOfDay(day, timeZone)),
  };
}

function once<Value>(known: Map<string, Value>, day: string, find: () => Value): Value {
  let value = known.get(day);
  if (value === undefined) known.set(day, (value = find()));
  return value;
}

function likeDaysBefore(day: string, rules: BaselineRules): string[] {
  const kind = dayKind(day, rules);
  const { lookBackDays = DAYS_OF_WEEK * rules.daysY } = rules;
  const days = Array.from({ length: lookBackDays }, (_, back) => addDays(day, -1 - back));
  return days.filter((other) => dayKind(other, rules) === kind);
}

/**
 * Civil days whose measurements and sales the baseline of a delivery day is computed from, earliest
 * first; none for methods that measure nothing. The delivery day and the day before are among them
 * where what went before an activation counts.
 */
export function historyDays(day: string, rules: BaselineRules): string[] {
  const { method, adjustmentMinutes } = rules;
  if (method === 'nominated' || method === 'zero') return [];
  const before = addDays(day, -1);
  const days = new Set<string>();
  const looksBeforeActivation = method === 'meterBefore' || adjustmentMinutes > 0;
  if (looksBeforeActivation) days.add(day).add(before);
  if (method !== 'meterBefore') {
    const compared = adjustmentMinutes > 0 ? [day, before] : [day];
    for (const one of compared) {
      for (const like of mostLikeDays(one, rules)) days.add(like);
    }
  }
  return [...days].sort();
}

/** Without activation days to leave out, the last Y like days are enough. */
function mostLikeDays(day: string, rules: BaselineRules): string[] {
  const days = likeDaysBefore(day, rules);
  return rules.excludeActivationDays ? days : days.slice(0, rules.daysY);
}

function quarterHoursOfDay(day: string, timeZone: string): number[] {
  const period = civilDayPeriod(day, timeZone);
  return period.mtuCount === ORDINARY_DAY
    ? Array.from({ length: ORDINARY_DAY }, (_, mtu) => mtu)
    : quarterHoursOf(period, timeZone);
}
