import { readFileSync } from 'node:fs';
import type { Kafka } from 'kafkajs';

/** How a cluster is reached. */
export interface KafkaSettings {
  /** `host:port` of some of its nodes. */
  readonly brokers: readonly string[];
  /** Before each topic's name; nothing when absent. */
  readonly topicPrefix?: string;
  /** Our own certificate, PEM files; plain text when absent. */
  readonly tls?: { readonly keyFile: string; readonly certificateFile: string };
  /** Certificates by which its nodes are trusted, PEM; those that the machine trusts when absent. */
  readonly caFile?: string;
}

/** Few tries inside: kafkajs stays with a leader that is dead, so whoever sends tries again around it. */
const RETRIES = 5;

/** A client, whose package is loaded here; nothing is connected yet. @throws Error for files that are not there */
export async function openKafka(settings: KafkaSettings, clientId: string): Promise<Kafka> {
  const { Kafka, logLevel } = await import('kafkajs');
  const { brokers, tls, caFile } = settings;
  const text = (file: string): string => readFileSync(file, 'utf8');
  const ssl = {
    ...(caFile === undefined ? {} : { ca: [text(caFile)] }),
    ...(tls && { key: text(tls.keyFile), cert: text(tls.certificateFile) }),
  };
  return new Kafka({
    clientId,
    brokers: [...brokers],
    ...(tls || caFile !== undefined ? { ssl } : {}),
    connectionTimeout: 5_000,
    requestTimeout: 15_000,
    retry: { retries: RETRIES, initialRetryTime: 100, maxRetryTime: 2_000 },
    logLevel: logLevel.NOTHING,
  });
}
