/**
 * The ex-ante baseline from measured days (D3.5 section 3.1.4): for each MTU the mean of the same
 * local quarter-hour on the X days with the highest daily energy among the last Y like days. What is
 * not known is never guessed: a day counts when all of its MTUs were measured.
 */
import type { BaselineRules } from '../rule-pack/rule-pack';
import { divideHalfEven } from '../units/units';
import type { DayCalendar } from './like-days';

/** One PoD on one civil day, by MTU of that day. */
export interface PodDay {
  /** Mean power in W, null where nothing was measured. */
  readonly measuredW: readonly (number | null)[];
  /** True where the PoD had sold flexibility; absent when it had sold none. */
  readonly activated?: readonly boolean[];
}

export interface MeanOfDays {
  /** Of the last Y like days, those measured in full. */
  readonly known: number;
  /** W by MTU; undefined when fewer than X days are known. */
  readonly meanW: readonly number[] | undefined;
}

/** Quarter-hours on the face of a clock. */
const QUARTER_HOURS = 96;

interface KnownDay {
  readonly day: string;
  /** W by local quarter-hour; NaN where the clock leaps over it. */
  readonly byQuarterHour: Float64Array;
  /** Net energy of the day in W·MTU, its sign left out: consumption or generation. */
  readonly energyWMtu: number;
}

/**
 * The mean of like days before `day`.
 *
 * @param days of one PoD by ISO date; days that are absent are not known
 */
export function meanOfLikeDays(
  day: string,
  calendar: DayCalendar,
  rules: BaselineRules,
  days: ReadonlyMap<string, PodDay>,
): MeanOfDays {
  const candidates = calendar
    .likeDaysBefore(day)
    .filter((like) => !(rules.excludeActivationDays && isActivationDay(days.get(like))));
  const compared = candidates.slice(0, rules.daysY);
  const known = compared.flatMap((like) =>
    knownDay(like, calendar.quarterHoursOf(like), days.get(like)?.measuredW ?? []),
  );
  if (known.length < rules.daysX) return { known: known.length, meanW: undefined };
  const chosen =
    rules.method === 'meanXOfY' ? [...known].sort(byEnergyThenLatest).slice(0, rules.daysX) : known;
  return { known: known.length, meanW: meanByMtu(calendar.quarterHoursOf(day), chosen) };
}

function isActivationDay(podDay: PodDay | undefined): boolean {
  return podDay?.activated?.includes(true) ?? false;
}

function byEnergyThenLatest(one: KnownDay, other: KnownDay): number {
  return other.energyWMtu - one.energyWMtu || (one.day < other.day ? 1 : -1);
}

function knownDay(
  day: string,
  quarterHours: readonly number[],
  measuredW: readonly (number | null)[],
): KnownDay[] {
  if (measuredW.length !== quarterHours.length) return [];
  const sums = new Float64Array(QUARTER_HOURS);
  const counts = new Float64Array(QUARTER_HOURS);
  let energyWMtu = 0;
  for (const [mtu, watts] of measuredW.entries()) {
    if (watts === null) return [];
    sums[quarterHours[mtu]!]! += watts;
    counts[quarterHours[mtu]!]! += 1;
    energyWMtu += watts;
  }
  // In autumn an hour of the clock comes twice; the day's value is the mean of both.
  const byQuarterHour = sums.map((sum, quarterHour) =>
    counts[quarterHour] === 0 ? NaN : meanHalfEven(sum, counts[quarterHour]!),
  );
  return [{ day, byQuarterHour, energyWMtu: Math.abs(energyWMtu) }];
}

/** Undefined where an MTU's quarter-hour is on none of the days. */
function meanByMtu(
  quarterHours: readonly number[],
  chosen: readonly KnownDay[],
): number[] | undefined {
  const meanW: number[] = [];
  for (const quarterHour of quarterHours) {
    const values = chosen
      .map(({ byQuarterHour }) => byQuarterHour[quarterHour]!)
      .filter((watts) => !Number.isNaN(watts));
    if (values.length === 0) return undefined;
    meanW.push(
      meanHalfEven(
        values.reduce((sum, watts) => sum + watts, 0),
        values.length,
      ),
    );
  }
  return meanW;
}

/** Mean of whole numbers by their sum, a whole number, half to even. */
export function meanHalfEven(sum: number, count: number): number {
  return Number(divideHalfEven(BigInt(sum), BigInt(count)));
}
