/**
 * An energy community that is balanced behind its point of connection: what it withdraws and generates step by
 * step, its batteries, what it may exchange with the grid, and a window in which its batteries take in or deliver
 * a bulk of energy (Platone's German demonstration; after RWTH Aachen's `pymfm`). Power in W, consumption and
 * charging positive.
 */

/** A battery of the community, at the community's side of its inverter. */
export interface CommunityBattery {
  readonly batteryId: string;
  /** A household's is charged only, and full at the end of daylight. */
  readonly owner: 'community' | 'household';
  readonly capacityWh: number;
  readonly initialWh: number;
  readonly minWh: number;
  readonly maxWh: number;
  /** Stored at the end of the horizon, of a household's all that it takes; null where it may be anything. */
  readonly finalWh: number | null;
  readonly maxChargeW: number;
  readonly maxDischargeW: number;
  /** Parts per million of what is taken from the community that is stored. */
  readonly chargeEfficiencyPpm: number;
  /** Parts per million of what leaves the store that the community gets. */
  readonly dischargeEfficiencyPpm: number;
}

/** What is asked of a schedule. */
export interface CommunityPlan {
  /** Begin of the first step, ISO 8601 UTC. */
  readonly startAt: string;
  readonly stepSeconds: number;
  readonly loadW: readonly number[];
  readonly generationW: readonly number[];
  /** Generation may be held back. */
  readonly mayCurtail: boolean;
  /** What is exchanged with the grid, step by step; null where there is no limit. Import positive. */
  readonly netMaxW: readonly (number | null)[];
  readonly netMinW: readonly (number | null)[];
  /** Step before whose begin households' batteries are full, 1 to the number of steps. */
  readonly dayEndStep: number;
  readonly bulk: BulkWindow | null;
  readonly batteries: readonly CommunityBattery[];
  /** What is made least first; the other counts among equals. */
  readonly objective: 'exchange' | 'losses';
}

/** Steps from `first` up to and including `last` in which batteries store (positive) or give (negative) this much. */
export interface BulkWindow {
  readonly first: number;
  readonly last: number;
  readonly energyWh: number;
}

/** One moment: what is measured, and what the grid asks for. */
export interface CommunityMoment {
  readonly at: string;
  readonly stepSeconds: number;
  readonly measuredNetW: number;
  readonly requestedNetW: number;
  readonly battery: CommunityBattery;
}

/** What a battery does; charging positive, stored energy at the end of each step. */
export interface BatterySchedule {
  readonly batteryId: string;
  readonly powerW: readonly number[];
  readonly storedWh: readonly number[];
}

/** What the community does, step by step. */
export interface CommunitySchedule {
  readonly generationW: readonly number[];
  /** Exchanged with the grid; import positive. */
  readonly netW: readonly number[];
  readonly batteries: readonly BatterySchedule[];
}

const PPM = 1_000_000;
const HOUR_S = 3_600;

/** Energy that one step at a power adds to a battery's store, Wh; negative where it is discharged. */
export function storedByStep(
  battery: CommunityBattery,
  powerW: number,
  stepSeconds: number,
): number {
  const hours = stepSeconds / HOUR_S;
  return powerW >= 0
    ? (powerW * hours * battery.chargeEfficiencyPpm) / PPM
    : (powerW * hours * PPM) / battery.dischargeEfficiencyPpm;
}

/** Power at the community's side that changes the store by so much in one step, W. */
export function powerForStored(
  battery: CommunityBattery,
  changeWh: number,
  stepSeconds: number,
): number {
  const hours = stepSeconds / HOUR_S;
  return changeWh >= 0
    ? (changeWh * PPM) / battery.chargeEfficiencyPpm / hours
    : (changeWh * battery.dischargeEfficiencyPpm) / PPM / hours;
}
