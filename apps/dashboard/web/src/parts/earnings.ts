/** What settlements came to by day, week or month of delivery. */
import type { Schemas } from '@flexledger/api-client';

export type Settled = Pick<
  Schemas['SettledSession'],
  'deliveryDay' | 'acceptedWh' | 'deliveredWh' | 'paidMicroEur' | 'penaltyMicroEur'
>;

export const SPANS = ['day', 'week', 'month'] as const;
export type Span = (typeof SPANS)[number];

export interface Earning {
  /** `2026-03-17`, `2026-W12`, `2026-03`. */
  readonly key: string;
  readonly sessions: number;
  readonly acceptedWh: number;
  readonly deliveredWh: number;
  readonly paidMicroEur: number;
  readonly penaltyMicroEur: number;
}

const DAY_MS = 86_400_000;

/** The last first; days on which nothing was settled are left out. */
export function earningsBy(sessions: readonly Settled[], span: Span): readonly Earning[] {
  const found = new Map<string, Earning>();
  for (const session of sessions) {
    const key = keyOf(session.deliveryDay, span);
    const before = found.get(key);
    const sum = (name: keyof Omit<Settled, 'deliveryDay'>): number =>
      (before?.[name] ?? 0) + session[name];
    found.set(key, {
      key,
      sessions: (before?.sessions ?? 0) + 1,
      acceptedWh: sum('acceptedWh'),
      deliveredWh: sum('deliveredWh'),
      paidMicroEur: sum('paidMicroEur'),
      penaltyMicroEur: sum('penaltyMicroEur'),
    });
  }
  return [...found.values()].sort((a, b) => b.key.localeCompare(a.key));
}

function keyOf(day: string, span: Span): string {
  if (span === 'day') return day;
  return span === 'month' ? day.slice(0, 7) : isoWeekOf(day);
}

/** `2026-W12`: the week of the year that has its Thursday. */
function isoWeekOf(day: string): string {
  const atMs = Date.parse(day);
  const weekday = (new Date(atMs).getUTCDay() + 6) % 7;
  const thursday = new Date(atMs + (3 - weekday) * DAY_MS);
  const year = thursday.getUTCFullYear();
  const week = 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * DAY_MS));
  return `${year}-W${String(week).padStart(2, '0')}`;
}

/** `2026-03` and those after it up to the month of `to`; the last `most` of them. */
export function monthsOf(from: string, to: string, most: number): readonly string[] {
  const months: string[] = [];
  const index = (day: string): number => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1;
  for (let at = Math.max(index(from), index(to) - most + 1); at <= index(to); at += 1) {
    months.push(`${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')}`);
  }
  return months;
}
