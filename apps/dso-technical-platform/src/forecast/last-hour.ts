/** What the last hour's measurements say of the hours that follow. */
import { type DeliveryPeriod, MTU_MINUTES, mtuStartMs, periodEndMs } from '@flexledger/domain';
import {
  type ForecastCorrection,
  type ForecastCustomer,
  type ForecastShapes,
  customerForecastW,
} from './customer-forecast';

/** Some quarter-hours just past, as they were forecast and as they came. */
export interface LastHour {
  readonly startMs: number;
  readonly shapes: ForecastShapes;
  readonly customers: readonly (ForecastCustomer & { readonly podId: string })[];
  /** W by MTU and PoD, null where nothing was measured. */
  readonly measuredW: ReadonlyMap<string, readonly (number | null)[]>;
  /** True where a PoD did what it had sold, and not what it would have done. */
  readonly isActivated: (podId: string, mtu: number) => boolean;
}

/** Beyond these factors it is a fault of measurement, not of the forecast. */
const LOAD_RANGE = [0.8, 1.25] as const;
/** From heavy clouds to a sky clearer than the model's. */
const PV_RANGE = [0.1, 1.1] as const;
/** PV below this part of the peak tells nothing of clouds. */
const SUN_SHARE = 0.05;
/** What is different now is half as different so much later. */
const HALF_LIFE_MS = 2 * 3_600_000;

/**
 * Customers without PV tell by how much load is off; then those with PV tell how much of the expected
 * sun comes through. Both fade with the time from the last measurement.
 *
 * @param period of the forecast
 */
export function correctionFor(period: DeliveryPeriod, last: LastHour): ForecastCorrection {
  const load = { measured: 0, expected: 0 };
  for (const { customer, expectedW, measuredW } of observed(last, undefined)) {
    if (customer.pvPeakW > 0) continue;
    load.measured += measuredW;
    load.expected += expectedW;
  }
  const loadFactor = ratioWithin(LOAD_RANGE, load.measured, load.expected);
  const mtuCount = last.shapes.mtuCount;
  const loadNow = new Float64Array(mtuCount).fill(loadFactor);
  const sun = { measured: 0, expected: 0, peak: 0 };
  const withoutSun = { load: loadNow, pv: new Float64Array(mtuCount) };
  for (const { customer, mtu, expectedW, measuredW } of observed(last, withoutSun)) {
    if (customer.pvPeakW === 0) continue;
    sun.measured += expectedW - measuredW;
    sun.expected += last.shapes.pv[mtu]! * customer.pvPeakW;
    sun.peak += customer.pvPeakW;
  }
  const isSunny = sun.expected > SUN_SHARE * sun.peak;
  const pvFactor = isSunny ? ratioWithin(PV_RANGE, sun.measured, sun.expected) : 1;
  const lastMs = periodEndMs({ startMs: last.startMs, mtuCount });
  const fading = (factor: number): Float64Array =>
    Float64Array.from({ length: period.mtuCount }, (_, mtu) => {
      const aheadMs = mtuStartMs(period, mtu) + MTU_MINUTES * 30_000 - lastMs;
      return 1 + (factor - 1) * 2 ** (-Math.max(0, aheadMs) / HALF_LIFE_MS);
    });
  return { load: fading(loadFactor), pv: fading(pvFactor) };
}

/** Quarter-hours of customers that were measured and did as they would without the market. */
function* observed(
  { shapes, customers, measuredW, isActivated }: LastHour,
  correction: ForecastCorrection | undefined,
) {
  for (const customer of customers) {
    const expected = customerForecastW(customer, shapes, correction);
    const measured = measuredW.get(customer.podId) ?? [];
    for (const [mtu, watts] of measured.entries()) {
      if (watts === null || isActivated(customer.podId, mtu)) continue;
      yield { customer, mtu, expectedW: expected[mtu]!, measuredW: watts };
    }
  }
}

function ratioWithin(
  [least, most]: readonly [number, number],
  measured: number,
  expected: number,
): number {
  return expected > 0 ? Math.min(most, Math.max(least, measured / expected)) : 1;
}
