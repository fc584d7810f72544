/** Figures and days as people read them. */

const wholeNumbers = new Intl.NumberFormat('en-GB');

/** `3,803` */
export function count(value: number): string {
  return wholeNumbers.format(value);
}

/** `1 request`, `2 requests` */
export function plural(value: number, word: string): string {
  return `${count(value)} ${word}${value === 1 ? '' : 's'}`;
}

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
