/**
 * What a plant can follow of a wanted change of its power (FR_AP_A_2, D3.3 A.2.2): response and
 * start-up time, ramp and energy. Where it cannot, it goes as far as it can; what is cut off is told,
 * never sent in the hope that it works.
 */
import { MTUS_PER_HOUR, MTU_MINUTES } from '@flexledger/domain';
import type { DispatchLimits } from '../portfolio/portfolio';

/** What stands in the way. */
export type DispatchLimit = 'response' | 'startUp' | 'ramp' | 'energy';

/** Where a plant stands when a window begins, as it was sold. */
export interface PlantState {
  /** Its change from the baseline in the MTU before the window, W, withdrawal positive. */
  readonly lastChangeW: number;
  /** What it has moved on the delivery day before the window, W·MTU, up and down together. */
  readonly movedWMtu: number;
  /** From the setpoint's arrival to the window. */
  readonly leadMinutes: number;
}

export interface FeasibleMtu {
  readonly changeW: number;
  /** The limit that cut the wanted change; null where it is followed. */
  readonly cutBy: DispatchLimit | null;
}

/**
 * Follows a wanted change through a window, MTU by MTU. An MTU without a change leaves the plant free
 * and at its baseline; the next change starts from there.
 *
 * @param wantedW change from the baseline by MTU of the window, withdrawal positive; null where free
 */
export function feasibleChange(
  wantedW: readonly (number | null)[],
  limits: DispatchLimits,
  { lastChangeW, movedWMtu, leadMinutes }: PlantState,
): FeasibleMtu[] {
  let last = lastChangeW;
  let moved = movedWMtu;
  return wantedW.map((wanted, mtu) => {
    const sinceSetpoint = leadMinutes + mtu * MTU_MINUTES;
    const followed = wanted === null ? FREE : follow(wanted, last, moved, sinceSetpoint, limits);
    last = followed.changeW;
    moved += Math.abs(followed.changeW);
    return followed;
  });
}

const FREE: FeasibleMtu = { changeW: 0, cutBy: null };

function follow(
  wantedW: number,
  lastW: number,
  movedWMtu: number,
  sinceSetpoint: number,
  { responseMinutes, startUpMinutes, rampWPerMinute, energyWh }: DispatchLimits,
): FeasibleMtu {
  // Before it answers, a plant goes on as it did; one that stands still needs its start-up too.
  const readyMinutes = responseMinutes + (lastW === 0 ? startUpMinutes : 0);
  const isReady = sinceSetpoint >= readyMinutes;
  const limit = sinceSetpoint >= responseMinutes ? 'startUp' : 'response';
  let changeW = isReady ? wantedW : lastW;
  let cutBy: DispatchLimit | null = changeW === wantedW ? null : limit;
  if (rampWPerMinute !== null) {
    const mostW = rampWPerMinute * MTU_MINUTES;
    const reachedW = Math.min(lastW + mostW, Math.max(lastW - mostW, changeW));
    if (reachedW !== changeW) cutBy = 'ramp';
    changeW = reachedW;
  }
  if (energyWh !== null) {
    const leftW = Math.max(0, energyWh * MTUS_PER_HOUR - movedWMtu);
    if (Math.abs(changeW) > leftW) {
      changeW = leftW === 0 ? 0 : Math.sign(changeW) * leftW;
      cutBy = 'energy';
    }
  }
  return { changeW, cutBy };
}
