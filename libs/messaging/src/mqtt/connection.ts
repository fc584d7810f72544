import { type DeviceMessages, messageText } from './messages';
import { tellMessage } from './told-messages';
import {
  type BrokerPlace,
  NotConnected,
  type SendTo,
  type TopicConnection,
  type TopicConnectionOptions,
  openTopicConnection,
} from './topic-connection';
import {
  DEVICE_TOPICS,
  allDevicesTopic,
  type DeviceTopicKind,
  deviceTopic,
  parseDeviceTopic,
  sharedDevicesTopic,
} from './topics';

/**
 * A connection of a Light Node or a platform service to the broker, by PoD and kind of message: a `TopicConnection`
 * with their topics, a node's status told when it comes and goes.
 */
export interface DeviceConnectionOptions extends BrokerPlace {
  /** `node` signs in as its PoD; `platform` under any client id, as the platform's user. */
  readonly as: NodeSignIn | PlatformSignIn;
  /** A fault in the handler is reported as a problem and loses this message only. */
  readonly onMessage: (message: ReceivedMessage) => void;
}

export interface NodeSignIn {
  readonly podId: string;
  readonly token: string;
}

export interface PlatformSignIn {
  readonly clientId: string;
  readonly username: string;
  readonly token: string;
  /** What to receive, from every node. */
  readonly subscribe: readonly DeviceTopicKind[];
  /** What to receive in turn with others of a group, each message one of them. The broker MUST have shared subscriptions. */
  readonly shared?: { readonly group: string; readonly kinds: readonly DeviceTopicKind[] };
}

export interface ReceivedMessage {
  readonly podId: string;
  readonly kind: DeviceTopicKind;
  /** Not parsed yet: `parseDeviceMessage(kind, payload)`. */
  readonly payload: Buffer;
}

export interface DeviceConnection {
  /** Resolves at the first connection; rejects when the broker refuses user, token or subscription. */
  readonly ready: Promise<void>;
  isConnected(): boolean;
  /**
   * Resolves when the broker has taken the message (QoS 1, PUBACK), or the messages of a topic of several:
   * at most `MAX_MESSAGES_TOGETHER`.
   *
   * @throws NotConnected when there is no connection, or it ends before the broker has answered
   */
  publish<Kind extends DeviceTopicKind>(
    podId: string,
    kind: Kind,
    message: DeviceMessages[Kind] | readonly DeviceMessages[Kind][],
  ): Promise<void>;
  /** Says goodbye, ends the connection and stops dialling. */
  close(): Promise<void>;
}

/** How a node or a platform comes to its connection: over MQTT, or in a simulation's model of a broker. */
export type OpenDeviceConnection = (options: DeviceConnectionOptions) => DeviceConnection;

/** Begins to dial at once; see `DeviceConnectionOptions`. */
export const openDeviceConnection: OpenDeviceConnection = deviceConnections(openTopicConnection);

/** Device connections over connections by topics, however these come about. */
export function deviceConnections(
  open: (options: TopicConnectionOptions) => TopicConnection,
): OpenDeviceConnection {
  return (options) => deviceConnection(open, options);
}

function deviceConnection(
  open: (options: TopicConnectionOptions) => TopicConnection,
  options: DeviceConnectionOptions,
): DeviceConnection {
  const { as, onMessage, ...common } = options;
  const clientId = 'podId' in as ? as.podId : as.clientId;
  const status = (podId: string, online: boolean) => (send: SendTo) =>
    send(deviceTopic(podId, 'status'), JSON.stringify({ online }), { qos: 1, retain: true });
  const connection = open({
    ...common,
    clientId,
    username: 'podId' in as ? as.podId : as.username,
    token: as.token,
    gathersWrites: !('podId' in as),
    subscribe:
      'podId' in as
        ? [deviceTopic(as.podId, 'setpoint'), deviceTopic(as.podId, 'measurementAck')]
        : platformTopics(as),
    ...('podId' in as && {
      lastWill: {
        topic: deviceTopic(as.podId, 'status'),
        payload: Buffer.from(JSON.stringify({ online: false })),
      },
      greeting: status(as.podId, true),
      goodbye: status(as.podId, false),
    }),
    onMessage(topic, payload) {
      const parsed = parseDeviceTopic(topic);
      if (!parsed) throw new Error('the topic is unknown');
      tellMessage(parsed.podId, parsed.kind, 'message_received');
      onMessage({ ...parsed, payload });
    },
  });
  return {
    ready: connection.ready,
    isConnected: () => connection.isConnected(),
    publish(podId, kind, message) {
      const topic = deviceTopic(podId, kind);
      if (!connection.isConnected()) return Promise.reject(new NotConnected(clientId));
      tellMessage(podId, kind, 'message_sent');
      const { qos } = DEVICE_TOPICS[kind];
      return connection.publish(topic, messageText(message), { qos, retain: kind === 'status' });
    },
    close: () => connection.close(),
  };
}

function platformTopics({ subscribe, shared }: PlatformSignIn): string[] {
  const topics = subscribe.map(allDevicesTopic);
  if (!shared) return topics;
  return [...topics, ...shared.kinds.map((kind) => sharedDevicesTopic(shared.group, kind))];
}
