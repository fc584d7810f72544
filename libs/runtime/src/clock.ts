/** Time as a port: wall clock in production, virtual in simulation. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  nowMs(): number;
}

/** The clock's time as ISO 8601 UTC with milliseconds. */
export function isoNow(clock: Clock): string {
  return isoFromMs(clock.nowMs());
}

/** Epoch milliseconds as ISO 8601 UTC with milliseconds. */
export function isoFromMs(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** Date, time to the minute or finer, and the zone, without which a time is no instant (RFC 3339). */
const INSTANT =
  /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Texts that were read before, for the same quarter-hour comes from every meter, and each asks for it several times. */
const read = new Map<string, number>();
const READ_REMEMBERED = 1_000;
const LONGEST_REMEMBERED = 40;

/** An instant in ISO 8601 as epoch milliseconds; undefined for any other text, and for a day that there is not. */
export function instantMs(iso: string): number | undefined {
  const known = read.get(iso);
  if (known !== undefined) return known;
  const epochMs = readInstant(iso);
  if (epochMs === undefined || iso.length > LONGEST_REMEMBERED) return epochMs;
  if (read.size >= READ_REMEMBERED) read.clear();
  read.set(iso, epochMs);
  return epochMs;
}

function readInstant(iso: string): number | undefined {
  const day = INSTANT.exec(iso)?.[1];
  if (day === undefined) return undefined;
  const epochMs = Date.parse(iso);
  // `Date.parse` takes 30 February for 2 March.
  const isDay = Number(day.slice(8)) <= 28 || isoFromMs(Date.parse(day)).startsWith(day);
  return Number.isNaN(epochMs) || !isDay ? undefined : epochMs;
}

/** @returns epoch milliseconds. @throws RangeError for what `instantMs` does not take for an instant */
export function msFromIso(iso: string): number {
  const epochMs = instantMs(iso);
  if (epochMs === undefined) {
    throw new RangeError(`"${iso}" is no instant like 2026-03-17T10:00:00Z`);
  }
  return epochMs;
}

/** Work to be done at an instant; the virtual clock waits for it before time goes on. */
export type TimerTask = () => Promise<void> | void;

export interface Timers {
  /**
   * Runs `task` once at `atMs` (at once when that is past). `name` shows in errors and makes the
   * order of equal instants explicit: name, then order of the calls. Returns a function that cancels.
   */
  at(atMs: number, name: string, task: TimerTask): () => void;
  /**
   * Tells `task` of each time that the clock was set back: what waits at an instant would wait until that comes again.
   * Absent where no clock is ever set. Returns a function that ends it.
   */
  onSetBack?(task: () => void): () => void;
}
