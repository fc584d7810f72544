import { isoFromMs, msFromIso } from '@flexledger/runtime';
import type { DocumentStore } from '../document-store';
import { weatherKey, weatherView } from './weather-view';

/** One hour of weather, units as in the log. */
export interface ReportedHour {
  readonly startMs: number;
  readonly irradianceDeciWPerM2: number;
  readonly temperatureDeciC: number;
  readonly windCmPerS: number;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Hours of a grid that touch `fromMs` (included) to `untilMs` (excluded), rising. */
export async function weatherBetween(
  documents: DocumentStore,
  gridId: string,
  fromMs: number,
  untilMs: number,
): Promise<ReportedHour[]> {
  const ids: string[] = [];
  for (let ms = Math.floor(fromMs / DAY_MS) * DAY_MS; ms < untilMs; ms += DAY_MS) {
    ids.push(weatherKey(gridId, isoFromMs(ms).slice(0, 10)));
  }
  const days = await documents.getMany(weatherView, ids);
  return days
    .flatMap((doc) => {
      if (!doc) return [];
      const midnightMs = msFromIso(`${doc.day}T00:00:00.000Z`);
      return doc.hour.map((hour, at) => ({
        startMs: midnightMs + hour * HOUR_MS,
        irradianceDeciWPerM2: doc.irradianceDeciWPerM2[at]!,
        temperatureDeciC: doc.temperatureDeciC[at]!,
        windCmPerS: doc.windCmPerS[at]!,
      }));
    })
    .filter(({ startMs }) => startMs + HOUR_MS > fromMs && startMs < untilMs);
}
