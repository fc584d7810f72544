/**
 * The days that are looked at: `from` and `to`, or the one `day`, in the address. Who goes on to another
 * page takes them along, so that all pages speak of the same days.
 */
export interface DayRange {
  readonly from: string;
  readonly to: string;
}

type Query = Readonly<Record<string, string | undefined>>;

/** True for `2026-03-17`. */
export const isDay = (text: string | undefined): text is string =>
  /^\d{4}-\d\d-\d\d$/.test(text ?? '') && !Number.isNaN(Date.parse(text!));

/** What links to other pages take along; what is no day is left behind. */
export function carriedOf({ day, from, to }: Query): Query {
  return {
    ...(isDay(day) && { day }),
    ...(isDay(from) && { from }),
    ...(isDay(to) && { to }),
  };
}

/** For a page that looks at one day: that one, else the last of those that are looked at. */
export function dayOf({ day, to }: Query): string | undefined {
  return [day, to].find(isDay);
}

/** For a page that looks at several; a beginning after the end is one day. `standing` where none is asked for. */
export function rangeOf({ day, from, to }: Query, standing: (to?: string) => DayRange): DayRange {
  const last = [to, day].find(isDay);
  const found = standing(last);
  const first = [from, to === undefined ? day : undefined].find(isDay) ?? found.from;
  return { from: first < found.to ? first : found.to, to: found.to };
}
