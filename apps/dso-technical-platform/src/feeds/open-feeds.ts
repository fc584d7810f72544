/** The feeds of a grid over the broker: one connection of topics, its messages handed to whom they are for. */
import { RAW_PHASORS, type TopicConnection, openTopicConnection } from '@flexledger/messaging';
import type { Clock } from '@flexledger/runtime';
import type { OperationsFeed } from '../operations/operations-feed';
import { PHASOR_FILTERS, createPhasorFeed } from '../phasors/phasor-feed';
import { type PhasorSeries, openPhasorSeries } from '../phasors/phasor-series';
import type { BrokerAccess } from '../setpoint-carrying/setpoint-carrying';

/** What is taken in over the broker. */
export const FEEDS = ['phasors', 'operations'] as const;
export type Feed = (typeof FEEDS)[number];

/** What an operator sets of the feeds. */
export interface FeedSettings {
  readonly taken: readonly Feed[];
  /** Where time series of phasors are kept. */
  readonly phasorsFile: string;
}

/** The same, with what they work with. */
export interface FeedOptions extends FeedSettings {
  readonly broker: Omit<BrokerAccess, 'connect'>;
  readonly clock: Clock;
  /** How long readings of phasors are kept, ms. */
  readonly keepPhasorsMs: number;
  /** Whom operational data is for; absent where it is not taken. */
  readonly operations: OperationsFeed | undefined;
  readonly onProblem: (problem: string) => void;
}

/** Feeds while the platform is open. */
export interface OpenedFeeds {
  /** Resolves at the first connection to the broker, its subscriptions standing. */
  readonly ready: Promise<void>;
  readonly phasors: PhasorSeries | undefined;
  /** Says something retained on a topic; while the broker is away the last of each topic waits. */
  say(topic: string, message: object): void;
  close(): Promise<void>;
}

/** Begins to connect. */
export function openFeeds(options: FeedOptions): OpenedFeeds {
  const { taken, broker, clock, operations, onProblem } = options;
  /** What waits for the broker, the last of each topic. */
  const unsaid = new Map<string, object>();
  const phasors = taken.includes('phasors')
    ? openPhasorSeries(options.phasorsFile, options.keepPhasorsMs)
    : undefined;
  const publish = (topic: string, message: object): Promise<void> =>
    connection.publish(topic, JSON.stringify(message), { qos: 1, retain: false });
  const receivePhasors =
    phasors && createPhasorFeed({ series: phasors, clock, publish, onProblem });
  const connection: TopicConnection = openTopicConnection({
    host: broker.host,
    port: broker.port,
    ...(broker.tls && { tls: broker.tls }),
    clientId: `dso-feeds-${broker.instance}`,
    username: broker.username,
    token: broker.token,
    subscribe: [...(phasors ? PHASOR_FILTERS : []), ...(operations?.topics ?? [])],
    onMessage(topic, payload) {
      if (topic === RAW_PHASORS || topic.startsWith(`${RAW_PHASORS}/`)) {
        receivePhasors?.(topic, payload);
      } else void operations?.receive(topic, payload);
    },
    onConnected: () => flush(),
    onProblem,
  });
  function flush(): void {
    if (!connection.isConnected()) return;
    for (const [topic, message] of unsaid) {
      unsaid.delete(topic);
      connection
        .publish(topic, JSON.stringify(message), { qos: 1, retain: true })
        .catch(() => unsaid.has(topic) || unsaid.set(topic, message));
    }
  }
  return {
    ready: connection.ready,
    phasors,
    say(topic, message) {
      unsaid.set(topic, message);
      flush();
    },
    async close() {
      await connection.close();
      phasors?.close();
    },
  };
}
