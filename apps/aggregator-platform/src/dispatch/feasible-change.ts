/**
 * What a plant can follow of a wanted change of its power (FR_AP_A_2, D3.3 A.2.2): response and
 * start-up time, ramp and energy. Where it cannot, it goes as far as it can; what is cut off is told,
 * never sent in the hope that it works.
 */
import {
  type DispatchLimit,
  type PlantLimits,
  MTUS_PER_HOUR,
  MTU_MINUTES,
} from '@flexledger/domain';

/** Where a plant stands when a window begins. */
export interface PlantState {
  /** Its change from the baseline in the MTU before the window, W, withdrawal positive. */
  readonly lastChangeW: number;
  /** What it has moved on the delivery day before the window, W·MTU, up and down together. */
  readonly movedWMtu: number;
}

export interface FeasibleMtu {
  /** null where the plant is left to itself. */
  readonly changeW: number | null;
  /** The limit that cut the wanted change; null where it is followed. */
  readonly cutBy: DispatchLimit | null;
}

export interface FeasibleWindow {
  readonly mtus: readonly FeasibleMtu[];
  readonly after: PlantState;
}

/**
 * Follows a wanted change through a window, MTU by MTU. An MTU without a change leaves the plant to
 * itself and at its baseline; the next change starts from there. Where its energy ends and it cannot
 * come back within its ramp, it is left to itself too: nothing is asked that breaks a limit.
 *
 * @param wantedW change from the baseline by MTU of the window, withdrawal positive; null where free
 * @param leadMinutes from the setpoint's arrival to the window
 */
export function feasibleChange(
  wantedW: readonly (number | null)[],
  limits: PlantLimits,
  leadMinutes: number,
  before: PlantState,
): FeasibleWindow {
  let state = before;
  const mtus = wantedW.map((wanted, mtu): FeasibleMtu => {
    const sinceSetpoint = leadMinutes + mtu * MTU_MINUTES;
    const followed =
      wanted === null
        ? { changeW: null, cutBy: null }
        : follow(wanted, state, sinceSetpoint, limits);
    const changeW = followed.changeW ?? 0;
    state = { lastChangeW: changeW, movedWMtu: state.movedWMtu + Math.abs(changeW) };
    return followed;
  });
  return { mtus, after: state };
}

function follow(
  wantedW: number,
  { lastChangeW, movedWMtu }: PlantState,
  sinceSetpoint: number,
  { responseMinutes, startUpMinutes, rampWPerMinute, energyWh }: PlantLimits,
): FeasibleMtu {
  // Before it answers, a plant goes on as it did; one that stands still needs its start-up too.
  const readyMinutes = responseMinutes + (lastChangeW === 0 ? startUpMinutes : 0);
  let changeW = sinceSetpoint >= readyMinutes ? wantedW : lastChangeW;
  let cutBy: DispatchLimit | null =
    changeW === wantedW ? null : sinceSetpoint >= responseMinutes ? 'startUp' : 'response';
  const rampW = rampWPerMinute === null ? Infinity : rampWPerMinute * MTU_MINUTES;
  const reachedW = clamp(changeW, lastChangeW - rampW, lastChangeW + rampW);
  if (reachedW !== changeW) {
    changeW = reachedW;
    cutBy = 'ramp';
  }
  const leftW = energyWh === null ? Infinity : Math.max(0, energyWh * MTUS_PER_HOUR - movedWMtu);
  if (Math.abs(changeW) <= leftW) return { changeW, cutBy };
  const heldW = clamp(changeW, -leftW, leftW);
  const isWithinRamp = Math.abs(heldW - lastChangeW) <= rampW && sinceSetpoint >= readyMinutes;
  return { changeW: isWithinRamp ? heldW : null, cutBy: 'energy' };
}

function clamp(value: number, lowest: number, highest: number): number {
  // + 0: no minus zero, which JSON would not give back.
  return Math.min(highest, Math.max(lowest, value)) + 0;
}
