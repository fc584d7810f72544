import { Socket } from 'node:net';
import { seededRandom } from '@flexledger/runtime';
import { connect, type MqttClient } from 'mqtt';
import { gatherWrites } from './gather-writes';

/** Where a broker is, and who is told how the connection to it fares. */
export interface BrokerPlace {
  readonly host: string;
  readonly port: number;
  /** Speaks TLS; `ca` beside those that the machine trusts, PEM. */
  readonly tls?: { readonly ca?: string };
  /** Called each time the connection is up and its subscriptions stand. */
  readonly onConnected?: () => void;
  /** Called each time a connection that was up has ended. */
  readonly onDisconnected?: () => void;
  /** Called with the reason, once for equal reasons in a row. */
  readonly onProblem?: (problem: string) => void;
  /** Delay before dialling again, doubling from `minMs` to `maxMs`. */
  readonly redial?: { readonly minMs: number; readonly maxMs: number };
}

/**
 * A connection to a broker by topics, kept up for as long as it is open: it dials again with a growing delay, renews
 * its subscriptions, and says when it is up. What it does not do is keep messages: a publication either reaches the
 * broker or rejects, and resending is the business of whoever owns the message. Hence a new `mqtt` client for every
 * dial: the library's own store would send them a second time.
 */
export interface TopicConnectionOptions extends BrokerPlace {
  readonly clientId: string;
  readonly username: string;
  readonly token: string;
  /** Said by the broker when the connection breaks. */
  readonly lastWill?: { readonly topic: string; readonly payload: Buffer };
  /** Topic filters. */
  readonly subscribe: readonly string[];
  /** Sent once subscriptions stand, before the connection counts as up, and before it is left. */
  readonly greeting?: (send: SendTo) => Promise<void>;
  readonly goodbye?: (send: SendTo) => Promise<void>;
  /** What is written in one turn goes out together: for who speaks with very many. */
  readonly gathersWrites?: boolean;
  /** A fault in the handler is reported as a problem and loses this message only. */
  readonly onMessage: (topic: string, payload: Buffer) => void;
}

/** Resolves when the broker has taken it (QoS 1) or it was handed to the socket (QoS 0). */
export type SendTo = (
  topic: string,
  payload: string | Buffer,
  options: { readonly qos: 0 | 1; readonly retain: boolean },
) => Promise<void>;

export interface TopicConnection {
  /** Resolves at the first connection; rejects when the broker refuses user, token or subscription. */
  readonly ready: Promise<void>;
  isConnected(): boolean;
  /** @throws NotConnected when there is no connection, or it ends before the broker has answered */
  readonly publish: SendTo;
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

/** Begins to dial at once; see `TopicConnectionOptions`. */
export function openTopicConnection(options: TopicConnectionOptions): TopicConnection {
  return new Dialler(options);
}

class Dialler implements TopicConnection {
  readonly ready: Promise<void>;
  /** A fleet cut off at once does not come back at once: each client draws delays of its own. */
  private readonly random;
  private settleReady!: { resolve: () => void; reject: (error: Error) => void };
  private client!: MqttClient;
  private up = false;
  private closed = false;
  private failedDials = 0;
  private redialTimer: NodeJS.Timeout | undefined;
  private lastProblem: string | undefined;
  /** Publications that have not settled: the library forgets some of QoS 0 when their socket goes. */
  private readonly underWay = new Set<(error: Error) => void>();

  constructor(private readonly options: TopicConnectionOptions) {
    this.random = seededRandom(options.clientId, 'redial');
    this.ready = new Promise((resolve, reject) => (this.settleReady = { resolve, reject }));
    this.ready.catch(() => {}); // whoever waits for it sees the error; nobody has to
    this.dial();
  }

  isConnected(): boolean {
    return this.up;
  }

  readonly publish: SendTo = (topic, payload, options) =>
    this.up
      ? this.send(topic, payload, options)
      : Promise.reject(new NotConnected(this.options.clientId));

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.redialTimer);
    const { clientId, goodbye } = this.options;
    this.settleReady.reject(new Error(`${clientId} was closed before it was connected`));
    const cut = setTimeout(() => this.client.end(true), GOODBYE_MS);
    if (this.up) await goodbye?.(this.send).catch(() => {});
    const wasUp = this.up;
    this.up = false;
    await this.client.endAsync(!wasUp);
    clearTimeout(cut);
  }

  private dial(): void {
    const { host, port, tls, clientId, username, token, lastWill } = this.options;
    const client = connect({
      host,
      port,
      protocol: tls ? 'mqtts' : 'mqtt',
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      protocolVersion: 4,
      clientId,
      username,
      password: token,
      clean: true,
      reconnectPeriod: 0,
      resubscribe: false,
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepalive: KEEPALIVE_SECONDS,
      ...(lastWill && { will: { ...lastWill, qos: 1, retain: true } }),
    });
    this.client = client;
    client.on('connect', () => void this.welcome(client));
    client.on('message', (topic, payload) => this.receive(topic, payload));
    client.on('error', (error: Error & { code?: number | string }) => {
      this.report(`${clientId}: MQTT broker ${host}:${port}: ${error.message || error.code}`);
      // A CONNACK with a code: the broker answered and said no.
      if (typeof error.code === 'number') this.settleReady.reject(error);
    });
    client.once('close', () => {
      const wasUp = this.up;
      this.up = false;
      client.end(true); // fails what was not acknowledged
      for (const fail of [...this.underWay]) fail(new NotConnected(clientId));
      if (this.closed) return;
      if (wasUp) this.options.onDisconnected?.();
      this.redialLater();
    });
  }

  private async welcome(client: MqttClient): Promise<void> {
    const { clientId, subscribe, greeting, gathersWrites } = this.options;
    // Small packets that wait for an acknowledgement would otherwise each wait 40 ms (Nagle).
    if (client.stream instanceof Socket) client.stream.setNoDelay(true);
    // Each message that waits for a full socket has a listener of its own for a while; that is no leak.
    client.stream.setMaxListeners(0);
    if (gathersWrites && client.stream instanceof Socket) gatherWrites(client.stream);
    try {
      if (subscribe.length > 0) await client.subscribeAsync([...subscribe], { qos: 1 });
      await greeting?.(this.send);
    } catch (error) {
      const problem = `${clientId} could not subscribe: ${String(error)}`;
      this.report(problem);
      // One that was lost meanwhile is no refusal, and is dialled again.
      if (client.connected) this.settleReady.reject(new Error(problem, { cause: error }));
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
    const { clientId, onMessage } = this.options;
    try {
      onMessage(topic, payload);
    } catch (error) {
      this.report(`${clientId}: a message on ${topic} was lost: ${String(error)}`);
    }
  }

  private readonly send: SendTo = (topic, payload, options) =>
    new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        this.underWay.delete(fail);
        reject(error);
      };
      this.underWay.add(fail);
      this.client.publish(topic, payload, options, (error) => {
        if (error) return fail(new NotConnected(this.options.clientId, error));
        this.underWay.delete(fail);
        resolve();
      });
    });

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
