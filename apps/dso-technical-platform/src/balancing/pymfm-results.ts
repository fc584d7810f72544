/** A balancing job as `pymfm` tells of one: kW and per cent, a row a step. */
import type { BalancingJobCompleted, CommunityBattery } from '@flexledger/domain';
import { isoFromMs, msFromIso } from '@flexledger/runtime';

const kilo = (value: number): number => value / 1_000;
const percentOf = ({ capacityWh }: CommunityBattery, storedWh: number): number =>
  Math.round((storedWh / capacityWh) * 1e6) / 1e4;

/** Details of a job, its results with them. */
export function pymfmJob(job: BalancingJobCompleted['data']) {
  return {
    id: job.jobId,
    name: job.name,
    application: job.application,
    status: 'done',
    control_logic: job.control === 'optimal' ? 'optimization_based' : 'rule_based',
    operation_mode: job.plan ? 'scheduling' : 'near_real_time',
    solver: job.solver,
    results: job.plan ? rowsOf(job, job.plan) : momentRows(job, job.moment!),
  };
}

type Row = Readonly<Record<string, string | number | null>>;

function rowsOf(
  { schedule }: BalancingJobCompleted['data'],
  plan: NonNullable<BalancingJobCompleted['data']['plan']>,
): Row[] {
  const startMs = msFromIso(plan.startAt);
  const orNull = (watts: number | null): number | null => (watts === null ? null : kilo(watts));
  return plan.loadW.map((loadW, step) => {
    const forecastW = plan.generationW[step]!;
    const controlledW = schedule.generationW[step]!;
    const totalW = schedule.batteries.reduce((sum, { powerW }) => sum + powerW[step]!, 0);
    return {
      timestamp: isoFromMs(startMs + step * plan.stepSeconds * 1_000),
      P_net_before_kW: kilo(loadW - forecastW),
      P_net_before_controlled_PV_kW: kilo(loadW - controlledW),
      P_PV_forecast_kW: kilo(forecastW),
      P_PV_controlled_kW: kilo(controlledW),
      P_net_after_kW: kilo(schedule.netW[step]!),
      upperb: orNull(plan.netMaxW[step]!),
      lowerb: orNull(plan.netMinW[step]!),
      ...Object.fromEntries(
        schedule.batteries.flatMap(({ batteryId, powerW, storedWh }, index) => [
          [`P_${batteryId}_kW`, kilo(powerW[step]!)],
          [`SoC_${batteryId}_%`, percentOf(plan.batteries[index]!, storedWh[step]!)],
        ]),
      ),
      P_bat_total_kW: kilo(totalW),
    };
  });
}

function momentRows(
  { schedule }: BalancingJobCompleted['data'],
  moment: NonNullable<BalancingJobCompleted['data']['moment']>,
): Row[] {
  const { battery } = moment;
  const [done] = schedule.batteries;
  return [
    {
      timestamp: moment.at,
      'initial_SoC_bat_%': percentOf(battery, battery.initialWh),
      'SoC_bat_%': percentOf(battery, done!.storedWh[0]!),
      P_bat_kW: kilo(done!.powerW[0]!),
      P_net_meas_kW: kilo(moment.measuredNetW),
      P_net_after_kW: kilo(schedule.netW[0]!),
    },
  ];
}
