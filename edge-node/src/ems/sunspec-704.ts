/**
 * SunSpec model 704, "DER AC controls", as far as a setpoint needs it: offsets from the model's first
 * register, where its number stands. Source: the model definition of the SunSpec Alliance (2022), length 65.
 * A control that is not renewed before its reversion time ends takes the state of `afterReversion`.
 */
export interface SunSpecControl {
  readonly enable: number;
  readonly mode: number;
  /** The mode in which the setpoint is in watts or vars, not in percent. */
  readonly absoluteMode: number;
  /** int32, times ten to the power of what `scaleFactor` holds. */
  readonly setpoint: number;
  /** Whether it stands when the reversion time has ended: 0 or 1. */
  readonly afterReversion: number;
  /** uint32, seconds. */
  readonly reversionTime: number;
  /** int16, from -10 to 10; 0x8000 where the control is not implemented. */
  readonly scaleFactor: number;
}

export const SUNSPEC_704 = {
  model: 704,
  power: {
    enable: 22,
    mode: 23,
    absoluteMode: 1,
    setpoint: 24,
    afterReversion: 30,
    reversionTime: 31,
    scaleFactor: 55,
  },
  reactive: {
    enable: 35,
    mode: 36,
    absoluteMode: 4,
    setpoint: 38,
    afterReversion: 44,
    reversionTime: 45,
    scaleFactor: 57,
  },
} as const satisfies { model: number; power: SunSpecControl; reactive: SunSpecControl };
