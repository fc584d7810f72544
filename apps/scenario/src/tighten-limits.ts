/**
 * Published grids are rated for their published loads, so a day on them knows no congestion. For a
 * simulated day the DSO operates some lines closer to their load: limits are lowered until the
 * forecast shows congestions that the PoDs below could relieve.
 */
import type { OperatingLimits } from '@flexledger/domain';
import { type OperatedGrid, loadingOf, operateGrid, pomOfBuses } from '@flexledger/grid-operations';
import { documentDigest } from '@flexledger/identity';
import {
  type ConnectedCustomer,
  type ForecastShapes,
  backgroundW,
  forecastGrid,
} from '@flexledger/dso-technical-platform';
import { busesBelow, solveSeries } from '@flexledger/grid';
import type { TsoNeed } from '@flexledger/tso-simulator';
import { type Scenario, type ScenarioPod, drawScenario, publishedModel } from './scenario';

/** Lines whose limit is lowered. */
const TIGHTENED_LINES = 4;
/** Part of the flexibility below a line that its congestion asks for at the worst. */
const ASKED_SHARE = 0.4;
const SQRT3 = Math.sqrt(3);

/** Part of the flexibility below a point of measurement that the TSO asks for at the worst. */
const WORST_TSO_SHARE = 0.15;

/**
 * Draws a scenario on a grid, with its limits lowered until there is something to buy flexibility for.
 *
 * @param limits before they are lowered
 */
export function drawCongestedScenario(
  drawn: {
    readonly seed: number;
    readonly podCount: number;
    readonly gridId: string;
    /** A network in the format `flexledger-grid/1`, without PoDs. */
    readonly gridFile: object;
  },
  shapes: ForecastShapes,
  limits: OperatingLimits,
): Scenario {
  const { seed, podCount, gridId, gridFile } = drawn;
  const open = drawScenario(seed, podCount, gridId, gridFile, limits);
  const model = publishedModel(open);
  const grid = operateGrid({ gridId, digest: documentDigest(model), model, limits });
  return { ...open, limits: tightenLimits(grid, open.pods, shapes, limits) };
}

/** What the TSO of a scenario may ask for, by point of measurement. */
export function tsoNeedsOf(scenario: Scenario): readonly TsoNeed[] {
  const { gridId, limits } = scenario;
  const model = publishedModel(scenario);
  const poms = pomOfBuses(operateGrid({ gridId, digest: '', model, limits }));
  const upW = new Map<string, number>();
  for (const pod of scenario.pods) {
    const pom = poms.get(pod.busId)!;
    upW.set(pom, (upW.get(pom) ?? 0) + pod.flexibility.upW);
  }
  return [...upW]
    .map(([pom, watts]) => ({ pom, largestW: Math.round(watts * WORST_TSO_SHARE) }))
    .sort((a, b) => (a.pom < b.pom ? -1 : 1));
}

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
