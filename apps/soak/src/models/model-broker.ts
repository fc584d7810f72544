/**
 * The MQTT broker and its clients' connections, as a model: who hears what, what a publication waits for,
 * and what becomes of both when a connection is cut. It stands under the same tests as connections to a
 * real broker (`device-connection.spec-suite.ts`).
 */
import {
  type DeviceConnection,
  type DeviceConnectionOptions,
  type DeviceTopicKind,
  DEVICE_TOPICS,
  NotConnected,
  type OpenDeviceConnection,
  deviceTopic,
  messageText,
} from '@flexledger/messaging';
import type { FaultPoints } from '@flexledger/runtime';

export interface ModelBroker {
  /** Connections of one process, or of one node. */
  connectionsOf(client: BrokerClient): OpenDeviceConnection;
  /** Cuts the connections of a client, which dials again when the network is there. */
  cut(name: string): void;
  /** Whether a client reaches the broker from now on. */
  setReachable(name: string, isReachable: boolean): void;
  /** The broker hears a message that nobody signed in for sent: one who holds the platform's or a node's token. */
  forge(podId: string, kind: DeviceTopicKind, payload: Buffer): void;
  /** Hears everything that the broker takes, when it takes it. */
  listen(hear: (podId: string, kind: DeviceTopicKind, payload: Buffer) => void): void;
}

/** Who connects. */
export interface BrokerClient {
  readonly name: string;
  /** Where it waits: `mqtt/connect`, `mqtt/publish`, `mqtt/published`. */
  readonly faults: FaultPoints;
  /** Its process has ended. */
  readonly ended?: AbortSignal;
}

/** What becomes of a message on its way from the broker to one that hears it, and after how long. */
export type Delivery = (topic: DeviceTopicKind) => readonly { readonly afterMs: number }[];

export interface ModelBrokerOptions {
  /** Once and at once when absent. Twice is a duplicate, never a loss. */
  readonly delivery?: Delivery;
  /** Does something so much later. */
  readonly after: (delayMs: number, task: () => void) => void;
}

interface Client {
  readonly name: string;
  readonly options: DeviceConnectionOptions;
  readonly isUp: () => boolean;
  readonly hear: (podId: string, kind: DeviceTopicKind, payload: Buffer) => void;
  readonly cut: () => void;
  readonly dial: () => Promise<void>;
}

/** A broker that nobody is connected to. */
export function createModelBroker({
  delivery = () => [{ afterMs: 0 }],
  after,
}: ModelBrokerOptions): ModelBroker {
  const clients = new Set<Client>();
  const unreachable = new Set<string>();
  /** Last word of each node's status. */
  const retained = new Map<string, Buffer>();
  const listeners: ((podId: string, kind: DeviceTopicKind, payload: Buffer) => void)[] = [];

  function hears({ options }: Client, podId: string, kind: DeviceTopicKind): boolean {
    const { as } = options;
    if ('podId' in as) {
      return as.podId === podId && (kind === 'setpoint' || kind === 'measurementAck');
    }
    return as.subscribe.includes(kind);
  }

  /** Hands a message on to all that hear it. */
  function take(podId: string, kind: DeviceTopicKind, payload: Buffer): void {
    if (kind === 'status') retained.set(podId, payload);
    for (const hear of listeners) hear(podId, kind, payload);
    for (const client of clients) {
      if (!client.isUp() || !hears(client, podId, kind)) continue;
      for (const { afterMs } of delivery(kind)) {
        after(afterMs, () => {
          if (client.isUp()) client.hear(podId, kind, payload);
        });
      }
    }
  }

  const status = (online: boolean): Buffer => Buffer.from(JSON.stringify({ online }));

  function open({ name, faults, ended }: BrokerClient, options: DeviceConnectionOptions) {
    const { as } = options;
    const clientId = 'podId' in as ? as.podId : as.clientId;
    let isUp = false;
    let isClosed = false;
    let settleReady: { resolve: () => void; reject: (error: Error) => void };
    const ready = new Promise<void>((resolve, reject) => (settleReady = { resolve, reject }));
    ready.catch(() => {});

    const client: Client = {
      name,
      options,
      isUp: () => isUp,
      hear(podId, kind, payload) {
        options.onMessage({ podId, kind, payload });
      },
      cut() {
        if (!isUp) return;
        isUp = false;
        if ('podId' in as) take(as.podId, 'status', status(false));
        if (!isClosed && !ended?.aborted) after(0, () => void client.dial());
      },
      async dial() {
        if (isClosed || isUp || unreachable.has(name)) return;
        await faults.reach('mqtt/connect').catch(() => {});
        if (isClosed || isUp || unreachable.has(name)) return;
        isUp = true;
        if ('podId' in as) take(as.podId, 'status', status(true));
        else {
          for (const [podId, payload] of retained) {
            if (as.subscribe.includes('status')) client.hear(podId, 'status', payload);
          }
        }
        settleReady.resolve();
        options.onConnected?.();
      },
    };
    clients.add(client);
    ended?.addEventListener('abort', () => {
      client.cut();
      clients.delete(client);
    });
    after(0, () => void client.dial());

    const connection: DeviceConnection = {
      ready,
      isConnected: () => isUp,
      async publish(podId, kind, message) {
        deviceTopic(podId, kind);
        if (!isUp) throw new NotConnected(clientId);
        const payload = Buffer.from(messageText(message));
        try {
          await faults.reach('mqtt/publish');
          if (!isUp) throw new NotConnected(clientId);
          take(podId, kind, payload);
          if (DEVICE_TOPICS[kind].qos === 1) await faults.reach('mqtt/published');
          if (!isUp) throw new NotConnected(clientId);
        } catch (error) {
          throw error instanceof NotConnected ? error : new NotConnected(clientId, error);
        }
      },
      async close() {
        if (isClosed) return;
        isClosed = true;
        settleReady.reject(new Error(`${clientId} was closed before it was connected`));
        client.cut();
        clients.delete(client);
      },
    };
    return connection;
  }

  const named = (name: string): Client[] => [...clients].filter((client) => client.name === name);
  return {
    connectionsOf: (client) => (options) => open(client, options),
    cut: (name) => named(name).forEach((client) => client.cut()),
    setReachable(name, isReachable) {
      if (isReachable) unreachable.delete(name);
      else unreachable.add(name);
      for (const client of named(name)) {
        if (isReachable) void client.dial();
        else client.cut();
      }
    },
    forge: take,
    listen: (hear) => void listeners.push(hear),
  };
}
