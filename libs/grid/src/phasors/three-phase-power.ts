/** Active and reactive power from the phasors of three phases, as a phasor measurement unit reads them. */

/** Phases, in their order of rotation. */
export const PHASES = ['L1', 'L2', 'L3'] as const;
export type Phase = (typeof PHASES)[number];

/** Effective values and angles against one reference. */
export interface PhaseReading {
  /** Phase to neutral. */
  readonly voltageV: number;
  readonly voltageDegree: number;
  readonly currentA: number;
  readonly currentDegree: number;
}

export interface PhasePower {
  readonly activeW: number;
  /** Positive where the current lags the voltage. */
  readonly reactiveVar: number;
}

export interface ThreePhasePower {
  readonly phases: Readonly<Record<Phase, PhasePower>>;
  readonly total: PhasePower;
}

/** S = V · I* of each phase, and their sum. */
export function threePhasePower(readings: Readonly<Record<Phase, PhaseReading>>): ThreePhasePower {
  const phases = {
    L1: phasePower(readings.L1),
    L2: phasePower(readings.L2),
    L3: phasePower(readings.L3),
  };
  const sum = (member: keyof PhasePower): number =>
    PHASES.reduce((total, phase) => total + phases[phase][member], 0);
  return { phases, total: { activeW: sum('activeW'), reactiveVar: sum('reactiveVar') } };
}

function phasePower(reading: PhaseReading): PhasePower {
  const apparentVa = reading.voltageV * reading.currentA;
  const angle = ((reading.voltageDegree - reading.currentDegree) * Math.PI) / 180;
  return { activeW: apparentVa * Math.cos(angle), reactiveVar: apparentVa * Math.sin(angle) };
}
