/**
 * From violations to requests (FR_DTP_ROF_3): how much less (or more) power under an element brings
 * it back into its limits. First order by the sensitivities of the power flow, then checked by the AC
 * power flow and corrected, a few times; what remains is told with the violation.
 */
import type { Direction } from '@flexledger/domain';
import { type Quantity, busesBelow, sensitivities, solveSeries } from '@flexledger/grid';
import { type GridForecast, loadingOf } from '../forecast/grid-forecast';
import type { OperatedGrid } from '../grid-model/operated-grid';
import { type Violation, findViolations, violatedMtus } from './violations';

/** What the DSO needs under one element. */
export interface FlexibilityNeed {
  readonly violation: Violation;
  readonly direction: Direction;
  /** PoDs that help, in the order of their codes. */
  readonly podIds: readonly string[];
  /** W by MTU. */
  readonly quantityW: number[];
}

/** Power is asked for in steps of this size, upwards. */
const STEP_W = 10;
/** Corrections by the AC power flow; a violation left after them needs more than these PoDs. */
const ROUNDS = 24;
/** Part of the largest sensitivity that a bus must have to count as helping a voltage. */
const HELPS = 0.5;

/**
 * Needs of a forecast, elements farthest from the supply first, so that relief further down counts
 * for what lies above it.
 *
 * @param sold change of the withdrawal that is already bought, by bus index, W by MTU
 */
export function sizeNeeds(
  grid: OperatedGrid,
  forecast: GridForecast,
  sold: ReadonlyMap<number, Float64Array>,
): { readonly violations: Violation[]; readonly needs: FlexibilityNeed[] } {
  const changeW = new Map([...sold].map(([bus, watts]) => [bus, Float64Array.from(watts)]));
  const solve = (): Violation[] =>
    findViolations(grid, solveSeries(grid.compiled, loadingOf(grid, forecast, changeW)));
  const violations = solve();
  const scopes = new Map(
    violations.map((violation) => [keyOf(violation), scopeOf(grid, violation)]),
  );
  const needs = new Map<string, FlexibilityNeed>();
  const state: Sizing = { grid, forecast, changeW, needs };
  for (let round = 0, left = violations; round < ROUNDS && left.length > 0; round += 1) {
    const [next] = left
      .filter((violation) => (scopes.get(keyOf(violation))?.podIds.length ?? 0) > 0)
      .sort((a, b) => scopes.get(keyOf(a))!.podIds.length - scopes.get(keyOf(b))!.podIds.length);
    if (!next) break;
    for (const violation of left.filter((other) => keyOf(other) === keyOf(next))) {
      relieve(state, scopes.get(keyOf(violation))!, violation);
    }
    left = solve();
    for (const violation of left) {
      if (!scopes.has(keyOf(violation))) scopes.set(keyOf(violation), scopeOf(grid, violation));
    }
  }
  return { violations, needs: [...needs.values()] };
}

/** What is known of the needs so far. */
interface Sizing {
  readonly grid: OperatedGrid;
  readonly forecast: GridForecast;
  /** Change of the withdrawal by bus index, W by MTU: sold and asked for. */
  readonly changeW: Map<number, Float64Array>;
  readonly needs: Map<string, FlexibilityNeed>;
}

interface Scope {
  readonly podIds: readonly string[];
  /** Share of the relief by bus index; sums to 1. */
  readonly share: ReadonlyMap<number, number>;
}

const keyOf = ({ elementType, elementId, kind }: Violation): string =>
  `${elementType}/${elementId}/${kind}`;

/** PoDs under an overloaded element; for a voltage those on the buses that move it most. */
function scopeOf(grid: OperatedGrid, violation: Violation): Scope {
  const { network } = grid.compiled;
  const buses =
    violation.elementType === 'bus'
      ? helpingBuses(grid, violation)
      : new Set(busesBelow(network, violation.elementId));
  const pods = [...grid.busOfPod].filter(([, busId]) => buses.has(busId));
  const share = new Map<number, number>();
  for (const [, busId] of pods) {
    const bus = grid.busIndex.get(busId)!;
    share.set(bus, (share.get(bus) ?? 0) + 1 / pods.length);
  }
  return { podIds: pods.map(([podId]) => podId).sort(), share };
}

function helpingBuses(grid: OperatedGrid, violation: Violation): Set<string> {
  const slopes = slopesOf(grid, violation, undefined);
  if (!slopes) return new Set();
  const largest = slopes.reduce((most, slope) => Math.max(most, Math.abs(slope)), 0);
  const helping = grid.compiled.network.buses.filter(
    (_, bus) => Math.abs(slopes[bus]!) >= HELPS * largest,
  );
  return new Set(helping.map((bus) => bus.id));
}

/** Adds to the need of a violated element what the sensitivities say is missing. */
function relieve(state: Sizing, scope: Scope, violation: Violation): void {
  const { grid, forecast, changeW, needs } = state;
  const direction: Direction = violation.kind === 'overVoltage' ? 'down' : 'up';
  const key = keyOf(violation);
  let need = needs.get(key);
  if (!need) {
    const quantityW = new Array<number>(forecast.mtuCount).fill(0);
    needs.set(key, (need = { violation, direction, podIds: scope.podIds, quantityW }));
  }
  const loading = loadingOf(grid, forecast, changeW);
  for (const mtu of violatedMtus(violation)) {
    const slopes = slopesOf(grid, violation, { loading, step: mtu });
    if (!slopes) continue;
    let slopePerMw = 0;
    for (const [bus, part] of scope.share) slopePerMw += part * slopes[bus]!;
    const excess = violation.value[mtu]! - violation.limit;
    const reliefW = (excess / slopePerMw) * 1e6 * (direction === 'up' ? 1 : -1);
    if (!Number.isFinite(reliefW) || reliefW <= 0) continue;
    const askedW = Math.ceil(reliefW / STEP_W) * STEP_W;
    need.quantityW[mtu]! += askedW;
    const movedW = direction === 'up' ? -askedW : askedW;
    for (const [bus, part] of scope.share) {
      let change = changeW.get(bus);
      if (!change) changeW.set(bus, (change = new Float64Array(forecast.mtuCount)));
      change[mtu]! += movedW * part;
    }
  }
}

/** Change of the violated quantity per MW withdrawn at each bus, in the violation's unit. */
function slopesOf(
  grid: OperatedGrid,
  { elementType, elementId }: Violation,
  at: Parameters<typeof sensitivities>[2],
): Float64Array | undefined {
  const kind: Quantity['kind'] =
    elementType === 'line'
      ? 'lineIKa'
      : elementType === 'bus'
        ? 'busVmPu'
        : 'transformerLoadingPercent';
  const answer = sensitivities(grid.compiled, [{ kind, id: elementId }], at);
  if (!answer.converged) return undefined;
  const { perMw } = answer.sensitivities[0]!;
  return kind === 'lineIKa' ? perMw.map((kiloAmperes) => kiloAmperes * 1e3) : perMw;
}
