/** Figures and times as people read them. */

const wholeNumbers = new Intl.NumberFormat('en-GB');
const oneDecimal = new Intl.NumberFormat('en-GB', {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const euros = new Intl.NumberFormat('en-GB', { style: 'currency', currency: 'EUR' });

/** `3,803` */
export function count(value: number): string {
  return wholeNumbers.format(value);
}

/** `143.0` for 143,045 Wh. */
export function kWh(energyWh: number): string {
  return oneDecimal.format(energyWh / 1_000);
}

/** `7.9` for 7,920 W. */
export function kW(powerW: number): string {
  return oneDecimal.format(powerW / 1_000);
}

/** `€21.21`; whole cents, as on an invoice. */
export function euro(microEur: number): string {
  return euros.format(microEur / 1_000_000);
}

/** `97 %` */
export function percent(part: number, whole: number): string {
  return `${Math.round((part / whole) * 100)} %`;
}

/** `1 request`, `2 requests` */
export function plural(value: number, word: string): string {
  return `${count(value)} ${word}${value === 1 ? '' : 's'}`;
}

/** Formatters in the zone of the market. */
export function zoneWords(timeZone: string) {
  const format = (options: Intl.DateTimeFormatOptions) => {
    const formatter = new Intl.DateTimeFormat('en-GB', { timeZone, ...options });
    return (epochMs: number): string => formatter.format(epochMs);
  };
  const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  return {
    /** `19:30` */
    time: format(clock),
    /** `Tue 17 Mar, 19:30` */
    dayAndTime: format({ weekday: 'short', day: 'numeric', month: 'short', ...clock }),
  };
}

export type ZoneWords = ReturnType<typeof zoneWords>;

/** `Tuesday 17 March 2026`, of a civil day. */
export function dayName(date: string): string {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone: 'UTC',
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  })
    .format(Date.parse(`${date}T00:00:00Z`))
    .replace(',', '');
}
