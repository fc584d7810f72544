/** A forecast as it is recorded, and as the power flow takes it. */
import type { GridLoading } from '@flexledger/grid';
import type { OperatedGrid } from './operated-grid';
import type { PowerChange } from './power-change';

/** Withdrawal at each bus by MTU, whole W and var: what `ForecastComputed` records. */
export interface GridForecast {
  readonly mtuCount: number;
  readonly busW: readonly (readonly number[])[];
  readonly busVar: readonly (readonly number[])[];
}

/** One MTU of a forecast, as a forecast. @throws RangeError where it has no such MTU */
export function forecastOfMtu({ mtuCount, busW, busVar }: GridForecast, mtu: number): GridForecast {
  if (!(mtu >= 0 && mtu < mtuCount)) {
    throw new RangeError(`The forecast has ${mtuCount} MTUs, and no MTU ${mtu}.`);
  }
  const ofMtu = (series: readonly (readonly number[])[]): number[][] =>
    series.map((values) => [values[mtu]!]);
  return { mtuCount: 1, busW: ofMtu(busW), busVar: ofMtu(busVar) };
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
