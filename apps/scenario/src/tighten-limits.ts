/**
 * Published grids are rated for their published loads, so a day on them knows no congestion. For a
 * simulated day the DSO operates some lines closer to their load: limits are lowered until the
 * forecast shows congestions that the PoDs below could relieve.
 */
import type { OperatingLimits } from '@flexledger/domain';
import {
  LV_KV_MAX,
  type OperatedGrid,
  loadingOf,
  operateGrid,
  pomOfBuses,
} from '@flexledger/grid-operations';
import { documentDigest } from '@flexledger/identity';
import {
  type ConnectedCustomer,
  type ForecastShapes,
  backgroundW,
  forecastGrid,
} from '@flexledger/dso-technical-platform';
import { type SeriesResult, busesBelow, sensitivities, solveSeries } from '@flexledger/grid';
import type { TsoNeed } from '@flexledger/tso-simulator';
import { type Scenario, type ScenarioPod, publishedModel } from './scenario';

/** Lines whose limit is lowered. */
const TIGHTENED_LINES = 4;
/** Part of the flexibility below a line that its congestion asks for at the worst. */
const ASKED_SHARE = 0.4;
const SQRT3 = Math.sqrt(3);
/** Part of the reactive power on the grid that its lowest voltage asks for at the worst. */
const ASKED_VAR_SHARE = 0.4;

/** Part of the flexibility below a point of measurement that the TSO asks for at the worst. */
const WORST_TSO_SHARE = 0.15;

/** The scenario with its limits lowered until there is something to buy flexibility for. */
export function congested(open: Scenario, shapes: ForecastShapes): Scenario {
  const { gridId, limits } = open;
  const model = publishedModel(open);
  const grid = operateGrid({ gridId, digest: documentDigest(model), model, limits });
  return { ...open, limits: tightenLimits(grid, open.pods, shapes, limits) };
}

/** What the TSO of a scenario may ask for, by point of measurement. */
export function tsoNeedsOf(scenario: Scenario): readonly TsoNeed[] {
  const { gridId, limits } = scenario;
  const model = publishedModel(scenario);
  const poms = pomOfBuses(operateGrid({ gridId, digest: '', model, limits }));
  const upOf = new Map<string, { watts: number; vars: number }>();
  for (const { busId, flexibility } of scenario.pods) {
    const pom = poms.get(busId)!;
    const { watts, vars } = upOf.get(pom) ?? { watts: 0, vars: 0 };
    upOf.set(pom, { watts: watts + flexibility.upW, vars: vars + flexibility.upVar });
  }
  const share = (sum: number): number => Math.round(sum * WORST_TSO_SHARE);
  return [...upOf]
    .map(([pom, { watts, vars }]) => ({
      pom,
      largestW: share(watts),
      ...(vars > 0 ? { largestVar: share(vars) } : {}),
    }))
    .sort((a, b) => (a.pom < b.pom ? -1 : 1));
}

/**
 * Lowers the limits of the lines under which most PoDs hang, each to just below its peak; and where
 * PoDs offer reactive power, raises the lowest voltage to just above the least that is forecast.
 */
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
  const note = `${open.note}; lowered: ${lines}`;
  const raised = raisedVoltage(grid, pods, loadingOf(grid, forecast), series, open);
  return { ...open, ...raised, lineLimitA, note };
}

/** The lowest voltage that is allowed where the grid's lowest is forecast; nothing without anybody to raise it. */
function raisedVoltage(
  grid: OperatedGrid,
  pods: readonly ScenarioPod[],
  loading: ReturnType<typeof loadingOf>,
  { busVmPu }: SeriesResult,
  { vMinPerMille, vMaxPerMille, mediumVoltage }: OperatingLimits,
): Partial<OperatingLimits> {
  if (pods.every(({ flexibility }) => flexibility.upVar === 0)) return {};
  const { buses } = grid.compiled.network;
  const worst = busVmPu.reduce((at, value, index) => (value < busVmPu[at]! ? index : at), 0);
  const bus = buses[worst % buses.length]!;
  const mtu = Math.floor(worst / buses.length);
  const ofMtu = (column: Float64Array): Float64Array => {
    const count = column.length / loading.steps;
    return column.slice(mtu * count, (mtu + 1) * count);
  };
  const { steps: _, ...columns } = loading;
  const atMtu = Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [name, ofMtu(column)]),
  ) as typeof columns;
  const answer = sensitivities(grid.compiled, [{ kind: 'busVmPu', id: bus.id }], {
    loading: { steps: 1, ...atMtu },
  });
  if (!answer.converged) return {};
  const { perMvar } = answer.sensitivities[0]!;
  const raisedPu = pods.reduce(
    (sum, { busId, flexibility }) =>
      sum - (perMvar[grid.busIndex.get(busId)!]! * flexibility.upVar) / 1e6,
    0,
  );
  const least = Math.floor((busVmPu[worst]! + ASKED_VAR_SHARE * raisedPu) * 1e6) / 1e3;
  if (bus.vnKv <= LV_KV_MAX) {
    const apart = mediumVoltage ?? { minPerMille: vMinPerMille, maxPerMille: vMaxPerMille };
    return { vMinPerMille: least, mediumVoltage: apart };
  }
  const maxPerMille = mediumVoltage?.maxPerMille ?? vMaxPerMille;
  return { mediumVoltage: { minPerMille: least, maxPerMille } };
}
