/** Balancing by rule, beside what pymfm does by its own (`libs/solver/src/testing/balancing-reference.py`). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { CommunityBattery, CommunityPlan } from './community';
import { ruleBasedMoment, ruleBasedSchedule } from './rule-based';

const FILE = path.join(__dirname, '../../../solver/src/testing/balancing-reference.json');
const { pymfm, optima } = JSON.parse(readFileSync(FILE, 'utf8')) as {
  readonly optima: readonly { readonly plan: CommunityPlan }[];
  readonly pymfm: {
    readonly moments: readonly {
      readonly measuredKw: number;
      readonly requestedKw: number;
      readonly initialPercent: number;
      readonly batteryKw: number;
      readonly storedPercent: number;
    }[];
    readonly schedule: readonly { netKw: number; batteryKw: number; storedPercent: number }[];
  };
};

/** The battery that pymfm was asked with. */
const battery: CommunityBattery = {
  ...optima[0]!.plan.batteries[0]!,
  chargeEfficiencyPpm: 1_000_000,
  dischargeEfficiencyPpm: 1_000_000,
};

it.each(pymfm.moments)(
  'for $requestedKw kW asked at $measuredKw kW the battery at $initialPercent % does as pymfm says',
  ({ measuredKw, requestedKw, initialPercent, batteryKw, storedPercent }) => {
    const { batteries, netW } = ruleBasedMoment({
      at: '2026-06-15T00:00:00.000Z',
      stepSeconds: 900,
      measuredNetW: measuredKw * 1_000,
      requestedNetW: requestedKw * 1_000,
      battery: { ...battery, initialWh: (battery.capacityWh * initialPercent) / 100 },
    });
    expect(batteries[0]!.powerW).toEqual([batteryKw * 1_000]);
    expect(batteries[0]!.storedWh[0]! / battery.capacityWh).toBeCloseTo(storedPercent / 100, 4);
    expect(netW).toEqual([(measuredKw + batteryKw) * 1_000]);
  },
);

it('a day is balanced step by step as pymfm does', () => {
  const { plan } = optima[0]!;
  const { netW, batteries } = ruleBasedSchedule({ ...plan, batteries: [battery] });
  const near = (watts: number, kilowatts: number): void =>
    expect(Math.abs(watts - kilowatts * 1_000)).toBeLessThanOrEqual(1);
  pymfm.schedule.forEach(({ netKw, batteryKw }, step) => {
    near(netW[step]!, netKw);
    near(batteries[0]!.powerW[step]!, batteryKw);
  });
});

it('what is stored is the efficient part of what is taken, and gives the efficient part of itself', () => {
  const lossy = { ...battery, chargeEfficiencyPpm: 900_000, dischargeEfficiencyPpm: 800_000 };
  const asked = { at: '2026-06-15T00:00:00.000Z', stepSeconds: 3_600, battery: lossy } as const;
  const charged = ruleBasedMoment({ ...asked, measuredNetW: -1_000, requestedNetW: 0 });
  expect(charged.batteries[0]!.storedWh).toEqual([battery.initialWh + 900]);
  const given = ruleBasedMoment({ ...asked, measuredNetW: 1_000, requestedNetW: 0 });
  expect(given.batteries[0]!.storedWh).toEqual([battery.initialWh - 1_250]);
});
