import {
  GridModelError,
  type Weather,
  parseWeatherJson,
  parseWeatherTable,
} from '@flexledger/grid';
import { CsvFault, csvRecords } from './csv-records';

/**
 * Reads a weather file: CSV with the header `time,globalIrradianceWPerM2,temperatureC,windSpeedMPerS`, or
 * JSON of the schema `flexledger-weather/1` with `hours`, objects of the same fields. `time` is the begin
 * of the hour, ISO 8601 with an offset.
 *
 * @throws GridModelError naming the hour, or the line, and the field
 */
export function parseWeather(text: string): Weather {
  return text.trimStart().startsWith('{')
    ? parseWeatherJson(jsonOf(text))
    : parseWeatherTable(recordsOf(text));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new GridModelError('weather file', (error as Error).message, 'Give JSON or CSV');
  }
}

function recordsOf(text: string): ReturnType<typeof csvRecords> {
  try {
    return csvRecords(text);
  } catch (error) {
    if (!(error instanceof CsvFault)) throw error;
    throw new GridModelError(
      `weather file, line ${error.line}`,
      error.reason,
      'Quote a field as a whole, or not at all',
    );
  }
}
