/** Optimal balancing of an energy community beside a second programme of it (`testing/balancing-reference.py`). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  type CommunityPlan,
  type CommunitySchedule,
  balancingModel,
  scheduleOf,
  storedByStep,
} from '@flexledger/domain';
import { loadHighsSolver } from './highs';

interface Reference {
  readonly name: string;
  readonly plan: CommunityPlan;
  /** Sum of exchange and its peaks, or of losses, W; null where nothing keeps all limits. */
  readonly optimum: number | null;
}

const FILE = path.join(__dirname, 'testing/balancing-reference.json');
const { optima } = JSON.parse(readFileSync(FILE, 'utf8')) as { readonly optima: Reference[] };

function exchanged({ netW }: CommunitySchedule): number {
  const sum = netW.reduce((total, watts) => total + Math.abs(watts), 0);
  return sum + Math.max(0, ...netW) - Math.min(0, ...netW);
}

function lost({ batteries }: CommunityPlan, schedule: CommunitySchedule): number {
  return schedule.batteries.reduce((sum, { powerW }, index) => {
    const battery = batteries[index]!;
    return powerW.reduce(
      (all, watts) => all + Math.abs(watts - storedByStep(battery, watts, 3_600)),
      sum,
    );
  }, 0);
}

it.each(optima.filter(({ optimum }) => optimum !== null))(
  'is as good as the other programme finds: $name',
  async ({ plan, optimum }) => {
    const { solve } = await loadHighsSolver();
    const { columnValue } = await solve(balancingModel(plan));
    const schedule = scheduleOf(plan, columnValue!);
    const reached = plan.objective === 'losses' ? lost(plan, schedule) : exchanged(schedule);
    // Whole watts: half of one for each battery in each step, and its share of the peaks.
    const rounding = plan.loadW.length * plan.batteries.length;
    expect(Math.abs(reached - optimum!)).toBeLessThan(rounding);
    expectKept(plan, schedule);
  },
);

it.each(optima.filter(({ optimum }) => optimum === null))(
  'there is none: $name',
  async ({ plan }) => {
    const { solve } = await loadHighsSolver();
    expect((await solve(balancingModel(plan))).columnValue).toBeNull();
  },
);

/** Every limit of the plan, computed from its watts. */
function expectKept(plan: CommunityPlan, { netW, generationW, batteries }: CommunitySchedule) {
  netW.forEach((watts, step) => {
    const moved = batteries.reduce((sum, { powerW }) => sum + powerW[step]!, 0);
    expect(watts).toBe(plan.loadW[step]! - generationW[step]! + moved);
    expect(watts).toBeLessThanOrEqual((plan.netMaxW[step] ?? Infinity) + 1);
    expect(watts).toBeGreaterThanOrEqual((plan.netMinW[step] ?? -Infinity) - 1);
  });
  let bulkWh = 0;
  batteries.forEach(({ powerW, storedWh }, index) => {
    const battery = plan.batteries[index]!;
    let wattHours = battery.initialWh;
    powerW.forEach((watts, step) => {
      const stored = storedByStep(battery, watts, plan.stepSeconds);
      wattHours += stored;
      if (plan.bulk && step >= plan.bulk.first && step <= plan.bulk.last) bulkWh += stored;
      expect(Math.abs(storedWh[step]! - wattHours)).toBeLessThanOrEqual(0.5);
      expect(wattHours).toBeLessThanOrEqual(battery.maxWh + 1);
      expect(wattHours).toBeGreaterThanOrEqual(battery.minWh - 1);
      expect(watts).toBeLessThanOrEqual(battery.maxChargeW);
      expect(-watts).toBeLessThanOrEqual(battery.maxDischargeW);
    });
    if (battery.finalWh !== null && battery.owner === 'community') {
      expect(Math.abs(wattHours - battery.finalWh)).toBeLessThanOrEqual(1);
    }
  });
  if (plan.bulk) expect(Math.abs(bulkWh - plan.bulk.energyWh)).toBeLessThanOrEqual(2);
}
