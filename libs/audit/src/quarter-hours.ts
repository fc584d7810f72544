/** One number a PoD and quarter-hour, in blocks of a UTC day. */
export interface QuarterHourTable {
  at(podId: string, startMs: number): number | undefined;
  set(podId: string, startMs: number, value: number): void;
  /** The value of the nearest earlier quarter-hour that has one. */
  before(podId: string, startMs: number): number | undefined;
  /** The value of the nearest later quarter-hour that has one. */
  after(podId: string, startMs: number): number | undefined;
}

const QUARTER_HOUR_MS = 900_000;
const PER_DAY = 96;

/** An empty table; a day of a PoD takes 768 bytes. */
export function createQuarterHourTable(): QuarterHourTable {
  const pods = new Map<string, Map<number, Float64Array>>();

  /** The nearest value, walking away from an instant through the days that have any. */
  function nearest(podId: string, startMs: number, step: 1 | -1): number | undefined {
    const days = pods.get(podId);
    if (!days) return undefined;
    const { day, quarterHour } = placeOf(startMs);
    const ofDay = nextIn(days.get(day), quarterHour + step, step);
    if (ofDay !== undefined || (days.size === 1 && days.has(day))) return ofDay;
    const inOrder = [...days.keys()]
      .filter((other) => (other - day) * step > 0)
      .sort((a, b) => (a - b) * step);
    for (const other of inOrder) {
      const value = nextIn(days.get(other), step === 1 ? 0 : PER_DAY - 1, step);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  return {
    at(podId, startMs) {
      const { day, quarterHour } = placeOf(startMs);
      const value = pods.get(podId)?.get(day)?.[quarterHour];
      return value === undefined || Number.isNaN(value) ? undefined : value;
    },
    set(podId, startMs, value) {
      let days = pods.get(podId);
      if (!days) pods.set(podId, (days = new Map()));
      const { day, quarterHour } = placeOf(startMs);
      let values = days.get(day);
      if (!values) days.set(day, (values = new Float64Array(PER_DAY).fill(NaN)));
      values[quarterHour] = value;
    },
    before: (podId, startMs) => nearest(podId, startMs, -1),
    after: (podId, startMs) => nearest(podId, startMs, 1),
  };
}

/** The first value of a day from a quarter-hour on, walking as `step` says. */
function nextIn(values: Float64Array | undefined, first: number, step: 1 | -1): number | undefined {
  if (!values) return undefined;
  for (let index = first; index >= 0 && index < PER_DAY; index += step) {
    const value = values[index]!;
    if (!Number.isNaN(value)) return value;
  }
  return undefined;
}

/** @throws RangeError when no quarter-hour starts then */
function placeOf(startMs: number): { readonly day: number; readonly quarterHour: number } {
  const index = startMs / QUARTER_HOUR_MS;
  if (!Number.isSafeInteger(index)) throw new RangeError(`no quarter-hour starts at ${startMs} ms`);
  const day = Math.floor(index / PER_DAY);
  return { day, quarterHour: index - day * PER_DAY };
}
