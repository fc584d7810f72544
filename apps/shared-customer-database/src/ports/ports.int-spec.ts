/** The ports' promises, in process and through the REST interface of the same platform. */
import type { Setpoint } from '@flexledger/domain';
import { contextOf } from '@flexledger/event-store';
import {
  type SetpointsPort,
  httpMeasurements,
  httpRegister,
  httpSetpoints,
} from '@flexledger/ports';
import { measurementsPromises } from '../../../../libs/ports/src/testing/measurements.spec-suite';
import { registerPromises } from '../../../../libs/ports/src/testing/register.spec-suite';
import {
  type SetpointsUnderTest,
  setpointsPromises,
} from '../../../../libs/ports/src/testing/setpoints.spec-suite';
import { unavailablePromises } from '../../../../libs/ports/src/testing/unavailable.spec-suite';
import { type CustomerTrial, openTrial, registerPods, serveTrial } from '../testing/customer-trial';

registerPromises('in process, the register', async () => {
  const { customers, close } = await openTrial();
  return { as: () => customers.ports.register, close };
});

registerPromises('by HTTP, the register', async () => {
  const { clientOf, close } = await serveTrial();
  return { as: (actor) => httpRegister(clientOf(actor)), close };
});

measurementsPromises('in process, the shared customer database', async () => {
  const { customers, record, close } = await openTrial();
  return { measurements: customers.ports.measurements, record, close };
});

measurementsPromises('by HTTP, the shared customer database', async () => {
  const { clientOf, record, close } = await serveTrial();
  return { measurements: httpMeasurements(clientOf('platform:market')), record, close };
});

setpointsPromises('in process, the shared customer database', async () => {
  const trial = await openTrial();
  return setpointsTrial(trial, trial.customers.ports.setpoints);
});

setpointsPromises('by HTTP, the shared customer database', async () => {
  const trial = await serveTrial();
  return setpointsTrial(trial, httpSetpoints(trial.clientOf('aggregator:AGG1')));
});

unavailablePromises('the shared customer database’s ports by HTTP', (client) => {
  const register = httpRegister(client);
  const measurements = httpMeasurements(client);
  const setpoints = httpSetpoints(client);
  const podId = 'IT002E00000001';
  const setpoint = {
    podId,
    windowStart: '2026-03-17T11:00:00.000Z',
    targetW: [1],
    targetVar: [null],
  };
  return {
    submit: () =>
      register.submit([{ kind: 'unregisterPod', podId, reason: 'moved' }], {
        requestId: 'r',
        actor: 'operator',
      }),
    podsOf: () => register.podsOf({ aggregatorId: 'AGG1' }),
    pod: () => register.pod(podId),
    lookUp: () => register.lookUp([podId], ['PS1']),
    baselines: () => register.baselines([podId], '2026-03-17'),
    quarterHours: () => measurements.quarterHours([podId], 0, 900_000),
    firstDay: () => measurements.firstDay(),
    issue: () => setpoints.issue([setpoint], 'AGG1', contextOf('trouble', 'trouble', 'test')),
  };
});

async function setpointsTrial(
  trial: CustomerTrial,
  setpoints: SetpointsPort,
): Promise<SetpointsUnderTest> {
  await registerPods(trial, 'AGG1', 'AGG1', 'AGG1', 'AGG2');
  return {
    setpoints,
    close: trial.close,
    async issued() {
      const found: (Setpoint & { aggregatorId: string })[] = [];
      for await (const { data } of trial.log.readAll({ filter: { types: ['SetpointIssued'] } })) {
        const { setpointId: _, ...content } = data as Setpoint & {
          aggregatorId: string;
          setpointId: string;
        };
        found.push(content);
      }
      return found;
    },
  };
}
