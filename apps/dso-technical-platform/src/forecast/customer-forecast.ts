import {
  type CustomerKind,
  type DayKind,
  type DeliveryPeriod,
  dayKind,
  dayOfYear,
  localQuarterHour,
  mtuStartMs,
} from '@flexledger/domain';
import {
  type DayType,
  type Place,
  type ProfileName,
  type StandardProfiles,
  type Weather,
  clearSkyPvW,
  standardLoadW,
  weatherPvW,
  windPowerShare,
} from '@flexledger/grid';

/** What a customer is forecast from. */
export interface ForecastCustomer {
  readonly customerKind: CustomerKind;
  readonly annualEnergyKwh: number;
  readonly pvPeakW: number;
  /** What was measured of its load on like days; absent when nothing was. */
  readonly history?: LoadHistory;
}

/** A customer's load on the like days that were measured, by local quarter-hour, 0 to 95. */
export interface LoadHistory {
  /** W, summed over the days. */
  readonly sumW: Float64Array;
  /** How many days, 0 and more. */
  readonly days: Uint16Array;
}

/** What forecasts are made from. */
export interface ForecastBasis {
  readonly profiles: StandardProfiles;
  readonly place: Place;
  readonly timeZone: string;
  /** Days that count as Sundays, `yyyy-mm-dd` or every year's `mm-dd`. */
  readonly holidays?: readonly string[];
}

/** The shapes of one period: every customer is a sum of them. */
export interface ForecastShapes {
  readonly mtuCount: number;
  /** Local quarter-hour of each MTU, 0 to 95. */
  readonly quarterHours: readonly number[];
  /** W by MTU of a customer of 1 kWh a year. */
  readonly load: Readonly<Record<CustomerKind, Float64Array>>;
  /** W by MTU of 1 W of PV peak power. */
  readonly pv: Float64Array;
  /** W by MTU of 1 W of rated wind power; 1, as published, where no wind is reported. */
  readonly wind: Float64Array;
}

/** Factors by MTU on what is expected of all customers' load, and of all PV. */
export interface ForecastCorrection {
  readonly load: Float64Array;
  readonly pv: Float64Array;
}

const PROFILE_OF: Record<CustomerKind, ProfileName> = {
  household: 'h0',
  commercial: 'g0',
  agriculture: 'l0',
};
const DAY_TYPE: Record<DayKind, DayType> = {
  working: 'weekday',
  saturday: 'saturday',
  sunday: 'sunday',
};
/** Measured days that weigh as much as the standard profile: with a working week it is outweighed. */
const PRIOR_DAYS = 4;
const PV_TILT_DEGREE = 30;
const PV_AZIMUTH_DEGREE = 180;
/** Middle of a quarter-hour: the sun's mean over it, near enough. */
const MIDDLE_MS = 450_000;
const HOUR_MS = 3_600_000;

/**
 * Standard profiles, sun and wind over a period of a delivery day. Where no weather is reported the sky is
 * clear.
 */
export function forecastShapes(
  deliveryDay: string,
  period: DeliveryPeriod,
  { profiles, place, timeZone, holidays = [] }: ForecastBasis,
  weather: Weather = new Map(),
): ForecastShapes {
  const [, month, dayOfMonth] = deliveryDay.split('-').map(Number) as [number, number, number];
  const dayType = DAY_TYPE[dayKind(deliveryDay, { holidays })];
  const day = { month, dayOfMonth, dayOfYear: dayOfYear(deliveryDay), dayType };
  const starts = Array.from({ length: period.mtuCount }, (_, mtu) => mtuStartMs(period, mtu));
  const quarterHours = starts.map((startMs) => localQuarterHour(startMs, timeZone));
  const shapeOf = (kind: CustomerKind): Float64Array =>
    Float64Array.from(quarterHours, (step) =>
      standardLoadW(profiles, PROFILE_OF[kind], 1, day, step),
    );
  return {
    mtuCount: period.mtuCount,
    quarterHours,
    load: {
      household: shapeOf('household'),
      commercial: shapeOf('commercial'),
      agriculture: shapeOf('agriculture'),
    },
    pv: pvShape(period, { place }, weather),
    wind: Float64Array.from(starts, (startMs) => {
      const hour = weather.get(hourHolding(startMs));
      return hour ? windPowerShare(hour) : 1;
    }),
  };
}

const hourHolding = (epochMs: number): number => Math.floor(epochMs / HOUR_MS) * HOUR_MS;

/** W by MTU of 1 W of PV peak power. */
export function pvShape(
  period: DeliveryPeriod,
  { place }: Pick<ForecastBasis, 'place'>,
  weather: Weather,
): Float64Array {
  const plant = { peakW: 1, tiltDegree: PV_TILT_DEGREE, azimuthDegree: PV_AZIMUTH_DEGREE };
  return Float64Array.from({ length: period.mtuCount }, (_, mtu) => {
    const middleMs = mtuStartMs(period, mtu) + MIDDLE_MS;
    const hour = weather.get(hourHolding(middleMs));
    return hour ? weatherPvW(middleMs, plant, place, hour) : clearSkyPvW(middleMs, plant, place);
  });
}

/**
 * Power at a customer's connection by MTU, whole W, withdrawal positive: its typical load less its PV.
 *
 * The typical load shrinks the mean of what was measured towards the standard profile, which counts as
 * much as `PRIOR_DAYS` days (a credibility estimator: Buehlmann, ASTIN Bulletin 4, 1967):
 * (sum of n days + PRIOR_DAYS x standard) / (n + PRIOR_DAYS).
 *
 * @param correction by what was measured lately; none a day ahead
 */
export function customerForecastW(
  customer: ForecastCustomer,
  shapes: ForecastShapes,
  correction?: ForecastCorrection,
): number[] {
  const load = shapes.load[customer.customerKind];
  const { history } = customer;
  return Array.from(load, (watts, mtu) => {
    const standardW = watts * customer.annualEnergyKwh;
    const quarterHour = shapes.quarterHours[mtu]!;
    const days = history?.days[quarterHour] ?? 0;
    const measuredW = history?.sumW[quarterHour] ?? 0;
    const typicalW = (measuredW + PRIOR_DAYS * standardW) / (days + PRIOR_DAYS);
    const pvW = shapes.pv[mtu]! * customer.pvPeakW;
    return Math.round(typicalW * (correction?.load[mtu] ?? 1) - pvW * (correction?.pv[mtu] ?? 1));
  });
}
