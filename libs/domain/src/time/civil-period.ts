import { Temporal } from '@js-temporal/polyfill';

/** Civil days one after another. */
export interface CivilPeriod {
  /** First day, ISO date. */
  readonly from: string;
  /** The day after the last. */
  readonly below: string;
}

/**
 * The days of a day, a week or a month, as ISO 8601 writes them: `2026-03-17`, `2026-W12`, `2026-03`.
 * Undefined for any other text, and for what no calendar has.
 */
export function civilPeriod(text: string): CivilPeriod | undefined {
  const [, year, week] = /^(\d{4})-W(\d{2})$/.exec(text) ?? [];
  if (week !== undefined) return weekOf(Number(year), Number(week));
  const isMonth = /^\d{4}-\d{2}$/.test(text);
  if (!isMonth && !/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  try {
    const first = Temporal.PlainDate.from(isMonth ? `${text}-01` : text, { overflow: 'reject' });
    const below = first.add(isMonth ? { months: 1 } : { days: 1 });
    return { from: first.toString(), below: below.toString() };
  } catch {
    return undefined;
  }
}

/** Week 1 holds 4 January; weeks begin on Mondays. */
function weekOf(year: number, week: number): CivilPeriod | undefined {
  const inFirst = Temporal.PlainDate.from({ year, month: 1, day: 4 });
  const monday = inFirst.add({ days: (week - 1) * 7 + 1 - inFirst.dayOfWeek });
  const isOfYear = monday.yearOfWeek === year && monday.weekOfYear === week;
  return isOfYear
    ? { from: monday.toString(), below: monday.add({ days: 7 }).toString() }
    : undefined;
}
