import type { CustomerKind, DeliveryPeriod } from '@flexledger/domain';
import { dayOfWeek, dayOfYear, localQuarterHour, mtuStartMs } from '@flexledger/domain';
import {
  type DayType,
  type Place,
  type ProfileName,
  type StandardProfiles,
  clearSkyPvW,
  standardLoadW,
} from '@flexledger/grid';

/** What is needed to forecast a customer without a history. */
export interface ForecastCustomer {
  readonly customerKind: CustomerKind;
  readonly annualEnergyKwh: number;
  readonly pvPeakW: number;
}

/** What forecasts are made from. */
export interface ForecastBasis {
  readonly profiles: StandardProfiles;
  readonly place: Place;
  readonly timeZone: string;
}

/** The shapes of one period: every customer is a sum of them. */
export interface ForecastShapes {
  readonly mtuCount: number;
  /** W by MTU of a customer of 1 kWh a year. */
  readonly load: Readonly<Record<CustomerKind, Float64Array>>;
  /** W by MTU of 1 W of PV peak power. */
  readonly pv: Float64Array;
}

const PROFILE_OF: Record<CustomerKind, ProfileName> = {
  household: 'h0',
  commercial: 'g0',
  agriculture: 'l0',
};
const PV_TILT_DEGREE = 30;
const PV_AZIMUTH_DEGREE = 180;
/** Middle of a quarter-hour: the sun's mean over it, near enough. */
const MIDDLE_MS = 450_000;

/** Standard profiles and clear-sky PV over a period of a delivery day. */
export function forecastShapes(
  deliveryDay: string,
  period: DeliveryPeriod,
  { profiles, place, timeZone }: ForecastBasis,
): ForecastShapes {
  const [, month, dayOfMonth] = deliveryDay.split('-').map(Number) as [number, number, number];
  const weekday = dayOfWeek(deliveryDay);
  const dayType: DayType = weekday === 7 ? 'sunday' : weekday === 6 ? 'saturday' : 'weekday';
  const day = { month, dayOfMonth, dayOfYear: dayOfYear(deliveryDay), dayType };
  const starts = Array.from({ length: period.mtuCount }, (_, mtu) => mtuStartMs(period, mtu));
  const quarterHours = starts.map((startMs) => localQuarterHour(startMs, timeZone));
  const shapeOf = (kind: CustomerKind): Float64Array =>
    Float64Array.from(quarterHours, (step) =>
      standardLoadW(profiles, PROFILE_OF[kind], 1, day, step),
    );
  const plant = { peakW: 1, tiltDegree: PV_TILT_DEGREE, azimuthDegree: PV_AZIMUTH_DEGREE };
  return {
    mtuCount: period.mtuCount,
    load: {
      household: shapeOf('household'),
      commercial: shapeOf('commercial'),
      agriculture: shapeOf('agriculture'),
    },
    pv: Float64Array.from(starts, (startMs) => clearSkyPvW(startMs + MIDDLE_MS, plant, place)),
  };
}

/** Power at a customer's connection by MTU, whole W, withdrawal positive. */
export function customerForecastW(customer: ForecastCustomer, shapes: ForecastShapes): number[] {
  const load = shapes.load[customer.customerKind];
  return Array.from(load, (watts, mtu) =>
    Math.round(watts * customer.annualEnergyKwh - shapes.pv[mtu]! * customer.pvPeakW),
  );
}
