/**
 * What the weather makes of sun and wind: hourly weather as a weather service gives it, and the power of
 * PV plants and wind turbines in it.
 */
import { GridModelError } from '../model/grid-model-error';
import { Fields } from '../model/fields';
import { type Place, type PvPlant, clearSkyGlobalWPerM2, planeIrradianceWPerM2 } from './solar';

/** Means over one hour. */
export interface WeatherHour {
  /** Global irradiance on the horizontal, W/m2. */
  readonly globalIrradianceWPerM2: number;
  /** Air at 2 m. */
  readonly temperatureC: number;
  /** Wind at 10 m. */
  readonly windSpeedMPerS: number;
}

/** Hours of weather by their begin, epoch milliseconds. */
export type Weather = ReadonlyMap<number, WeatherHour>;

const HOUR_MS = 3_600_000;
const QUARTER_MS = 900_000;
const FIELDS = ['globalIrradianceWPerM2', 'temperatureC', 'windSpeedMPerS'] as const;
const HEADER = `time,${FIELDS.join(',')}`;
/** What no weather station has shown yet: the extremes of the WMO's archive, and some. */
const RANGE: Readonly<Record<(typeof FIELDS)[number], readonly [number, number]>> = {
  globalIrradianceWPerM2: [0, 1_500],
  temperatureC: [-90, 60],
  windSpeedMPerS: [0, 120],
};

/**
 * Reads the lines of a weather table, which begin with the header
 * `time,globalIrradianceWPerM2,temperatureC,windSpeedMPerS`; what parts the fields is the caller's.
 *
 * @throws GridModelError naming the line and the field
 */
export function parseWeatherTable(
  lines: readonly { readonly line: number; readonly fields: readonly string[] }[],
): Weather {
  const [header, ...hours] = lines;
  const names = header?.fields.join(',') ?? '';
  if (names !== HEADER) {
    throw new GridModelError('weather file', `line 1 is "${names}"`, `It must be "${HEADER}"`);
  }
  return weatherOf(hours.map(({ line, fields }) => hourOf(`weather file, line ${line}`, fields)));
}

function hourOf(label: string, [time, ...values]: readonly string[]): Fields {
  if (values.length !== FIELDS.length) {
    throw new GridModelError(label, `has ${values.length + 1} fields`, 'Give four');
  }
  const named = FIELDS.map((name, at) => {
    const value = values[at]!;
    return [name, value === '' ? undefined : Number(value)] as const;
  });
  return Fields.of({ time, ...Object.fromEntries(named) }, label);
}

/**
 * Reads weather in JSON of the schema `flexledger-weather/1` with `hours`, objects of the fields of the
 * table. `time` is the begin of the hour, ISO 8601 with an offset.
 *
 * @throws GridModelError naming the hour and the field
 */
export function parseWeatherJson(json: unknown): Weather {
  return weatherOf(jsonRows(json));
}

function weatherOf(rows: readonly Fields[]): Weather {
  const weather = new Map<number, WeatherHour>();
  for (const row of rows) {
    const time = row.text('time');
    const startMs = instantOf(time);
    // NaN, of what is no instant, is no hour either.
    if (startMs % HOUR_MS !== 0) {
      row.refuse('time', `is "${time}"`, 'Give the begin of an hour as 2026-03-17T10:00:00Z');
    }
    if (weather.has(startMs)) row.refuse('time', `"${time}" is there twice`, 'Give each hour once');
    const [globalIrradianceWPerM2, temperatureC, windSpeedMPerS] = FIELDS.map((name) => {
      const value = row.number(name);
      const [least, most] = RANGE[name];
      if (value < least || value > most) {
        row.refuse(name, `is ${value}`, `Give a number from ${least} to ${most}`);
      }
      return value;
    }) as [number, number, number];
    row.refuseUnknown();
    weather.set(startMs, { globalIrradianceWPerM2, temperatureC, windSpeedMPerS });
  }
  return weather;
}

