/** Topics and access rights of a cluster: each party reads its own topics and nothing else, nobody but us writes. */
import { sleep } from '@flexledger/runtime';
import type { AclEntry, Admin } from 'kafkajs';
import { type KafkaSettings, openKafka } from './kafka-client';
import type { TopicSource } from './topic-carrier';
import { principalName, topicsOf } from './topics';

export interface ProvisionOptions {
  readonly kafka: KafkaSettings;
  readonly aggregatorIds: Iterable<string>;
  /** Common name of the certificate that publishes. */
  readonly publisher: string;
  readonly partitions: number;
  /** Copies of each message; the cluster needs as many nodes. */
  readonly copies: number;
  /** Left out for a cluster without an authorizer. */
  readonly acls: boolean;
}

/** What there is now. */
export interface Provisioned {
  readonly topics: readonly {
    readonly name: string;
    readonly party: string;
    /** Whom Kafka lets read it, as the certificate names it. */
    readonly principal: string;
    readonly isNew: boolean;
  }[];
}

/** Makes what is missing; what is there is left as it is. @throws KafkaJSError when the cluster refuses */
export async function provisionKafka(options: ProvisionOptions): Promise<Provisioned> {
  const { kafka: settings, aggregatorIds, partitions, copies, acls } = options;
  const admin = (await openKafka(settings, 'flexledger-provision')).admin();
  await admin.connect();
  try {
    const there = new Set(await admin.listTopics());
    const topics = topicsOf(aggregatorIds).map((topic) => {
      const name = `${settings.topicPrefix ?? ''}${topic.name}`;
      const { party } = topic;
      return { name, party, principal: principalName(party), isNew: !there.has(name) };
    });
    await makeTopics(admin, topics, partitions, copies);
    if (acls) await admin.createAcls({ acl: topics.flatMap((topic) => aclsOf(topic, options)) });
    return { topics };
  } finally {
    await admin.disconnect();
  }
}

/** What a cluster has of ours; it is only asked. @throws KafkaJSError when it does not answer or refuses */
export async function describeKafka(
  settings: KafkaSettings,
): Promise<{ readonly nodes: number; readonly topics: number }> {
  const admin = (await openKafka(settings, 'flexledger-doctor')).admin();
  await admin.connect();
  try {
    const { brokers } = await admin.describeCluster();
    const lasting = topicsOf([]).map(({ name }) => `${settings.topicPrefix ?? ''}${name}`);
    const there = new Set(await admin.listTopics());
    return { nodes: brokers.length, topics: lasting.filter((name) => there.has(name)).length };
  } finally {
    await admin.disconnect();
  }
}

/**
 * Whether topics are there for who reads them.
 *
 * @returns their names
 * @throws Error naming those that are not, or that are not shown to it; KafkaJSError when the cluster does not answer
 */
export async function topicsThere(source: TopicSource): Promise<readonly string[]> {
  const missing = await missingTopics(source);
  if (missing.length === 0) return source.topics;
  throw new Error(`the cluster shows no ${missing.join(', ')}`);
}

/** Those that are not, or are not shown to who asks. @throws KafkaJSError when the cluster does not answer */
export async function missingTopics(source: TopicSource): Promise<readonly string[]> {
  const admin = (await openKafka(source, 'flexledger-doctor')).admin();
  await admin.connect();
  try {
    const there = new Set(await admin.listTopics());
    return source.topics.filter((name) => !there.has(name));
  } finally {
    await admin.disconnect();
  }
}

async function makeTopics(
  admin: Admin,
  topics: Provisioned['topics'],
  partitions: number,
  copies: number,
): Promise<void> {
  const missing = topics.filter(({ isNew }) => isNew);
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name);
  for (let tries = 1; ; tries += 1) {
    try {
      await admin.createTopics({
        waitForLeaders: true,
        topics: names.map((topic) => ({
          topic,
          numPartitions: partitions,
          replicationFactor: copies,
        })),
      });
      // What a try before had made is not waited for by that.
      await admin.fetchTopicMetadata({ topics: names });
      return;
    } catch (error) {
      // The node that is asked who leads a topic may not have heard of it yet.
      if (!isTopicUnheardOf(error) || tries === TRIES) throw error;
      await sleep(AGAIN_MS);
    }
  }
}

/** What a node answers that knows no such topic; kafkajs may wrap it. */
export function isTopicUnheardOf(error: unknown): boolean {
  const { type, cause } = (error ?? {}) as { readonly type?: unknown; readonly cause?: unknown };
  return type === 'UNKNOWN_TOPIC_OR_PARTITION' || (cause !== undefined && isTopicUnheardOf(cause));
}

/** A new topic is known to all nodes of a busy cluster within seconds. */
const TRIES = 20;
const AGAIN_MS = 500;

/** The numbers of Kafka's protocol; kafkajs has them as enumerations, which only its loaded package holds. */
const TOPIC = 2;
const GROUP = 3;
const CLUSTER = 4;
const LITERAL = 3;
const PREFIXED = 4;
const READ = 3;
const WRITE = 4;
const DESCRIBE = 8;
const IDEMPOTENT_WRITE = 12;
const ALLOW = 3;

function aclsOf(
  { name, principal }: Provisioned['topics'][number],
  { publisher }: ProvisionOptions,
): AclEntry[] {
  const reader = `User:${principal}`;
  const writer = `User:${publisher}`;
  // With its dot: without it, the groups of "alfa" would be open to "alfa2" as well.
  const groups = `${principal}.`;
  return [
    entry(reader, TOPIC, name, READ),
    entry(reader, TOPIC, name, DESCRIBE),
    { ...entry(reader, GROUP, groups, READ), resourcePatternType: PREFIXED },
    entry(writer, TOPIC, name, WRITE),
    entry(writer, TOPIC, name, DESCRIBE),
    entry(writer, CLUSTER, 'kafka-cluster', IDEMPOTENT_WRITE),
  ];
}

function entry(
  principal: string,
  resourceType: number,
  resourceName: string,
  operation: number,
): AclEntry {
  return {
    principal,
    host: '*',
    operation,
    permissionType: ALLOW,
    resourceType,
    resourceName,
    resourcePatternType: LITERAL,
  };
}
