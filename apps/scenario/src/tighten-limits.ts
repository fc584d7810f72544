/**
 * Published grids are rated for their published loads, so a day on them knows no congestion. For a
 * simulated day the DSO operates some lines closer to their load: limits are lowered until the
 * forecast shows congestions that the PoDs below could relieve.
 */
import type { OperatingLimits } from '@flexledger/domain';
import { type OperatedGrid, loadingOf } from '@flexledger/grid-operations';
import {
  type ConnectedCustomer,
  type ForecastShapes,
  backgroundW,
  forecastGrid,
} from '@flexledger/dso-technical-platform';
import { busesBelow, solveSeries } from '@flexledger/grid';
import type { ScenarioPod } from './scenario';

/** Lines whose limit is lowered. */
const TIGHTENED_LINES = 4;
/** Part of the flexibility below a line that its congestion asks for at the worst. */
const ASKED_SHARE = 0.4;
const SQRT3 = Math.sqrt(3);

/** Lowers the limits of the lines under which most PoDs hang, each to just below its peak. */
export function tightenLimits(
  grid: OperatedGrid,
  pods: readonly ScenarioPod[],
  daily: ForecastShapes,
  open: OperatingLimits,
): OperatingLimits {
  const customers: ConnectedCustomer[] = pods.map((pod) => ({ ...pod }));
  const forecast = forecastGrid(grid, customers, daily, Math.max(...backgroundW(daily)));
  const series = solveSeries(grid.compiled, loadingOf(grid, forecast));
  const { network } = grid.compiled;
  const candidates = network.lines
    .map((line, index) => {
      const below = new Set(busesBelow(network, line.id));
      const upW = pods
        .filter((pod) => below.has(pod.busId))
        .reduce((sum, pod) => sum + pod.flexibility.upW, 0);
      return { line, index, buses: below.size, upW };
    })
    .filter(({ upW, line }) => upW > 0 && line.inService)
    .sort((a, b) => b.upW - a.upW || a.index - b.index);
  const step = Math.max(1, Math.floor(candidates.length / (2 * TIGHTENED_LINES)));
  const chosen = candidates.filter((_, rank) => rank % step === 0).slice(0, TIGHTENED_LINES);
  const lineLimitA: Record<string, number> = {};
  for (const { line, index, upW } of chosen) {
    let peakA = 0;
    for (let mtu = 0; mtu < series.steps; mtu += 1) {
      peakA = Math.max(peakA, series.lineIKa[mtu * network.lines.length + index]! * 1e3);
    }
    const vnKv = network.buses[grid.busIndex.get(line.from)!]!.vnKv;
    const reliefA = (upW * ASKED_SHARE) / (vnKv * 1e3 * SQRT3);
    lineLimitA[line.id] = Math.max(1, Math.floor(peakA - reliefA));
  }
  const lines = Object.keys(lineLimitA).join(', ');
  return { ...open, lineLimitA, note: `${open.note}; lowered: ${lines}` };
}
