import type { GridLoading, StaticGenerator } from '@flexledger/grid';
import { type OperatedGrid, suppliedBus } from '../grid-model/operated-grid';
import {
  type ForecastCorrection,
  type ForecastCustomer,
  type ForecastShapes,
  customerForecastW,
} from './customer-forecast';
import type { PowerChange } from './power-change';

/** Withdrawal at each bus by MTU, whole W and var: what `ForecastComputed` records. */
export interface GridForecast {
  readonly mtuCount: number;
  readonly busW: readonly (readonly number[])[];
  readonly busVar: readonly (readonly number[])[];
}

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

/** The forecast as a loading of the grid, with a change of power at some buses. */
export function loadingOf(
  grid: OperatedGrid,
  forecast: GridForecast,
  change: PowerChange = new Map(),
): Required<Omit<GridLoading, 'externalGridVmPu'>> {
  const { buses, loads, staticGenerators } = grid.compiled.network;
  const { mtuCount, busW, busVar } = forecast;
  const busPMw = new Float64Array(mtuCount * buses.length);
  const busQMvar = new Float64Array(mtuCount * buses.length);
  for (let bus = 0; bus < buses.length; bus += 1) {
    const here = change.get(bus);
    for (let mtu = 0; mtu < mtuCount; mtu += 1) {
      busPMw[mtu * buses.length + bus] = (busW[bus]![mtu]! + (here?.w[mtu] ?? 0)) / 1e6;
      busQMvar[mtu * buses.length + bus] = (busVar[bus]![mtu]! + (here?.var[mtu] ?? 0)) / 1e6;
    }
  }
  const zeros = (count: number): Float64Array => new Float64Array(mtuCount * count);
  return {
    steps: mtuCount,
    busPMw,
    busQMvar,
    loadPMw: zeros(loads.length),
    loadQMvar: zeros(loads.length),
    generatorPMw: zeros(staticGenerators.length),
    generatorQMvar: zeros(staticGenerators.length),
  };
}

/** Power of those who are not in the market, by MTU on a scale of its own: half homes, half trade. */
export function backgroundW({ load }: ForecastShapes): Float64Array {
  return load.household.map((watts, mtu) => watts + load.commercial[mtu]!);
}
