/** Where aggregators of the same process hand setpoints over (flow 6). */
import type { SetpointsPort } from '@flexledger/ports';
import type { SetpointIntake } from '../setpoints/setpoint-intake';

/** The port over this process' own intake. */
export function setpointsPort(intake: SetpointIntake): SetpointsPort {
  return {
    issue: (setpoints, aggregatorId, context) => intake.issue(setpoints, aggregatorId, context),
  };
}
