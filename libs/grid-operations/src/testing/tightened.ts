import { solveSeries } from '@flexledger/grid';
import { type GridForecast, loadingOf } from '../grid-forecast';
import type { PowerChange } from '../power-change';
import type { ElementLimits, OperatedGrid } from '../operated-grid';

/** How tight limits are set: parts of what the forecast makes of each element. */
export interface Tightness {
  readonly line: number;
  readonly transformer: number;
  readonly bandPu: number;
}

/** Below, magnetising and charging currents are as large as what anyone withdraws. */
const LEAST_LINE_A = 5;
const LEAST_TRANSFORMER_PERCENT = 3;

/** The grid with limits around its own forecast, so that about half of them are violated. */
export function tightened(
  grid: OperatedGrid,
  forecast: GridForecast,
  { line, transformer, bandPu }: Tightness,
): OperatedGrid {
  const { lineIKa, transformerLoadingPercent } = solveSeries(
    grid.compiled,
    loadingOf(grid, forecast),
  );
  const { lines } = grid.compiled.network;
  const lineA = Float64Array.from(lines, (_, index) => {
    const peakKa = Math.max(lineIKa[index]!, lineIKa[lines.length + index]!);
    return Math.max(LEAST_LINE_A, peakKa * 1e3 * line);
  });
  const limits: ElementLimits = {
    lineA,
    transformerPercent: Math.max(
      LEAST_TRANSFORMER_PERCENT,
      Math.max(...transformerLoadingPercent) * transformer,
    ),
    vMinPu: grid.limits.vMinPu.map(() => 1.02 - bandPu),
    vMaxPu: grid.limits.vMaxPu.map(() => 1.02 + bandPu),
  };
  return { ...grid, limits };
}

/** Elements' values in one MTU, solved afresh from the no-load start. */
export function stateAt(
  grid: OperatedGrid,
  forecast: GridForecast,
  change: PowerChange,
  mtu: number,
): { lineA: number[]; transformerPercent: number[]; vmPu: number[] } | undefined {
  const loading = loadingOf(grid, forecast, change);
  const buses = grid.compiled.network.buses.length;
  const result = solveSeries(grid.compiled, {
    ...loading,
    steps: 1,
    busPMw: loading.busPMw.slice(mtu * buses, (mtu + 1) * buses),
    busQMvar: loading.busQMvar.slice(mtu * buses, (mtu + 1) * buses),
    loadPMw: new Float64Array(0),
    loadQMvar: new Float64Array(0),
    generatorPMw: new Float64Array(0),
    generatorQMvar: new Float64Array(0),
  });
  if (result.failures.length > 0) return undefined;
  return {
    lineA: Array.from(result.lineIKa, (value) => value * 1e3),
    transformerPercent: [...result.transformerLoadingPercent],
    vmPu: [...result.busVmPu],
  };
}
