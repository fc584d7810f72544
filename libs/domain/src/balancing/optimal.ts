/**
 * Balancing by optimisation: the schedule of generation and batteries that exchanges the least with the grid, peaks
 * counted once more, or that loses the least in the batteries. A mixed-integer linear programme.
 */
import type { MilpModel } from '../clearing/solver-port';
import {
  type BatterySchedule,
  type CommunityPlan,
  type CommunitySchedule,
  powerForStored,
  storedByStep,
} from './community';

const PPM = 1_000_000;
/** What a choice between charging and discharging may cost before it is given up. */
const LIMITS = { timeLimitSeconds: 5, nodeLimit: 2_000 } as const;
/** A watt counts so much: the solver's objectives are whole numbers, and so is a share of a watt that is lost. */
const PER_WATT = 1_000;

/** Columns of the model: of each step, then of each battery and step. */
interface Layout {
  readonly steps: number;
  readonly importW: (step: number) => number;
  readonly exportW: (step: number) => number;
  readonly generationW: (step: number) => number;
  readonly peakImportW: number;
  readonly peakExportW: number;
  readonly chargeW: (battery: number, step: number) => number;
  readonly dischargeW: (battery: number, step: number) => number;
  /** At the end of a step. */
  readonly storedWh: (battery: number, step: number) => number;
  readonly isCharging: (battery: number, step: number) => number;
  readonly count: number;
}

function layoutOf({ loadW, batteries }: CommunityPlan): Layout {
  const steps = loadW.length;
  const peaks = 3 * steps;
  const perBattery = 4 * steps;
  const first = (battery: number): number => peaks + 2 + battery * perBattery;
  return {
    steps,
    importW: (step) => step,
    exportW: (step) => steps + step,
    generationW: (step) => 2 * steps + step,
    peakImportW: peaks,
    peakExportW: peaks + 1,
    chargeW: (battery, step) => first(battery) + step,
    dischargeW: (battery, step) => first(battery) + steps + step,
    storedWh: (battery, step) => first(battery) + 2 * steps + step,
    isCharging: (battery, step) => first(battery) + 3 * steps + step,
    count: peaks + 2 + batteries.length * perBattery,
  };
}

/**
 * The programme. Outside a bulk window batteries are charged with the community's own surplus alone, and nothing
 * is imported that the community does not lack (`pymfm`'s rules of deficit and surplus); within it they may be
 * charged from the grid, as that is what it is for.
 */
export function balancingModel(plan: CommunityPlan): MilpModel {
  const { batteries, stepSeconds } = plan;
  const layout = layoutOf(plan);
  const lower = new Float64Array(layout.count);
  const upper = new Float64Array(layout.count).fill(Infinity);
  const isInteger = new Uint8Array(layout.count);
  const rows = newRows();
  for (let step = 0; step < layout.steps; step += 1) {
    const beforeW = plan.loadW[step]! - plan.generationW[step]!;
    const isBulk = inBulk(plan, step);
    const generation = layout.generationW(step);
    upper[generation] = plan.generationW[step]!;
    lower[generation] = plan.mayCurtail ? 0 : plan.generationW[step]!;
    rows.add(plan.loadW[step]!, plan.loadW[step]!, [
      [layout.importW(step), 1],
      [layout.exportW(step), -1],
      [generation, 1],
      ...batteries.flatMap((_, battery): Term[] => [
        [layout.dischargeW(battery, step), 1],
        [layout.chargeW(battery, step), -1],
      ]),
    ]);
    rows.add(plan.netMinW[step] ?? -Infinity, plan.netMaxW[step] ?? Infinity, [
      [layout.importW(step), 1],
      [layout.exportW(step), -1],
    ]);
    rows.add(-Infinity, 0, [[layout.importW(step), 1], [layout.peakImportW, -1]]); // prettier-ignore
    rows.add(-Infinity, 0, [[layout.exportW(step), 1], [layout.peakExportW, -1]]); // prettier-ignore
    if (!isBulk) {
      upper[layout.importW(step)] = Math.max(beforeW, 0);
      const charged = batteries.map((_, battery): Term => [layout.chargeW(battery, step), 1]);
      rows.add(-Infinity, Math.max(-beforeW, 0), charged);
    }
    batteries.forEach((battery, index) => {
      const [charge, discharge] = [layout.chargeW(index, step), layout.dischargeW(index, step)];
      const mayCharge = isBulk || beforeW < 0;
      const mayDischarge = battery.owner === 'community';
      upper[charge] = mayCharge ? battery.maxChargeW : 0;
      upper[discharge] = mayDischarge ? battery.maxDischargeW : 0;
      const choice = layout.isCharging(index, step);
      upper[choice] = 1;
      if (mayCharge && mayDischarge) {
        isInteger[choice] = 1;
        rows.add(-Infinity, 0, [[charge, 1], [choice, -battery.maxChargeW]]); // prettier-ignore
        rows.add(-Infinity, battery.maxDischargeW, [[discharge, 1], [choice, battery.maxDischargeW]]); // prettier-ignore
      }
      const stored = layout.storedWh(index, step);
      lower[stored] = battery.minWh;
      upper[stored] = battery.maxWh;
      const before = step === 0 ? battery.initialWh : 0;
      rows.add(before, before, [
        [stored, 1],
        ...(step === 0 ? [] : [[layout.storedWh(index, step - 1), -1] as const]),
        [charge, -storedByStep(battery, 1, stepSeconds)],
        [discharge, -storedByStep(battery, -1, stepSeconds)],
      ]);
    });
  }
  batteries.forEach((battery, index) => {
    if (battery.finalWh === null) return;
    const isHousehold = battery.owner === 'household';
    const end = layout.storedWh(index, (isHousehold ? plan.dayEndStep : layout.steps) - 1);
    lower[end] = upper[end] = isHousehold ? battery.maxWh : battery.finalWh;
  });
  addBulk(plan, layout, rows);
  return {
    columnLower: lower,
    columnUpper: upper,
    isInteger,
    ...rows.made(),
    objectives: objectivesOf(plan, layout),
    start: { columns: new Int32Array(0), values: new Float64Array(0) },
    limits: LIMITS,
  };
}

