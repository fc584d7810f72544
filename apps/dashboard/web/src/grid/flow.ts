/** The power flow of a forecast, computed in this browser by the code that validates the market's outcomes. */
import type { Schemas } from '@flexledger/api-client';
import {
  type Network,
  type SwitchPosition,
  compileGrid,
  gridFileOf,
  parseNetwork,
  solveSeries,
  withPositions,
} from '@flexledger/grid';
import { loadingOf, operateGrid, withRows } from '@flexledger/grid-operations';

/** `GET /api/v1/grids/{gridId}` */
export interface PublishedGrid {
  readonly gridId: string;
  readonly digest: string;
  readonly model: object;
  readonly limits: Schemas['OperatingLimits'];
}

export interface ForecastPower {
  readonly mtuCount: number;
  readonly busW: readonly (readonly number[])[];
  readonly busVar: readonly (readonly number[])[];
}

/** By quarter-hour: voltage of each bus, pu, and load of each line, share of its limit; NaN where there is none. */
export interface GridFlow {
  readonly network: Network;
  readonly mtuCount: number;
  vmPu(mtu: number, bus: number): number;
  lineShare(mtu: number, line: number): number;
  readonly vMinPu: Float64Array;
  readonly vMaxPu: Float64Array;
  /** Quarter-hours without a solution. */
  readonly unsolved: ReadonlySet<number>;
  /** Elements past their limit, by quarter-hour. */
  readonly passed: readonly number[];
}

/**
 * @param rows what is sold, on top of the forecast; none for the grid before it
 * @throws GridModelError when the model is broken, or what is switched leaves loads without supply
 */
export function flowOf(
  published: PublishedGrid,
  forecast: ForecastPower,
  rows: readonly Schemas['OutcomeRow'][],
): GridFlow {
  const grid = operateGrid(published);
  const { network } = grid.compiled;
  const change = withRows(grid, forecast, new Map(), rows, ({ acceptedW }) => acceptedW);
  const series = solveSeries(compileGrid(network), loadingOf(grid, forecast, change));
  const { buses, lines } = network;
  const { lineA, vMinPu, vMaxPu } = grid.limits;
  const vmPu = (mtu: number, bus: number): number => series.busVmPu[mtu * buses.length + bus]!;
  const lineShare = (mtu: number, line: number): number =>
    (series.lineIKa[mtu * lines.length + line]! * 1_000) / lineA[line]!;
  const passed = Array.from({ length: forecast.mtuCount }, (_, mtu) => {
    const voltages = buses.filter(
      (_, bus) => vmPu(mtu, bus) < vMinPu[bus]! || vmPu(mtu, bus) > vMaxPu[bus]!,
    );
    return voltages.length + lines.filter((_, line) => lineShare(mtu, line) > 1).length;
  });
  const unsolved = new Set(series.failures.map(({ step }) => step));
  return {
    network,
    mtuCount: forecast.mtuCount,
    vmPu,
    lineShare,
    vMinPu,
    vMaxPu,
    unsolved,
    passed,
  };
}

/** What turns a line: the switch on it where the model has one, else the line itself. */
export function turnOf(network: Network, lineId: string): SwitchPosition {
  const own = network.switches.filter((one) => one.kind === 'line' && one.line === lineId);
  const acting = own.find(({ closed }) => !closed) ?? own[0];
  if (acting) return { elementType: 'switch', elementId: acting.id, closed: !acting.closed };
  const line = network.lines.find(({ id }) => id === lineId);
  return { elementType: 'line', elementId: lineId, closed: !line?.inService };
}

/** The same grid with lines turned. */
export function withPositionsOf(
  published: PublishedGrid,
  positions: readonly SwitchPosition[],
): PublishedGrid {
  if (positions.length === 0) return published;
  const model = gridFileOf(withPositions(parseNetwork(published.model), positions));
  return { ...published, model };
}