/** Epoch milliseconds of an ISO 8601 instant; NaN of any other text, and of a day that no month has. */
function instantOf(time: string): number {
  const day = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.exec(time)?.[1];
  const dayMs = Date.parse(day ?? '');
  // `Date.parse` takes 30 February for 2 March.
  const isDay = !Number.isNaN(dayMs) && new Date(dayMs).toISOString().startsWith(day!);
  return isDay ? Date.parse(time) : NaN;
}

function jsonRows(json: unknown): Fields[] {
  const file = Fields.of(json, 'weather file');
  file.oneOf('schema', ['flexledger-weather/1']);
  file.textOr('source', '');
  const hours = file.value('hours');
  if (!Array.isArray(hours)) file.refuse('hours', 'is not a list', 'Give "hours" as a JSON array');
  file.refuseUnknown();
  return (hours as unknown[]).map((hour, index) => Fields.of(hour, `hours[${index}]`));
}

/** Power lost in wiring, inverter and dirt (PVWatts version 5: 14 %). */
const SYSTEM_SHARE = 0.86;
/** Of crystalline silicon, per kelvin above 25 degrees (PVWatts version 5, standard module). */
const PER_KELVIN = -0.0047;
/** Nominal operating cell temperature, reached at 800 W/m2 and 20 degrees. */
const NOCT_C = 45;

/**
 * Watts of a plant at an instant within an hour of weather. The hour's irradiance is spread as under a
 * clear sky (constant clear-sky index); its diffuse part after Erbs, Klein and Duffie (Solar Energy 28,
 * 1982), turned to the modules as for a clear sky. Cells are warmer than the air by (NOCT - 20) / 800 per
 * W/m2 (Ross, Photovoltaic Specialists Conference 1976); power falls with their temperature as in PVWatts
 * version 5 (Dobos, NREL/TP-6A20-62641, 2014).
 */
export function weatherPvW(
  epochMs: number,
  plant: PvPlant,
  place: Place,
  { globalIrradianceWPerM2, temperatureC }: WeatherHour,
): number {
  const hourMs = Math.floor(epochMs / HOUR_MS) * HOUR_MS;
  let clear = 0;
  for (let quarter = 0; quarter < 4; quarter++) {
    const middleMs = hourMs + (quarter + 0.5) * QUARTER_MS;
    clear += clearSkyGlobalWPerM2(middleMs, place) / 4;
  }
  const now = clearSkyGlobalWPerM2(epochMs, place);
  // Around sunrise and sunset the clear sky is no measure of anything.
  const global = clear > 20 ? (globalIrradianceWPerM2 * now) / clear : globalIrradianceWPerM2;
  if (now <= 0 || global <= 0) return 0;
  const plane = planeIrradianceWPerM2(epochMs, plant, place, global);
  const cellC = temperatureC + ((NOCT_C - 20) / 800) * plane;
  const warmth = Math.max(0, 1 + PER_KELVIN * (cellC - 25));
  return SYSTEM_SHARE * warmth * plant.peakW * (plane / 1_000);
}

/** Of a turbine of today on land: it starts, is at full power, and is stopped in a storm. */
const CUT_IN_M_PER_S = 3;
const RATED_M_PER_S = 12;
const CUT_OUT_M_PER_S = 25;
const HUB_M = 80;
const MEASURED_M = 10;

/**
 * Part of its rated power that a wind turbine gives: wind at the hub by the 1/7 power law (Hellmann;
 * Justus and Mikhail, Geophysical Research Letters 3, 1976), power between cut-in and rated speed as the
 * cube of the speed less that of the cut-in (Manwell, McGowan and Rogers, Wind Energy Explained, 2009).
 */
export function windPowerShare({ windSpeedMPerS }: Pick<WeatherHour, 'windSpeedMPerS'>): number {
  const speed = windSpeedMPerS * (HUB_M / MEASURED_M) ** (1 / 7);
  if (speed < CUT_IN_M_PER_S || speed >= CUT_OUT_M_PER_S) return 0;
  if (speed >= RATED_M_PER_S) return 1;
  return (speed ** 3 - CUT_IN_M_PER_S ** 3) / (RATED_M_PER_S ** 3 - CUT_IN_M_PER_S ** 3);
}
