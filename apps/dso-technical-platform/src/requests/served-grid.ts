import { type GridLoading, createStepSolver, sensitivities } from '@flexledger/grid';
import {
  type GridForecast,
  type OperatedGrid,
  type PowerChange,
  loadingOf,
} from '@flexledger/grid-operations';
import type { Cut } from './relief-model';
import type { Served } from './serving';
import {
  type Excess,
  type GridLimit,
  limitTables,
  quantityOf,
  violatedIn,
  worseness,
} from './violations';

/** The forecast in one MTU with what PoDs serve on top of it, solved by AC power flow. */
export interface ServedGrid {
  /** Limits that are left; undefined where there is no solution. */
  violated(mtu: number, served: Served): readonly Excess[] | undefined;
  /** Straight lines at limited values there; undefined where there is no solution. */
  cutsAt(mtu: number, served: Served, limits: readonly GridLimit[]): LinearisedLimit[] | undefined;
}

/** A limit's cut, drawn where its value is so far beyond it (negative = within). */
export interface LinearisedLimit extends Cut {
  readonly limit: GridLimit;
  readonly excess: number;
}

export const keyOf = ({ elementType, elementId, kind }: GridLimit): string =>
  `${elementType}/${elementId}/${kind}`;

export function createServedGrid(
  grid: OperatedGrid,
  forecast: GridForecast,
  sold: PowerChange,
): ServedGrid {
  const before = loadingOf(grid, forecast, sold);
  const { buses, loads, staticGenerators } = grid.compiled.network;
  const tables = limitTables(grid);
  const solver = createStepSolver(grid.compiled);
  const zeros = (count: number): Float64Array => new Float64Array(count);
  const loading = {
    steps: 1,
    busPMw: zeros(buses.length),
    busQMvar: zeros(buses.length),
    loadPMw: zeros(loads.length),
    loadQMvar: zeros(loads.length),
    generatorPMw: zeros(staticGenerators.length),
    generatorQMvar: zeros(staticGenerators.length),
  };
  const loadingWith = (mtu: number, { P, Q }: Served): GridLoading => {
    const from = mtu * buses.length;
    for (let bus = 0; bus < buses.length; bus += 1) {
      loading.busPMw[bus] = before.busPMw[from + bus]! + P[bus]! / 1e6;
      loading.busQMvar[bus] = before.busQMvar[from + bus]! + Q[bus]! / 1e6;
    }
    return loading;
  };
  return {
    violated(mtu, served) {
      if (solver.solve(loadingWith(mtu, served), 0) !== null) return undefined;
      return violatedIn(tables, solver.state);
    },
    cutsAt(mtu, served, limits) {
      const quantities = limits.map(quantityOf);
      const options = { loading: loadingWith(mtu, served) };
      const answer = sensitivities(grid.compiled, quantities, options);
      if (!answer.converged) return undefined;
      return answer.sensitivities.map(({ value, perMw, perMvar }, at) => {
        const limit = limits[at]!;
        const { unit } = quantities[at]!;
        const sign = worseness(limit);
        const scaled = (slopes: Float64Array): Float64Array =>
          slopes.map((slope) => sign * unit * slope);
        const worsening = { P: scaled(perMw), Q: scaled(perMvar) };
        const excess = sign * (value * unit - limit.limit);
        // Seen from here with straight lines, this much is needed of all scopes together.
        let needed = excess;
        for (let bus = 0; bus < buses.length; bus += 1) {
          needed -= (worsening.P[bus]! * served.P[bus]! + worsening.Q[bus]! * served.Q[bus]!) / 1e6;
        }
        const isVoltage = limit.elementType === 'bus';
        return { key: keyOf(limit), limit, isVoltage, worsening, excess, needed };
      });
    },
  };
}
