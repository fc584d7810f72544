import { Socket } from 'node:net';
import { seededRandom } from '@flexledger/runtime';
import { connect, type MqttClient } from 'mqtt';
import { gatherWrites } from './gather-writes';
import type { DeviceMessages } from './messages';
import { tellMessage } from './told-messages';
import {
  DEVICE_TOPICS,
  allDevicesTopic,
  type DeviceTopicKind,
  deviceTopic,
  parseDeviceTopic,
} from './topics';

/**
 * A connection of a Light Node or a platform service to the broker, kept up for as long as it is
 * open: it dials again with a growing delay, renews its subscriptions, and says when it is up. What
 * it does not do is keep messages: a publication either reaches the broker or rejects, and resending
 * is the business of whoever owns the message (the node's outbox, the platform's setpoint carrier).
 * Hence a new `mqtt` client for every dial: the library's own store would send them a second time.
 */
export interface DeviceConnectionOptions {
  readonly host: string;
  readonly port: number;
  /** Speaks TLS; `ca` beside those that the machine trusts, PEM. */
  readonly tls?: { readonly ca?: string };
  /** `node` signs in as its PoD; `platform` under any client id, as the platform's user. */
  readonly as: NodeSignIn | PlatformSignIn;
  /** A fault in the handler is reported as a problem and loses this message only. */
  readonly onMessage: (message: ReceivedMessage) => void;
  /** Called each time the connection is up and its subscriptions stand. */
  readonly onConnected?: () => void;
  /** Called each time a connection that was up has ended. */
  readonly onDisconnected?: () => void;
  /** Called with the reason, once for equal reasons in a row. */
  readonly onProblem?: (problem: string) => void;
  /** Delay before dialling again, doubling from `minMs` to `maxMs`. */
  readonly redial?: { readonly minMs: number; readonly maxMs: number };
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

/** The message did not reach the broker for certain; send it again when connected. */
export class NotConnected extends Error {
  constructor(clientId: string, cause?: unknown) {
    super(`${clientId} has no connection to the MQTT broker; it is dialling again`, { cause });
    this.name = 'NotConnected';
  }
}

const DEFAULT_REDIAL = { minMs: 250, maxMs: 30_000 };
const CONNECT_TIMEOUT_MS = 30_000;
const KEEPALIVE_SECONDS = 60;
/** A goodbye that the broker does not answer is cut after this. */
const GOODBYE_MS = 2_000;

/** How a node or a platform comes to its connection: over MQTT, or in a simulation's model of a broker. */
export type OpenDeviceConnection = (options: DeviceConnectionOptions) => DeviceConnection;

/** Begins to dial at once; see `DeviceConnectionOptions`. */
export const openDeviceConnection: OpenDeviceConnection = (options) => new Dialler(options);

class Dialler implements DeviceConnection {
  readonly ready: Promise<void>;
  private readonly clientId: string;
  /** A fleet cut off at once does not come back at once: each node draws delays of its own. */
  private readonly random;
  private settleReady!: { resolve: () => void; reject: (error: Error) => void };
  private client!: MqttClient;
  private up = false;
  private closed = false;
  private failedDials = 0;
  private redialTimer: NodeJS.Timeout | undefined;
  private lastProblem: string | undefined;

  constructor(private readonly options: DeviceConnectionOptions) {
    this.clientId = 'podId' in options.as ? options.as.podId : options.as.clientId;
    this.random = seededRandom(this.clientId, 'redial');
    this.ready = new Promise((resolve, reject) => (this.settleReady = { resolve, reject }));
    this.ready.catch(() => {}); // whoever waits for it sees the error; nobody has to
    this.dial();
  }

  isConnected(): boolean {
    return this.up;
  }

  publish<Kind extends DeviceTopicKind>(
    podId: string,
    kind: Kind,
    message: DeviceMessages[Kind] | readonly DeviceMessages[Kind][],
  ): Promise<void> {
    const topic = deviceTopic(podId, kind);
    if (!this.up) return Promise.reject(new NotConnected(this.clientId));
    tellMessage(podId, kind, 'message_sent');
    // A list of one is read by those too who know no lists.
    const sent = Array.isArray(message) && message.length === 1 ? message[0] : message;
    return this.send(topic, JSON.stringify(sent), DEVICE_TOPICS[kind].qos, kind === 'status');
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.redialTimer);
    this.settleReady.reject(new Error(`${this.clientId} was closed before it was connected`));
    const cut = setTimeout(() => this.client.end(true), GOODBYE_MS);
    if (this.up && 'podId' in this.options.as) await this.publishStatus(false).catch(() => {});
    const wasUp = this.up;
    this.up = false;
    await this.client.endAsync(!wasUp);
    clearTimeout(cut);
  }

