/** Balancing by rule: one battery takes up what the community has too much of, and gives what it lacks. */
import {
  type CommunityBattery,
  type CommunityMoment,
  type CommunityPlan,
  type CommunitySchedule,
  powerForStored,
  storedByStep,
} from './community';

/** What a battery does in one step for a net power that is to become another one. */
interface RuledStep {
  readonly powerW: number;
  readonly storedWh: number;
}

/**
 * A step by rule: the battery takes the whole difference, as far as its power and its store go. Whole watts,
 * towards zero, so that no limit is passed.
 */
function ruledStep(
  battery: CommunityBattery,
  storedWh: number,
  differenceW: number,
  stepSeconds: number,
): RuledStep {
  const most = Math.min(
    battery.maxChargeW,
    powerForStored(battery, Math.max(battery.maxWh - storedWh, 0), stepSeconds),
  );
  const least = Math.max(
    -battery.maxDischargeW,
    powerForStored(battery, Math.min(battery.minWh - storedWh, 0), stepSeconds),
  );
  const powerW = Math.trunc(Math.max(least, Math.min(most, differenceW))) + 0;
  return { powerW, storedWh: storedWh + storedByStep(battery, powerW, stepSeconds) };
}

/** A schedule by rule: net power as near zero as one battery keeps it, without looking ahead. */
export function ruleBasedSchedule(plan: CommunityPlan): CommunitySchedule {
  const battery = plan.batteries[0]!;
  let storedWh = battery.initialWh;
  const powerW: number[] = [];
  const stored: number[] = [];
  const netW = plan.loadW.map((loadW, step) => {
    const before = loadW - plan.generationW[step]!;
    const ruled = ruledStep(battery, storedWh, -before, plan.stepSeconds);
    storedWh = ruled.storedWh;
    powerW.push(ruled.powerW);
    stored.push(Math.round(storedWh));
    return before + ruled.powerW;
  });
  return {
    generationW: plan.generationW,
    netW,
    batteries: [{ batteryId: battery.batteryId, powerW, storedWh: stored }],
  };
}

/** What the battery does now for the net power that the grid asks for. */
export function ruleBasedMoment(moment: CommunityMoment): CommunitySchedule {
  const { battery, measuredNetW, requestedNetW, stepSeconds } = moment;
  const { powerW, storedWh } = ruledStep(
    battery,
    battery.initialWh,
    requestedNetW - measuredNetW,
    stepSeconds,
  );
  return {
    generationW: [],
    netW: [measuredNetW + powerW],
    batteries: [
      {
        batteryId: battery.batteryId,
        powerW: [powerW],
        storedWh: [Math.round(storedWh)],
      },
    ],
  };
}
