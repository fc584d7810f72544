import type { Product } from '../units/units';

/**
 * Everything that another DSO would decide otherwise (DESIGN 2, rule 6): one validated, versioned
 * file whose digest stands in `SessionScheduled`. Nothing of it is a constant in code.
 */
export interface RulePack {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  /** IANA zone of the delivery day. */
  readonly timeZone: string;
  readonly calendar: Calendar;
  /** What sessions trade; absent = active and reactive power. */
  readonly products?: readonly Product[];
  /** Whether a system operator has to qualify a service before it is offered; absent = unless it refuses. */
  readonly qualification?: 'required';
  /** Least active power of an offer, W: what an EMS cannot control is no service; absent = any. */
  readonly leastQuantityW?: number;
  readonly pricing: 'payAsBid' | 'payAsClear';
  readonly objective: Objective;
  readonly validation: ValidationRules;
  readonly baseline: BaselineRules;
  readonly settlement: SettlementRules;
  /** What the DSO counts as a violation on a grid that is published without limits of its own. */
  readonly grid?: GridRules;
}

/** Thresholds of alarms, per mille of nominal voltage and of rated current or power. */
export interface GridRules {
  /** Nominal voltages up to and including 1 kV. */
  readonly lowVoltage: VoltageBand;
  /** Above. */
  readonly mediumVoltage: VoltageBand;
  readonly lineLimitPerMille: number;
  readonly transformerLimitPerMille: number;
}

export interface VoltageBand {
  readonly minPerMille: number;
  readonly maxPerMille: number;
}

/** A local clock time, so many days from the delivery day. */
export interface LocalTime {
  readonly dayOffset: number;
  /** `HH:MM` */
  readonly time: string;
}

export interface Calendar {
  readonly dayAhead: {
    readonly gateOpens: LocalTime;
    readonly gateCloses: LocalTime;
    readonly resultDue: LocalTime;
  };
  readonly realTime: {
    readonly windowHours: number;
    readonly gateOpensBeforeMinutes: number;
    readonly gateClosesBeforeMinutes: number;
    readonly resultDueBeforeMinutes: number;
  };
  /** Setpoints leave so long before their window. */
  readonly setpointsBeforeMinutes: number;
}

export interface Objective {
  /** Relative weights of money and of the providers' reliability index; whole numbers. */
  readonly costWeight: number;
  readonly reliabilityWeight: number;
}

export interface ValidationRules {
  /** Most fill-up rounds after the first validation. */
  readonly fillUpRounds: number;
  /** What the DSO has not answered so long after it was asked is KO. */
  readonly answerWithinMinutes: number;
}

/**
 * How the baseline of a PoD is found (`libs/domain/src/baseline`). Only the members of the chosen
 * method are read.
 */
export type BaselineMethod =
  'nominated' | 'meanXOfY' | 'rollingWorkingDays' | 'meterBefore' | 'zero';

export interface BaselineRules {
  /**
   * `nominated`: as the aggregator declared it; `meanXOfY`: mean of the X highest of the last Y like
   * days; `rollingWorkingDays`: mean of all of the last Y like days; `meterBefore`: what was measured
   * last before the activation, held; `zero`: nothing.
   */
  readonly method: BaselineMethod;
  /** Days that are averaged; also the least that must be known of the last Y. */
  readonly daysX: number;
  readonly daysY: number;
  /** Ex-post shift of a mean by the mean difference over so long before activation; 0 = none. */
  readonly adjustmentMinutes: number;
  /**
   * How the baseline of reactive power is found; absent = as that of active power. Where that is
   * nominated and a PoD's reactive power is not, `meterBefore`.
   */
  readonly reactiveMethod?: Exclude<BaselineMethod, 'nominated'>;
  /** Days on which the PoD had sold flexibility are no like days; absent = they are. */
  readonly excludeActivationDays?: boolean;
  /** How many civil days back like days are looked for; absent = a week for each of the Y days. */
  readonly lookBackDays?: number;
  /** Days that count as Sundays: `MM-DD` every year, `YYYY-MM-DD` once; absent = none. */
  readonly holidays?: readonly string[];
}

export interface SettlementRules {
  /** Settlement is computed so long after the delivery period ends. */
  readonly afterMinutes: number;
  /**
   * So many days after the first settlement, once a day, late measurements still lead to a correcting
   * one; absent = 0, the first settlement is final.
   */
  readonly correctUntilDays?: number;
  /**
   * Penalty as a share of the MTU's pay by deviation from the setpoint: points in rising order of
   * deviation; `step` holds a value until the next point, `linear` joins the points.
   */
  readonly penalty: {
    readonly interpolation: 'step' | 'linear';
    readonly points: readonly PenaltyPoint[];
  };
}

export interface PenaltyPoint {
  readonly deviationPerMille: number;
  readonly penaltyPerMille: number;
}

/** `RulePackAdopted` in stream `rulePack-{digest}`: the pack itself, once, so that a replay has it. */
export interface RulePackAdopted {
  readonly type: 'RulePackAdopted';
  readonly data: { readonly digest: string; readonly rulePack: RulePack };
}

/** Stream that holds a pack. */
export const rulePackStream = (digest: string): string => `rulePack-${digest}`;
