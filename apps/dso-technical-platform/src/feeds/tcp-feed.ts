/**
 * A DSO's data server that speaks no MQTT: the same messages over TCP or TLS, from the same accounts. JSON names its topic
 * in a member `topic` (`scada`); of XML the root element does (`<scada>`), or what CIM holds.
 */
import {
  type SourceAccount,
  type TcpListener,
  type TcpMessagesOptions,
  gridTopic,
  isToken,
  serveMessagesByTcp,
} from '@flexledger/messaging';
import { messageTopic } from '@flexledger/service-kit';
import type { OperationsFeed } from '../operations/operations-feed';

/** Where it listens, and to whom. */
export interface TcpFeedSettings extends Pick<TcpMessagesOptions, 'host' | 'port' | 'tls'> {
  /** Who may sign in, and what each may say. */
  readonly sources: readonly SourceAccount[];
}

/** The same, with whom messages are for. */
export interface TcpFeedOptions {
  readonly settings: TcpFeedSettings;
  readonly gridId: string;
  readonly feed: Pick<OperationsFeed, 'receive' | 'topics'>;
  readonly onProblem: (problem: string) => void;
}

/** A grid model in CIM has some megabytes; data servers are few. */
const LIMITS = { messageBytes: 8 * 1024 * 1024, connections: 100, newcomersOfAddress: 20 };

/** Listens. @throws Error naming the port and the remedy when it cannot */
export function openTcpFeed(options: TcpFeedOptions): Promise<TcpListener> {
  const { gridId, feed, onProblem } = options;
  const { sources, ...listening } = options.settings;
  const accounts = new Map(sources.map((source) => [source.username, source]));
  return serveMessagesByTcp({
    ...listening,
    portSetting: 'dso.tcp.port',
    limits: LIMITS,
    isClient(username, token) {
      const account = accounts.get(username);
      return account !== undefined && isToken(Buffer.from(token), account.token);
    },
    async onMessage({ username, payload }) {
      const topic = gridTopic(gridId, messageTopic(payload));
      if (!feed.topics.includes(topic)) throw new Error(`${topic} is no topic of this grid`);
      if (!accounts.get(username)?.topics.includes(topic)) {
        throw new Error(`${topic} is not among its topics (mqtt.sources)`);
      }
      await feed.receive(topic, payload);
    },
    onProblem,
  });
}
