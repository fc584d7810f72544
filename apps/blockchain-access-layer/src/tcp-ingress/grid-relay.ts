/**
 * What measures a grid, and the topology it has, where that comes to the access layer by TCP: phasors as JSON or XML, and CIM in
 * RDF/XML (IEC 61970). It is read, and said on the broker's topics, where the DSO's technical platform listens.
 */
import {
  type BrokerPlace,
  RAW_PHASORS,
  type SourceAccount,
  type TopicConnection,
  openTopicConnection,
} from '@flexledger/messaging';
import {
  SHORT_MESSAGE_BYTES,
  messageTopic,
  parseReading,
  payloadOf,
  requireReadable,
} from '@flexledger/service-kit';

export interface GridRelayOptions extends Pick<BrokerPlace, 'host' | 'port' | 'tls' | 'onProblem'> {
  readonly clientId: string;
  readonly username: string;
  readonly token: string;
}

export interface GridRelay {
  /** Resolves at the first connection; rejects when the broker refuses it. */
  readonly ready: Promise<void>;
  /**
   * Says what a source has sent.
   *
   * @throws Error where it cannot be read, or is on no topic of the source; NotConnected while the broker is away
   */
  take(source: SourceAccount, payload: Buffer): Promise<void>;
  close(): Promise<void>;
}

/** A grid model in CIM has some megabytes. */
export const GRID_MESSAGE_BYTES = 8 * 1024 * 1024;
/** As a message by TCP names the topics of phasors. */
const PHASORS = 'phasors';

/** Begins to connect. */
export function openGridRelay(options: GridRelayOptions): GridRelay {
  const connection: TopicConnection = openTopicConnection({
    ...options,
    subscribe: [],
    onMessage: () => {},
  });
  return {
    ready: connection.ready,
    async take(source, payload) {
      const topic = topicOf(source, payload);
      await requireReadable(payload);
      await connection.publish(topic, payload, { qos: 1, retain: false });
    },
    close: () => connection.close(),
  };
}

/** @throws Error saying that the source may not say it, or names no topic; of a reading of phasors also why it cannot be read */
function topicOf({ topics, username }: SourceAccount, payload: Buffer): string {
  const named = messageTopic(payload);
  const found = named === PHASORS ? phasorTopic(topics, payload) : gridTopicOf(topics, named);
  if (found === undefined)
    throw new Error(`"${named}" is on no topic of ${username} (mqtt.sources)`);
  return found;
}

/** The device's own topic, or the common one. */
function phasorTopic(topics: readonly string[], payload: Buffer): string | undefined {
  if (payload.length > SHORT_MESSAGE_BYTES) {
    throw new Error(`a reading of phasors has at most ${SHORT_MESSAGE_BYTES} bytes`);
  }
  const { device } = parseReading(payloadOf(payload), undefined);
  return [`${RAW_PHASORS}/${device}`, RAW_PHASORS].find((topic) => topics.includes(topic));
}

function gridTopicOf(topics: readonly string[], named: string): string | undefined {
  return topics.find((topic) => topic.split('/')[0] === 'dso' && topic.endsWith(`/${named}`));
}
