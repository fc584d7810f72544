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

/** ISO 8601 text with an offset or `Z` as epoch milliseconds. */
export function msFromIso(iso: string): number {
  const epochMs = Date.parse(iso);
  if (Number.isNaN(epochMs)) throw new RangeError(`"${iso}" is not an ISO 8601 instant`);
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
}
