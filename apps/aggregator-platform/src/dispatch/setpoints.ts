import { type OutcomeRow, type Setpoint, acceptedByMtu } from '@flexledger/domain';
import type { PortfolioPod } from '../portfolio/portfolio';
import { type DispatchLimit, type FeasibleMtu, feasibleChange } from './feasible-change';

/** A delivery window as it lies in its day. */
export interface DispatchWindow {
  /** ISO 8601 UTC. */
  readonly windowStart: string;
  /** Index in the delivery day of its first MTU. */
  readonly firstMtu: number;
  readonly mtuCount: number;
  /** From the moment setpoints arrive to the window. */
  readonly leadMinutes: number;
}

/** A sold change that the plant does not make, or not whole. */
export interface InfeasibleMtu {
  readonly podId: string;
  /** MTU of the window. */
  readonly mtu: number;
  /** Change of the withdrawal that was sold, and the one the setpoint asks for. */
  readonly soldChangeW: number;
  readonly changeW: number;
  /** `portfolio`: the PoD is not available any more, or has no baseline, and gets no setpoint. */
  readonly limit: DispatchLimit | 'portfolio';
}

/** Setpoints of a window, and what of the sales they do not fulfil. */
export interface Dispatch {
  /** One a PoD, in the order of codes. */
  readonly setpoints: readonly Setpoint[];
  readonly infeasible: readonly InfeasibleMtu[];
}

/**
 * Setpoints of a delivery window from what was sold (FR_AP_A_2): baseline, minus what is sold up, plus
 * what is sold down, as far as the plant's limits allow; null where nothing is sold.
 *
 * @param sold rows of all sessions of the delivery day, `firstMtu` counted from its midnight
 */
export function setpointsFor(
  window: DispatchWindow,
  sold: readonly OutcomeRow[],
  pods: readonly PortfolioPod[],
): Dispatch {
  const { windowStart, firstMtu, mtuCount } = window;
  const known = new Map(pods.map((pod) => [pod.podId, pod]));
  const setpoints: Setpoint[] = [];
  const infeasible: InfeasibleMtu[] = [];
  for (const [podId, changeW] of soldChanges(sold, firstMtu + mtuCount)) {
    const soldChangeW = changeW.slice(firstMtu);
    if (soldChangeW.every((watts) => watts === null)) continue;
    const pod = known.get(podId);
    const feasible = pod ? follow(pod, changeW, window) : undefined;
    soldChangeW.forEach((watts, mtu) => {
      const cut = pod ? feasible?.[mtu]!.cutBy : 'portfolio';
      if (watts === null || !cut) return;
      const followedW = feasible?.[mtu]!.changeW ?? 0;
      infeasible.push({ podId, mtu, soldChangeW: watts, changeW: followedW, limit: cut });
    });
    if (!pod) continue;
    const targetW = soldChangeW.map((watts, mtu) =>
      watts === null ? null : pod.baselineW[firstMtu + mtu]! + (feasible?.[mtu]!.changeW ?? watts),
    );
    setpoints.push({ podId, windowStart, targetW, targetVar: targetW.map(() => null) });
  }
  return { setpoints, infeasible };
}

/** Undefined for a plant without limits, which follows everything. */
function follow(
  { limits }: PortfolioPod,
  changeW: readonly (number | null)[],
  { firstMtu, leadMinutes }: DispatchWindow,
): FeasibleMtu[] | undefined {
  if (!limits) return undefined;
  const before = changeW.slice(0, firstMtu).map((watts) => watts ?? 0);
  const movedWMtu = before.reduce((sum, watts) => sum + Math.abs(watts), 0);
  const lastChangeW = before.at(-1) ?? 0;
  return feasibleChange(changeW.slice(firstMtu), limits, { lastChangeW, movedWMtu, leadMinutes });
}

/**
 * Change of the withdrawal by PoD, in the order of codes, and MTU of the day up to `mtus`; null where
 * nothing is sold. Sales both ways that cancel out are a change of 0: the PoD has to keep its baseline.
 */
function soldChanges(
  sold: readonly OutcomeRow[],
  mtus: number,
): (readonly [string, (number | null)[]])[] {
  const active = sold.filter(({ product }) => product === 'P');
  const sumOf = (direction: OutcomeRow['direction']): Map<string, Float64Array> =>
    acceptedByMtu(
      active.filter((row) => row.direction === direction),
      mtus,
      (row) => row.podId,
    );
  const up = sumOf('up');
  const down = sumOf('down');
  return [...new Set([...up.keys(), ...down.keys()])].sort().map((podId) => {
    const changeW = Array.from({ length: mtus }, (_, mtu) => {
      const upW = up.get(podId)?.[mtu] ?? 0;
      const downW = down.get(podId)?.[mtu] ?? 0;
      return upW === 0 && downW === 0 ? null : downW - upW;
    });
    return [podId, changeW] as const;
  });
}