function addBulk(plan: CommunityPlan, layout: Layout, rows: Rows): void {
  const { bulk, batteries, stepSeconds } = plan;
  if (!bulk) return;
  const terms: Term[] = [];
  for (let step = bulk.first; step <= bulk.last; step += 1) {
    batteries.forEach((battery, index) => {
      terms.push(
        [layout.chargeW(index, step), storedByStep(battery, 1, stepSeconds)],
        [layout.dischargeW(index, step), storedByStep(battery, -1, stepSeconds)],
      );
    });
  }
  rows.add(bulk.energyWh, bulk.energyWh, terms);
}

function objectivesOf(plan: CommunityPlan, layout: Layout): Float64Array[] {
  const exchange = new Float64Array(layout.count);
  const losses = new Float64Array(layout.count);
  exchange[layout.peakImportW] = PER_WATT;
  exchange[layout.peakExportW] = PER_WATT;
  for (let step = 0; step < layout.steps; step += 1) {
    exchange[layout.importW(step)] = PER_WATT;
    exchange[layout.exportW(step)] = PER_WATT;
    plan.batteries.forEach(({ chargeEfficiencyPpm, dischargeEfficiencyPpm }, index) => {
      losses[layout.chargeW(index, step)] = Math.round(
        (PER_WATT * (PPM - chargeEfficiencyPpm)) / PPM,
      );
      losses[layout.dischargeW(index, step)] = Math.round(
        (PER_WATT * (PPM - dischargeEfficiencyPpm)) / dischargeEfficiencyPpm,
      );
    });
  }
  return plan.objective === 'losses' ? [losses, exchange] : [exchange, losses];
}

/** The schedule that the solver's proposal means, in whole watts; net power follows from them exactly. */
export function scheduleOf(plan: CommunityPlan, columnValue: Float64Array): CommunitySchedule {
  const layout = layoutOf(plan);
  const steps = Array.from({ length: layout.steps }, (_, step) => step);
  const generationW = steps.map((step) => Math.round(columnValue[layout.generationW(step)]!));
  const batteries = plan.batteries.map((battery, index): BatterySchedule => {
    let storedWh = battery.initialWh;
    const powerW: number[] = [];
    const stored = steps.map((step) => {
      // What is stored is followed, so that rounding to whole watts does not add up.
      const changeWh = columnValue[layout.storedWh(index, step)]! - storedWh;
      const wantedW = Math.round(powerForStored(battery, changeWh, plan.stepSeconds));
      const watts = Math.max(-battery.maxDischargeW, Math.min(battery.maxChargeW, wantedW)) + 0;
      powerW.push(watts);
      storedWh += storedByStep(battery, watts, plan.stepSeconds);
      return Math.round(storedWh);
    });
    return { batteryId: battery.batteryId, powerW, storedWh: stored };
  });
  const netW = steps.map((step) =>
    batteries.reduce(
      (sum, { powerW }) => sum + powerW[step]!,
      plan.loadW[step]! - generationW[step]!,
    ),
  );
  return { generationW, netW, batteries };
}

function inBulk({ bulk }: CommunityPlan, step: number): boolean {
  return bulk !== null && step >= bulk.first && step <= bulk.last;
}

type Term = readonly [column: number, value: number];
type Rows = ReturnType<typeof newRows>;

/** Rows of a sparse matrix, one after the other. */
function newRows() {
  const lower: number[] = [];
  const upper: number[] = [];
  const start: number[] = [0];
  const columns: number[] = [];
  const values: number[] = [];
  return {
    add(least: number, most: number, terms: readonly Term[]): void {
      for (const [column, value] of terms) {
        columns.push(column);
        values.push(value);
      }
      lower.push(least);
      upper.push(most);
      start.push(columns.length);
    },
    made: () => ({
      rowLower: Float64Array.from(lower),
      rowUpper: Float64Array.from(upper),
      rowStart: Int32Array.from(start),
      rowColumn: Int32Array.from(columns),
      rowValue: Float64Array.from(values),
    }),
  };
}
