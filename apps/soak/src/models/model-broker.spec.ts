import { noFaults } from '@flexledger/runtime';
import { describeDeviceConnections } from '../../../../libs/messaging/src/testing/device-connection.spec-suite';
import { createModelBroker } from './model-broker';

describeDeviceConnections('The model of a broker', async () => {
  const broker = createModelBroker({ after: (delayMs, task) => void setTimeout(task, delayMs) });
  return {
    connect: (name) => broker.connectionsOf({ name, faults: noFaults }),
    address: { host: 'broker', port: 0 },
    platform: { username: 'platform', token: 'platform' },
    tokenOf: (podId) => podId,
    close: async () => {},
  };
});
