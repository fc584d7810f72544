import { KNOWN_NODES, describeDeviceConnections } from '../testing/device-connection.spec-suite';
import { startBroker } from './broker';
import { openDeviceConnection } from './connection';

describeDeviceConnections('MQTT', async () => {
  const platform = { username: 'platform', token: 'platform-token' };
  const tokenOf = (podId: string): string => `token of ${podId}`;
  const broker = await startBroker({
    port: 0,
    credentials: {
      platform,
      tokenOf: (podId) => (KNOWN_NODES.includes(podId) ? tokenOf(podId) : undefined),
    },
  });
  const { host, port } = broker;
  return {
    connect: () => openDeviceConnection,
    address: { host, port },
    platform,
    tokenOf,
    close: () => broker.close(),
  };
});
