/** Figures, times and states as people read them, in the zone of the market. */
import { locale, t } from '../language/texts';

/** Formatters of the language that is spoken, each made once. */
function figures(decimals: number): Intl.NumberFormat {
  const name = `${locale()}/${decimals}`;
  const known = formatters.get(name);
  if (known) return known;
  const made = new Intl.NumberFormat(locale(), {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
    // As many in Italian write four digits too, so that columns line up.
    useGrouping: true,
  });
  formatters.set(name, made);
  return made;
}
const formatters = new Map<string, Intl.NumberFormat>();

const minus = (text: string): string => text.replace('-', '−');

/** `3,803`; `3.803` in Italian. */
export const count = (value: number): string => minus(figures(0).format(value));
/** `143.0` for 143,045 Wh. */
export const kWh = (energyWh: number): string => minus(figures(1).format(energyWh / 1_000));
/** `7.920` for 7,920 W. */
export const kW = (powerW: number): string => minus(figures(3).format(powerW / 1_000));
/** `EUR 21.21`; whole cents, as on an invoice. */
export const euro = (microEur: number): string =>
  `EUR ${minus(figures(2).format(microEur / 1_000_000))}`;
/** `EUR 21.212345`, for who looks closer. */
export const exactEuro = (microEur: number): string =>
  `EUR ${minus(figures(6).format(microEur / 1_000_000))}`;
/** `12.99` for 129,950 µEUR/kWh. */
export const centsPerKwh = (microEurPerKwh: number): string =>
  minus(figures(2).format(microEurPerKwh / 10_000));
/** `97 %` of what there was; `–` of nothing. */
export const percent = (part: number, of: number): string =>
  of === 0 ? '–' : `${Math.round((part / of) * 100)} %`;
/** `113.4 %` for 11,342 basis points. */
export const basisPoints = (value: number): string => `${figures(1).format(value / 100)} %`;
/** `1 request`, `2 requests` */
export const plural = (value: number, word: string, many = `${word}s`): string =>
  `${count(value)} ${value === 1 ? word : many}`;

/** `3 s`, `12 min`, `3 h 05 min`, `2 days`: how long, as exact as matters. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`;
  return t('{count} days', { count: Math.floor(hours / 24) });
}

/** `00:41:10` until something; whole days before it. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const days = Math.floor(seconds / 86_400);
  const parts = [Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  const clock = parts.map((part) => String(part).padStart(2, '0')).join(':');
  return days === 0 ? clock : `${days} d ${clock}`;
}

/** Times of a zone. */
export interface Zone {
  /** `19:30` */
  time(epochMs: number): string;
  /** `19:30:05` */
  clock(epochMs: number): string;
  /** `Tue 17 Mar` */
  day(epochMs: number): string;
  /** `Tue 17 Mar, 19:30` */
  dayAndTime(epochMs: number): string;
  /** `2026-03-17`, the civil day that an instant falls into. */
  civilDay(epochMs: number): string;
  /** `Rome, CET` */
  name(epochMs: number): string;
}

/** Formatters of a zone, made once. */
export function zoneOf(timeZone: string, of = locale()): Zone {
  const format = (options: Intl.DateTimeFormatOptions) => {
    const formatter = new Intl.DateTimeFormat(of, { timeZone, ...options });
    return (epochMs: number): string => formatter.format(epochMs);
  };
  const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const date = { weekday: 'short', day: 'numeric', month: 'short' } as const;
  const isoDay = new Intl.DateTimeFormat('en-CA', { timeZone });
  const short = new Intl.DateTimeFormat(of, { timeZone, timeZoneName: 'short' });
  const city = timeZone.split('/').at(-1)!.replaceAll('_', ' ');
  return {
    time: format(clock),
    clock: format({ ...clock, second: '2-digit' }),
    day: format(date),
    dayAndTime: format({ ...date, ...clock }),
    civilDay: (epochMs) => isoDay.format(epochMs),
    name(epochMs) {
      const part = short.formatToParts(epochMs).find(({ type }) => type === 'timeZoneName');
      return `${city}, ${part?.value ?? timeZone}`;
    },
  };
}

/** `Tuesday 17 March 2026`, of a civil day. */
export function dayName(date: string): string {
  return new Intl.DateTimeFormat(locale(), {
    timeZone: 'UTC',
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  })
    .format(Date.parse(`${date}T00:00:00Z`))
    .replace(',', '');
}

/** A day, week or month of the civil calendar: `2026-03-17`, `2026-W12`, `2026-03`. */
export function spanName(span: string): string {
  const [year, part = ''] = span.split('-');
  if (span.length === 10) return dayName(span);
  if (part.startsWith('W'))
    return t('week {week} of {year}', { week: Number(part.slice(1)), year });
  return new Intl.DateTimeFormat(locale(), {
    timeZone: 'UTC',
    month: 'long',
    year: 'numeric',
  }).format(Date.parse(`${span}-01T00:00:00Z`));
}

/** The civil day so many days later. */
export function dayAfter(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
