/** Instants in the form of the log, ISO 8601 UTC with milliseconds: every row has two, and nearly all say the same day. */

/** Epoch milliseconds as ISO 8601 UTC with milliseconds. */
export function isoFromMs(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** As `Date.parse`, and quicker for an instant in the form of the log. */
export function msFromIso(text: string): number {
  return writtenMs(text) ?? Date.parse(text);
}

/** Whether a text is an instant in the form of the log. */
export function isInstant(text: string): boolean {
  if (writtenMs(text) !== undefined) return true;
  const epochMs = Date.parse(text);
  return !Number.isNaN(epochMs) && isoFromMs(epochMs) === text;
}

const WRITTEN = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;
const DAY_LENGTH = 'yyyy-mm-dd'.length;
const DIGIT_0 = 0x30;

/** The day that was asked for last, and when it begins. */
let lastDay = { text: '', beginsMs: NaN };

/** Undefined where a text is in another form, or names no day of the calendar. */
function writtenMs(text: string): number | undefined {
  if (!WRITTEN.test(text)) return undefined;
  if (!text.startsWith(lastDay.text) || lastDay.text === '') {
    const day = text.slice(0, DAY_LENGTH);
    const beginsMs = Date.parse(day);
    // Of a day that its month does not have `Date` makes one of the next month.
    if (Number.isNaN(beginsMs) || !isoFromMs(beginsMs).startsWith(day)) return undefined;
    lastDay = { text: day, beginsMs };
  }
  const digit = (at: number): number => text.charCodeAt(at) - DIGIT_0;
  const two = (at: number): number => 10 * digit(at) + digit(at + 1);
  const minutes = 60 * two(11) + two(14);
  return lastDay.beginsMs + 1_000 * (60 * minutes + two(17)) + 100 * digit(20) + two(21);
}
