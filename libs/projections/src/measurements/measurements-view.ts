/**
 * Measured energy, one document a PoD and UTC day, in columns: entry i of every array belongs to
 * quarter-hour `quarterHour[i]` of the day. Quarter-hours without a measurement are absent, never
 * guessed (DESIGN 11).
 */
import type { Chain2Full, MeterEvent } from '@flexledger/domain';
import { isoFromMs, msFromIso } from '@flexledger/runtime';
import { documentKey } from '../document-key';
import type { Recorded, View } from '../view';

export interface MeasurementsDocument {
  readonly podId: string;
  /** ISO date, UTC. */
  readonly day: string;
  /** Rising, 0 to 95: minutes since midnight UTC by 15. */
  readonly quarterHour: readonly number[];
  readonly withdrawnWh: readonly number[];
  readonly injectedWh: readonly number[];
  /** Withdrawn minus fed in. */
  readonly reactiveVarh: readonly number[];
  /** What Chain2Full adds, null in a quarter-hour without it; absent on a day without any. */
  readonly chain2Full?: readonly (Chain2Full | null)[];
}

type MeasurementEvent = Recorded<Extract<MeterEvent, { type: 'MeasurementRecorded' }>>;

export const measurementsView: View<MeasurementsDocument, MeasurementEvent> = {
  name: 'measurements',
  version: 2,
  types: ['MeasurementRecorded'],
  indexes: ['podId', 'day'],
  keysOf: ({ data }) => [
    measurementsKey(data.podId, utcText(data.inputData.mtuStart).slice(0, 10)),
  ],
  evolve(doc, { data }) {
    const { podId, inputData } = data;
    const mtuStart = utcText(inputData.mtuStart);
    const quarterHour = quarterHourOf(mtuStart);
    const day: MeasurementsDocument = doc ?? {
      podId,
      day: mtuStart.slice(0, 10),
      quarterHour: [],
      withdrawnWh: [],
      injectedWh: [],
      reactiveVarh: [],
    };
    const { place, replaced } = placeOf(day.quarterHour, quarterHour);
    const put = <Value>(column: readonly Value[], value: Value): readonly Value[] =>
      column.toSpliced(place, replaced, value);
    const { chain2Full = null } = inputData;
    const full = day.chain2Full ?? (chain2Full && day.quarterHour.map(() => null));
    return {
      podId: day.podId,
      day: day.day,
      quarterHour: put(day.quarterHour, quarterHour),
      withdrawnWh: put(day.withdrawnWh, inputData.withdrawnWh),
      injectedWh: put(day.injectedWh, inputData.injectedWh),
      reactiveVarh: put(day.reactiveVarh, inputData.reactiveVarh),
      ...(full && { chain2Full: put<Chain2Full | null>(full, chain2Full) }),
    };
  },
};

export function measurementsKey(podId: string, day: string): string {
  return documentKey(podId, day);
}

/** An instant's text in UTC; the log may hold other offsets. */
function utcText(iso: string): string {
  return iso.endsWith('Z') ? iso : isoFromMs(msFromIso(iso));
}

/** Quarter-hour of the UTC day, from `hh:mm` at its place in ISO text. @throws RangeError */
function quarterHourOf(utcIso: string): number {
  const digit = (index: number): number => utcIso.charCodeAt(index) - 48;
  const minutes = (digit(11) * 10 + digit(12)) * 60 + digit(14) * 10 + digit(15);
  const quarterHour = minutes / 15;
  if (Number.isInteger(quarterHour) && quarterHour >= 0 && quarterHour < 96) return quarterHour;
  throw new RangeError(`mtuStart ${utcIso} does not start a quarter-hour`);
}

/** Where a quarter-hour belongs in a rising column, and whether it takes one's place. */
function placeOf(
  quarterHours: readonly number[],
  quarterHour: number,
): { readonly place: number; readonly replaced: 0 | 1 } {
  let place = quarterHours.length;
  while (place > 0 && quarterHours[place - 1]! >= quarterHour) place -= 1;
  return { place, replaced: quarterHours[place] === quarterHour ? 1 : 0 };
}
