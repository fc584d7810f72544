/**
 * SunSpec models 123 ("Immediate Controls") and 124 ("Storage"), as far as a setpoint needs them: offsets from the model's first
 * register, where its number stands. Source: the model definitions of the SunSpec Alliance, 24 registers each. They
 * tell one device in percent of what it can; 121 ("Basic Settings") has what that is.
 */
export const SUNSPEC_121 = { model: 121, powerMaxW: 2, powerMaxScale: 22 } as const;

/** A control that lapses by itself. */
export interface PercentControl {
  /** Where it is switched on, and the words that do. */
  readonly enable: number;
  readonly enabled: number;
  /** uint16, seconds; 0xffff where the device has no such timer. */
  readonly reversionTime: number;
  /** int16, from -10 to 10; 0x8000 where the control is not implemented. */
  readonly scaleFactor: number;
}

/** Limits what an inverter feeds in, and sets its reactive power, in percent of its greatest active power. */
export const SUNSPEC_123 = {
  model: 123,
  /** uint16. */
  limit: { setpoint: 5, reversionTime: 7, enable: 9, enabled: 1, scaleFactor: 23 },
  /** int16; its mode says of what it is a part: 1 of the greatest active power. */
  reactive: {
    setpoint: 15,
    reversionTime: 19,
    mode: 21,
    ofActivePower: 1,
    enable: 22,
    enabled: 1,
    scaleFactor: 25,
  },
} as const;

/**
 * Holds what a battery charges and discharges at, int16 each, in percent of the greatest charging power. A window of one
 * value is a setpoint: discharging at most at minus the charging rate is charging.
 */
export const SUNSPEC_124 = {
  model: 124,
  /** uint16. */
  chargeMaxW: 2,
  chargeMaxScale: 18,
  rates: {
    discharge: 12,
    charge: 13,
    reversionTime: 15,
    enable: 5,
    /** Both bits: charging and discharging. */
    enabled: 3,
    scaleFactor: 25,
  },
} as const;