  private dial(): void {
    const { host, port, as, tls } = this.options;
    const client = connect({
      host,
      port,
      protocol: tls ? 'mqtts' : 'mqtt',
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      protocolVersion: 4,
      clientId: this.clientId,
      username: 'podId' in as ? as.podId : as.username,
      password: as.token,
      clean: true,
      reconnectPeriod: 0,
      resubscribe: false,
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepalive: KEEPALIVE_SECONDS,
      ...('podId' in as && { will: lastWill(as.podId) }),
    });
    this.client = client;
    client.on('connect', () => void this.welcome(client));
    client.on('message', (topic, payload) => this.receive(topic, payload));
    client.on('error', (error: Error & { code?: number | string }) => {
      this.report(`${this.clientId}: MQTT broker ${host}:${port}: ${error.message || error.code}`);
      // A CONNACK with a code: the broker answered and said no.
      if (typeof error.code === 'number') this.settleReady.reject(error);
    });
    client.once('close', () => {
      const wasUp = this.up;
      this.up = false;
      client.end(true); // fails what was not acknowledged
      if (this.closed) return;
      if (wasUp) this.options.onDisconnected?.();
      this.redialLater();
    });
  }

  private async welcome(client: MqttClient): Promise<void> {
    const { as } = this.options;
    // Small packets that wait for an acknowledgement would otherwise each wait 40 ms (Nagle).
    if (client.stream instanceof Socket) client.stream.setNoDelay(true);
    // Each message that waits for a full socket has a listener of its own for a while; that is no leak.
    client.stream.setMaxListeners(0);
    if (!('podId' in as) && client.stream instanceof Socket) gatherWrites(client.stream);
    const filters =
      'podId' in as
        ? [deviceTopic(as.podId, 'setpoint'), deviceTopic(as.podId, 'measurementAck')]
        : as.subscribe.map(allDevicesTopic);
    try {
      if (filters.length > 0) await client.subscribeAsync(filters, { qos: 1 });
      if ('podId' in as) await this.publishStatus(true);
    } catch (error) {
      const problem = `${this.clientId} could not subscribe: ${String(error)}`;
      this.report(problem);
      this.settleReady.reject(new Error(problem, { cause: error }));
      client.end(true);
      return;
    }
    if (this.closed || !client.connected) return;
    this.failedDials = 0;
    this.lastProblem = undefined;
    this.up = true;
    this.settleReady.resolve();
    this.options.onConnected?.();
  }

  private receive(topic: string, payload: Buffer): void {
    const parsed = parseDeviceTopic(topic);
    if (!parsed) return this.report(`${this.clientId}: a message on the unknown topic ${topic}`);
    tellMessage(parsed.podId, parsed.kind, 'message_received');
    try {
      this.options.onMessage({ ...parsed, payload });
    } catch (error) {
      this.report(`${this.clientId}: a message on ${topic} was lost: ${String(error)}`);
    }
  }

  private publishStatus(online: boolean): Promise<void> {
    const topic = deviceTopic(this.clientId, 'status');
    return this.send(topic, JSON.stringify({ online }), 1, true);
  }

  private send(topic: string, payload: string, qos: 0 | 1, retain: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.client.publish(topic, payload, { qos, retain }, (error) =>
        error ? reject(new NotConnected(this.clientId, error)) : resolve(),
      );
    });
  }

  private redialLater(): void {
    const { minMs, maxMs } = this.options.redial ?? DEFAULT_REDIAL;
    const delayMs = Math.min(maxMs, minMs * 2 ** this.failedDials);
    this.failedDials += 1;
    this.redialTimer = setTimeout(() => this.dial(), delayMs * (0.5 + this.random.next() / 2));
  }

  private report(problem: string): void {
    if (problem === this.lastProblem) return;
    this.lastProblem = problem;
    this.options.onProblem?.(problem);
  }
}

function lastWill(podId: string): { topic: string; payload: Buffer; qos: 1; retain: true } {
  return {
    topic: deviceTopic(podId, 'status'),
    payload: Buffer.from(JSON.stringify({ online: false })),
    qos: 1,
    retain: true,
  };
}
