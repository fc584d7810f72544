/**
 * Standard load profiles of customers without a history: the published BDEW profiles of 1999
 * (household H0, commercial G0, agriculture L0), by season, day type and quarter-hour, in watts for a
 * customer of 1,000 kWh a year. The figures stand in `libs/grid/data/bdew-1999.csv`.
 */

export type ProfileName = 'h0' | 'g0' | 'l0';
export type DayType = 'weekday' | 'saturday' | 'sunday';
type Season = 'winter' | 'transition' | 'summer';

/** The civil day a profile is asked for. */
export interface ProfileDay {
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly dayOfMonth: number;
  /** 1 for 1 January. */
  readonly dayOfYear: number;
  readonly dayType: DayType;
}

/** Watts by season and day type (`winter/weekday`), one value a quarter-hour of the local day. */
export type StandardProfiles = ReadonlyMap<string, Readonly<Record<ProfileName, Float64Array>>>;

const QUARTER_HOURS = 96;
const HEADER = 'season,dayType,quarterHour,h0,g0,l0';

/**
 * Reads the table of profiles.
 *
 * @param csv text with the header `season,dayType,quarterHour,h0,g0,l0`
 * @throws RangeError naming the line that is not of that form
 */
export function parseStandardProfiles(csv: string): StandardProfiles {
  const [header, ...lines] = csv.trim().split(/\r?\n/);
  if (header !== HEADER) throw new RangeError(`Standard profiles: line 1 must be "${HEADER}"`);
  const profiles = new Map<string, Record<ProfileName, Float64Array>>();
  lines.forEach((line, index) => {
    const [season, dayType, quarterHour, ...watts] = line.split(',');
    const values = [quarterHour, ...watts].map(Number);
    if (values.length !== 4 || values.some((value) => !Number.isFinite(value))) {
      throw new RangeError(`Standard profiles: line ${index + 2} is not a row of six fields`);
    }
    const key = `${season}/${dayType}`;
    let table = profiles.get(key);
    if (!table) profiles.set(key, (table = emptyTable()));
    const [step, h0, g0, l0] = values as [number, number, number, number];
    table.h0[step] = h0;
    table.g0[step] = g0;
    table.l0[step] = l0;
  });
  return profiles;
}

/** Mean watts of a standard customer in a quarter-hour (0..95, local clock). */
export function standardLoadW(
  profiles: StandardProfiles,
  name: ProfileName,
  annualEnergyKwh: number,
  day: ProfileDay,
  quarterHour: number,
): number {
  const table = profiles.get(`${seasonOf(day)}/${day.dayType}`);
  const watts = table?.[name][quarterHour];
  if (watts === undefined) {
    throw new RangeError(`Standard profiles: no value for ${day.dayType}, step ${quarterHour}`);
  }
  const dynamic = name === 'h0' ? householdDayFactor(day.dayOfYear) : 1;
  return (watts * dynamic * annualEnergyKwh) / 1_000;
}

/** The published day-of-year factor of H0 (BDEW 1999). */
export function householdDayFactor(dayOfYear: number): number {
  const t = dayOfYear;
  return -3.92e-10 * t ** 4 + 3.2e-7 * t ** 3 - 7.02e-5 * t ** 2 + 2.1e-3 * t + 1.24;
}

/** Winter 1 November to 20 March, summer 15 May to 14 September, transition otherwise. */
function seasonOf({ month, dayOfMonth }: ProfileDay): Season {
  const day = month * 100 + dayOfMonth;
  if (day >= 1_101 || day <= 320) return 'winter';
  return day >= 515 && day <= 914 ? 'summer' : 'transition';
}

function emptyTable(): Record<ProfileName, Float64Array> {
  const column = (): Float64Array => new Float64Array(QUARTER_HOURS);
  return { h0: column(), g0: column(), l0: column() };
}
