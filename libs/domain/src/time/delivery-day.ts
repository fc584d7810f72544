import { Temporal } from '@js-temporal/polyfill';

/** Length of a market time unit. */
export const MTU_MINUTES = 15;
export const MTU_MS = MTU_MINUTES * 60_000;

/**
 * A delivery period: MTUs are UTC instants, 15 minutes long, from `startMs` on. A civil day in the
 * market's time zone has 96, 92 (spring) or 100 (autumn) of them (DESIGN 5).
 */
export interface DeliveryPeriod {
  readonly startMs: number;
  readonly mtuCount: number;
}

/**
 * The MTUs of a civil day.
 *
 * @param day ISO date, `2026-03-29`
 * @throws RangeError when the date or the time zone does not exist
 */
export function deliveryDay(day: string, timeZone: string): DeliveryPeriod {
  const date = Temporal.PlainDate.from(day);
  return periodBetween(
    date.toZonedDateTime(timeZone).epochMilliseconds,
    date.add({ days: 1 }).toZonedDateTime(timeZone).epochMilliseconds,
  );
}

/**
 * The k-th window of a civil day between local hours: `windowHours` k to `windowHours` (k + 1).
 * Windows keep their local boundaries on clock-change days and then hold 12 or 20 MTUs.
 */
export function deliveryWindow(
  day: string,
  k: number,
  windowHours: number,
  timeZone: string,
): DeliveryPeriod {
  const date = Temporal.PlainDate.from(day);
  const boundaryMs = (hour: number): number =>
    hour === 24
      ? date.add({ days: 1 }).toZonedDateTime(timeZone).epochMilliseconds
      : date.toZonedDateTime({ timeZone, plainTime: Temporal.PlainTime.from({ hour }) })
          .epochMilliseconds;
  return periodBetween(boundaryMs(windowHours * k), boundaryMs(windowHours * (k + 1)));
}

/** The instant of a local clock time, `dayOffset` days from a civil day. */
export function localTimeMs(
  day: string,
  dayOffset: number,
  time: string,
  timeZone: string,
): number {
  return Temporal.PlainDate.from(day)
    .add({ days: dayOffset })
    .toZonedDateTime({ timeZone, plainTime: Temporal.PlainTime.from(time) }).epochMilliseconds;
}

/** The civil day that holds an instant, as an ISO date. */
export function civilDay(epochMs: number, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(epochMs)
    .toZonedDateTimeISO(timeZone)
    .toPlainDate()
    .toString();
}

/** ISO date plus days. */
export function addDays(day: string, days: number): string {
  return Temporal.PlainDate.from(day).add({ days }).toString();
}

/** 0 for 1970-01-01. */
export function daysSinceEpoch(day: string): number {
  return Temporal.PlainDate.from('1970-01-01').until(day, { largestUnit: 'days' }).days;
}

/** Monday = 1 ... Sunday = 7 (ISO 8601). */
export function dayOfWeek(day: string): number {
  return Temporal.PlainDate.from(day).dayOfWeek;
}

/** 1 for 1 January. */
export function dayOfYear(day: string): number {
  return Temporal.PlainDate.from(day).dayOfYear;
}

/** Start of the i-th MTU of a period, epoch milliseconds. */
export function mtuStartMs(period: DeliveryPeriod, index: number): number {
  return period.startMs + index * MTU_MS;
}

/** Start of the MTU that holds an instant. */
export function mtuHolding(epochMs: number): number {
  return Math.floor(epochMs / MTU_MS) * MTU_MS;
}

/** Index of the MTU that starts at an instant, or -1 outside the period. */
export function mtuIndex(period: DeliveryPeriod, startMs: number): number {
  const index = (startMs - period.startMs) / MTU_MS;
  return Number.isInteger(index) && index >= 0 && index < period.mtuCount ? index : -1;
}

/** End of a period, epoch milliseconds. */
export function periodEndMs(period: DeliveryPeriod): number {
  return mtuStartMs(period, period.mtuCount);
}

/** Local quarter-hour of an instant, 0..95, by the wall clock of the zone. */
export function localQuarterHour(epochMs: number, timeZone: string): number {
  const local = Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(timeZone);
  return local.hour * 4 + Math.floor(local.minute / MTU_MINUTES);
}

/** MTUs of the longest civil day. Within one, no zone changes its offset and changes it back. */
const LONGEST_DAY_MTUS = 100;
const QUARTER_HOURS = 96;

/** Local clock quarter-hour, 0 to 95, of each MTU of a period. */
export function quarterHoursOf(period: DeliveryPeriod, timeZone: string): number[] {
  const { startMs, mtuCount } = period;
  const first = localQuarterHour(startMs, timeZone);
  const last = localQuarterHour(mtuStartMs(period, mtuCount - 1), timeZone);
  // A zone is asked for each MTU only on the two days of a year on which its clocks are set: that is slow.
  if (mtuCount <= LONGEST_DAY_MTUS && last === (first + mtuCount - 1) % QUARTER_HOURS) {
    return Array.from({ length: mtuCount }, (_, mtu) => (first + mtu) % QUARTER_HOURS);
  }
  return Array.from({ length: period.mtuCount }, (_, mtu) =>
    localQuarterHour(mtuStartMs(period, mtu), timeZone),
  );
}

/** `2026-03-16T23:00Z`: the form in which an instant stands in a stream name. */
export function instantInName(epochMs: number): string {
  return Temporal.Instant.fromEpochMilliseconds(epochMs).toString({ smallestUnit: 'minute' });
}

function periodBetween(startMs: number, endMs: number): DeliveryPeriod {
  return { startMs, mtuCount: (endMs - startMs) / MTU_MS };
}
