/** Weather as it was reported last, one document a grid and UTC day, in columns as measurements are. */
import type { WeatherReported } from '@flexledger/domain';
import { documentKey } from '../document-key';
import type { Recorded, View } from '../view';

export interface WeatherDocument {
  readonly gridId: string;
  /** ISO date, UTC. */
  readonly day: string;
  /** Rising, 0 to 23. */
  readonly hour: readonly number[];
  readonly irradianceDeciWPerM2: readonly number[];
  readonly temperatureDeciC: readonly number[];
  readonly windCmPerS: readonly number[];
}

const dayOf = (hour: string): string => hour.slice(0, 'yyyy-mm-dd'.length);

export const weatherView: View<WeatherDocument, Recorded<WeatherReported>> = {
  name: 'weather',
  version: 1,
  types: ['WeatherReported'],
  indexes: ['gridId', 'day'],
  keysOf: ({ data }) => [...daysOf(data.hours)].map((day) => weatherKey(data.gridId, day)),
  evolve(doc, { data }, _key, index) {
    const day = [...daysOf(data.hours)][index]!;
    const rows = new Map(
      doc?.hour.map((hour, at) => [
        hour,
        [doc.irradianceDeciWPerM2[at]!, doc.temperatureDeciC[at]!, doc.windCmPerS[at]!] as const,
      ]),
    );
    data.hours.forEach((hour, at) => {
      if (dayOf(hour) !== day) return;
      const { irradianceDeciWPerM2, temperatureDeciC, windCmPerS } = data;
      const row = [irradianceDeciWPerM2[at]!, temperatureDeciC[at]!, windCmPerS[at]!] as const;
      rows.set(Number(hour.slice('yyyy-mm-ddT'.length, 'yyyy-mm-ddThh'.length)), row);
    });
    const sorted = [...rows].sort(([one], [other]) => one - other);
    return {
      gridId: data.gridId,
      day,
      hour: sorted.map(([hour]) => hour),
      irradianceDeciWPerM2: sorted.map(([, row]) => row[0]),
      temperatureDeciC: sorted.map(([, row]) => row[1]),
      windCmPerS: sorted.map(([, row]) => row[2]),
    };
  },
};

const daysOf = (hours: readonly string[]): Set<string> => new Set(hours.map(dayOf));

export const weatherKey = (gridId: string, day: string): string => documentKey(gridId, day);
