import type { InfeasibleMtu, OutcomeRow, Setpoint } from '@flexledger/domain';
import type { PortfolioPod } from '../portfolio/portfolio';
import { type FeasibleMtu, type PlantState, feasibleChange } from './feasible-change';
import { type SoldChange, soldChanges } from './sold-changes';

/** A delivery window as it lies in its day. */
export interface DispatchWindow {
  /** ISO 8601 UTC. */
  readonly windowStart: string;
  /** Index in the delivery day of its first MTU. */
  readonly firstMtu: number;
  readonly mtuCount: number;
  /** Indices in the day of the MTUs with which its windows begin, this one and those before. */
  readonly windowStarts: readonly number[];
  /** From the moment setpoints arrive to their window. */
  readonly leadMinutes: number;
}

/** Setpoints of a window, and what of the sales they do not fulfil. */
export interface Dispatch {
  /** One a PoD, in the order of codes. */
  readonly setpoints: readonly Setpoint[];
  readonly infeasible: readonly InfeasibleMtu[];
}

/**
 * Setpoints of a delivery window from what was sold (FR_AP_A_2): baseline, minus what is sold up, plus
 * what is sold down, active power as far as the plant's limits allow; null where nothing is sold.
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
  const active = soldChanges(sold, firstMtu + mtuCount, 'P');
  const reactive = soldChanges(sold, firstMtu + mtuCount, 'Q');
  const nothing: SoldChange = new Array<null>(firstMtu + mtuCount).fill(null);
  for (const podId of [...new Set([...active.keys(), ...reactive.keys()])].sort()) {
    const changeW = active.get(podId) ?? nothing;
    const soldChangeW = changeW.slice(firstMtu);
    const soldChangeVar = (reactive.get(podId) ?? nothing).slice(firstMtu);
    if ([...soldChangeW, ...soldChangeVar].every((change) => change === null)) continue;
    const pod = known.get(podId);
    const feasible = pod ? follow(pod, changeW, window) : undefined;
    soldChangeW.forEach((watts, mtu) => {
      const cut = pod ? feasible?.[mtu]!.cutBy : 'portfolio';
      if (watts === null || !cut) return;
      const followedW = feasible?.[mtu]!.changeW ?? 0;
      infeasible.push({ podId, mtu, soldChangeW: watts, changeW: followedW, limit: cut });
    });
    const { baselineVar } = pod ?? {};
    soldChangeVar.forEach((change, mtu) => {
      if (change === null || baselineVar) return;
      const missed = { soldChangeW: change, changeW: 0, limit: 'portfolio' as const };
      infeasible.push({ podId, product: 'Q', mtu, ...missed });
    });
    if (!pod) continue;
    const targetW = soldChangeW.map((watts, mtu) => {
      const askedW = feasible ? feasible[mtu]!.changeW : watts;
      return askedW === null ? null : pod.baselineW[firstMtu + mtu]! + askedW;
    });
    const targetVar = soldChangeVar.map((change, mtu) =>
      change === null || !baselineVar ? null : baselineVar[firstMtu + mtu]! + change,
    );
    if ([...targetW, ...targetVar].every((target) => target === null)) continue;
    setpoints.push({ podId, windowStart, targetW, targetVar });
  }
  return { setpoints, infeasible };
}

/**
 * What a plant follows in the window, from where the windows before left it: what they could not
 * deliver was not moved. Undefined for a plant without limits, which follows everything.
 */
function follow(
  { limits }: PortfolioPod,
  changeW: SoldChange,
  { firstMtu, mtuCount, windowStarts, leadMinutes }: DispatchWindow,
): readonly FeasibleMtu[] | undefined {
  if (!limits) return undefined;
  let state: PlantState = { lastChangeW: 0, movedWMtu: 0 };
  for (const [index, start] of windowStarts.entries()) {
    if (start >= firstMtu) break;
    const wanted = changeW.slice(start, Math.min(firstMtu, windowStarts[index + 1] ?? firstMtu));
    state = feasibleChange(wanted, limits, leadMinutes, state).after;
  }
  const wanted = changeW.slice(firstMtu, firstMtu + mtuCount);
  return feasibleChange(wanted, limits, leadMinutes, state).mtus;
}
