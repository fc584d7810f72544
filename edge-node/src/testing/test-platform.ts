import type { MeasurementPacket } from '@flexledger/domain';
import {
  type AnomalyMessage,
  type Broker,
  type DeviceConnection,
  type DeviceMessages,
  type DeviceTopicKind,
  messagesIn,
  openDeviceConnection,
  parseDeviceMessage,
} from '@flexledger/messaging';

/** A platform service for tests: it writes down what a node says and answers its packets as told. */
export interface TestPlatform {
  readonly connection: DeviceConnection;
  readonly packets: MeasurementPacket[];
  readonly anomalies: AnomalyMessage[];
  /** Messages of one kind, in the order they came. */
  heard<Kind extends DeviceTopicKind>(kind: Kind): DeviceMessages[Kind][];
  answer: 'accept' | 'refuse' | 'silence';
}

export const PLATFORM_USER = { username: 'platform', token: 'platform-token' };

export async function startTestPlatform(broker: Broker, podId: string): Promise<TestPlatform> {
  const messages: { readonly kind: DeviceTopicKind; readonly message: unknown }[] = [];
  const answerTo = ({ sequence }: MeasurementPacket): void => {
    if (platform.answer === 'silence') return;
    const accepted = platform.answer === 'accept';
    const ack = { sequence, accepted, ...(!accepted && { reason: 'wrong-time' }) };
    connection.publish(podId, 'measurementAck', ack).catch(() => {});
  };
  const connection = openDeviceConnection({
    host: broker.host,
    port: broker.port,
    redial: { minMs: 5, maxMs: 20 },
    as: {
      ...PLATFORM_USER,
      clientId: 'test-platform',
      subscribe: ['measurement', 'setpointAck', 'activation', 'power', 'anomaly'],
    },
    onMessage: ({ kind, payload }) => {
      for (const text of messagesIn(payload)) {
        const parsed = parseDeviceMessage(kind, text);
        if (!parsed.ok) throw new Error(parsed.reason);
        messages.push({ kind, message: parsed.message });
        if (kind === 'anomaly') platform.anomalies.push(parsed.message as AnomalyMessage);
        if (kind !== 'measurement') continue;
        platform.packets.push(parsed.message as MeasurementPacket);
        answerTo(parsed.message as MeasurementPacket);
      }
    },
  });
  const platform: TestPlatform = {
    connection,
    packets: [],
    anomalies: [],
    heard: <Kind extends DeviceTopicKind>(kind: Kind) =>
      messages
        .filter((each) => each.kind === kind)
        .map(({ message }) => message as DeviceMessages[Kind]),
    answer: 'accept',
  };
  await connection.ready;
  return platform;
}
