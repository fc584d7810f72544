import { existsSync } from 'node:fs';
import { UsageError, print, printJson } from '@flexledger/command-line';
import { logFile, openLog } from '@flexledger/event-store';
import { aggregatorsOf, provisionKafka } from '@flexledger/kafka-publisher';
import { messageOf, wallClock } from '@flexledger/runtime';
import { table } from '@flexledger/terminal';
import type { Config } from '../config/config';
import { loadConfig } from '../config/load-config';

/** Flags of `flexledger kafka provision`. */
export interface ProvisionFlags {
  readonly config?: string;
  readonly data?: string;
  readonly aggregators: string;
  readonly publisher: string;
  readonly tlsKey?: string;
  readonly tlsCert?: string;
  readonly partitions: number;
  readonly copies: number;
  readonly acls: boolean;
  readonly json: boolean;
}

/** Makes topics and access rights, and prints them. @throws UsageError when the cluster refuses or does not answer */
export async function provision(flags: ProvisionFlags): Promise<void> {
  const { config: file, data, publisher, partitions, copies, acls, json } = flags;
  const config = loadConfig({
    ...(file === undefined ? {} : { file }),
    environment: process.env,
    ...(data === undefined ? {} : { flags: { dataDir: data } }),
  });
  if (config.kafka.brokers.length === 0) {
    throw new UsageError(
      'The configuration names no Kafka; set kafka.brokers, or name another with --config.',
    );
  }
  const aggregatorIds = [...(await known(config)), ...named(flags.aggregators)];
  const kafka = { ...config.kafka, ...ownCertificate(flags) };
  const options = {
    kafka,
    aggregatorIds: new Set(aggregatorIds),
    publisher,
    partitions,
    copies,
    acls,
  };
  const made = await provisionKafka(options).catch((error: unknown) => {
    throw new UsageError(
      `Kafka at ${config.kafka.brokers.join(', ')} cannot be provisioned: ${messageOf(error)}. Look whether it ` +
        'runs, and whether this certificate may make topics there (--tls-key, --tls-cert).',
    );
  });
  if (json) return printJson(made);
  const rows = made.topics.map(({ name, principal, isNew }) => [
    name,
    acls ? `read by ${principal}` : 'access rights left alone',
    isNew ? 'made' : 'there already',
  ]);
  print(table(rows));
}

/** The aggregators of the log, where there is one. */
async function known({ dataDir, log: place }: Config): Promise<ReadonlySet<string>> {
  if (place.url === undefined && !existsSync(logFile(dataDir))) return new Set();
  const store = await openLog({ dataDir, ...place }, { clock: wallClock });
  try {
    return await aggregatorsOf({ store })(await store.head());
  } finally {
    await store.close();
  }
}

function named(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function ownCertificate({ tlsKey, tlsCert }: ProvisionFlags) {
  if ((tlsKey === undefined) !== (tlsCert === undefined)) {
    throw new UsageError('--tls-key and --tls-cert belong together; name both or neither.');
  }
  return tlsKey === undefined ? {} : { tls: { keyFile: tlsKey, certificateFile: tlsCert! } };
}
