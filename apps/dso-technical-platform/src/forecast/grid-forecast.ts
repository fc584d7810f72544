import type { StaticGenerator } from '@flexledger/grid';
import { type GridForecast, type OperatedGrid, suppliedBus } from '@flexledger/grid-operations';
import {
  type ForecastCorrection,
  type ForecastCustomer,
  type ForecastShapes,
  customerForecastW,
} from './customer-forecast';

/** A customer of the market and the bus it hangs at. */
export interface ConnectedCustomer extends ForecastCustomer {
  readonly busId: string;
}

/** Power factor assumed for customers: cos phi 0.95, reactive power follows the withdrawal. */
const REACTIVE_PER_ACTIVE = Math.tan(Math.acos(0.95));

/** Reactive power that is expected beside a customer's active power. */
export const forecastVar = (watts: number): number => Math.max(0, watts) * REACTIVE_PER_ACTIVE;

/**
 * Forecast of a grid: at each bus the model's published load as the day's peak of everybody who is
 * not in the market, shaped by standard profiles, its PV and wind plants as the weather lets them, plus the market's
 * customers one by one. A customer at a bus that the model does not supply is not in it.
 *
 * @param shapes of the forecast period
 * @param backgroundPeak highest value of `backgroundW` over the whole delivery day
 * @param correction by what was measured lately; none a day ahead
 */
export function forecastGrid(
  grid: OperatedGrid,
  customers: readonly ConnectedCustomer[],
  shapes: ForecastShapes,
  backgroundPeak: number,
  correction?: ForecastCorrection,
): GridForecast {
  const { mtuCount } = shapes;
  const { buses, loads, staticGenerators } = grid.compiled.network;
  const shape = backgroundW(shapes).map(
    (watts, mtu) => ((correction?.load[mtu] ?? 1) * watts) / backgroundPeak,
  );
  const table = (): number[][] => buses.map(() => new Array<number>(mtuCount).fill(0));
  const busW = table();
  const busVar = table();
  for (const load of loads) {
    const bus = grid.busIndex.get(load.bus)!;
    shape.forEach((factor, mtu) => {
      busW[bus]![mtu]! += load.pMw * 1e6 * factor;
      busVar[bus]![mtu]! += load.qMvar * 1e6 * factor;
    });
  }
  for (const generator of staticGenerators) {
    const bus = grid.busIndex.get(generator.bus)!;
    const share = shareOf(generator, shapes);
    for (let mtu = 0; mtu < mtuCount; mtu += 1) {
      busW[bus]![mtu]! -= generator.pMw * 1e6 * (share?.[mtu] ?? 1);
    }
  }
  for (const customer of customers) {
    const bus = suppliedBus(grid, customer.busId);
    if (bus === undefined) continue;
    customerForecastW(customer, shapes, correction).forEach((watts, mtu) => {
      busW[bus]![mtu]! += watts;
      busVar[bus]![mtu]! += forecastVar(watts);
    });
  }
  const whole = (rows: number[][]): number[][] =>
    rows.map((row) => row.map((value) => Math.round(value)));
  return { mtuCount, busW: whole(busW), busVar: whole(busVar) };
}

/** What a generator of the model gives of its published power; undefined = all of it, always. */
function shareOf(
  { type = '' }: StaticGenerator,
  { pv, wind }: ForecastShapes,
): Float64Array | undefined {
  if (/^(pv|solar|photovoltaic)/i.test(type)) return pv;
  return /^(w(ind)?(p|ka)?$|wind)/i.test(type) ? wind : undefined;
}

/** Power of those who are not in the market, by MTU on a scale of its own: half homes, half trade. */
export function backgroundW({ load }: ForecastShapes): Float64Array {
  return load.household.map((watts, mtu) => watts + load.commercial[mtu]!);
}
