import { POD_ID } from '@flexledger/domain';

/**
 * The MQTT topics between a Light Node and the platform (DESIGN 12): `flexledger/{podId}/...`.
 * Who may publish what follows from the table, and the broker enforces it. An answer to a packet is not
 * repeated by the protocol (QoS 0): a packet without one is sent again, and answered again. Where a topic is
 * of several, messages may travel together, as a list.
 */
export const DEVICE_TOPICS = {
  /** A signed packet of one quarter-hour. */
  measurement: { path: 'measurement', sender: 'node', qos: 1, isOfSeveral: true },
  /** The platform's answer to a packet, after the append is durable. */
  measurementAck: { path: 'measurement/ack', sender: 'platform', qos: 0, isOfSeveral: true },
  /** Targets of a delivery window. */
  setpoint: { path: 'setpoint', sender: 'platform', qos: 1, isOfSeveral: false },
  /** The node's signed receipt of a setpoint. */
  setpointAck: { path: 'setpoint/ack', sender: 'node', qos: 1, isOfSeveral: false },
  /** The node's signed word that the EMS follows a target from now on. */
  activation: { path: 'activation', sender: 'node', qos: 1, isOfSeveral: false },
  /** Active power now, every few seconds; what is lost is not sent again. */
  power: { path: 'power', sender: 'node', qos: 0, isOfSeveral: false },
  /** Something is wrong at the node, or right again. */
  anomaly: { path: 'anomaly', sender: 'node', qos: 1, isOfSeveral: false },
  /** Connected or not; retained, and the node's last will. */
  status: { path: 'status', sender: 'node', qos: 1, isOfSeveral: false },
} as const satisfies Record<string, Topic>;

interface Topic {
  readonly path: string;
  readonly sender: 'node' | 'platform';
  readonly qos: 0 | 1;
  readonly isOfSeveral: boolean;
}

export type DeviceTopicKind = keyof typeof DEVICE_TOPICS;

export interface DeviceTopic {
  readonly podId: string;
  readonly kind: DeviceTopicKind;
}

const ROOT = 'flexledger';

const kindOfPath = new Map<string, DeviceTopicKind>(
  (Object.keys(DEVICE_TOPICS) as DeviceTopicKind[]).map((kind) => [DEVICE_TOPICS[kind].path, kind]),
);

/**
 * The topic of one kind of message for one PoD: `flexledger/IT002E60776854/setpoint/ack`.
 *
 * @throws RangeError when `podId` is not a PoD code, so that no code can smuggle in a wildcard
 */
export function deviceTopic(podId: string, kind: DeviceTopicKind): string {
  if (!POD_ID.test(podId)) {
    throw new RangeError(`"${podId}" is not a PoD code like IT002E60776854, so it has no topic`);
  }
  return `${ROOT}/${podId}/${DEVICE_TOPICS[kind].path}`;
}

/** The platform's subscription to one kind of message from every PoD: `flexledger/+/measurement`. */
export function allDevicesTopic(kind: DeviceTopicKind): string {
  return `${ROOT}/+/${DEVICE_TOPICS[kind].path}`;
}

/**
 * The same where several divide what is said among them: the broker hands each message to one of a group (MQTT 5, 4.8.2;
 * brokers have it for 3.1.1 too). What is retained does not come this way.
 */
export function sharedDevicesTopic(group: string, kind: DeviceTopicKind): string {
  return `$share/${group}/${allDevicesTopic(kind)}`;
}

/** What a topic is about, or `undefined` when it is none of ours. */
export function parseDeviceTopic(topic: string): DeviceTopic | undefined {
  const afterRoot = ROOT.length + 1;
  const slash = topic.indexOf('/', afterRoot);
  if (slash < 0 || !topic.startsWith(`${ROOT}/`)) return undefined;
  const podId = topic.slice(afterRoot, slash);
  const kind = kindOfPath.get(topic.slice(slash + 1));
  return kind !== undefined && POD_ID.test(podId) ? { podId, kind } : undefined;
}
