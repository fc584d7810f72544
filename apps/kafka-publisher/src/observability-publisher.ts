/**
 * What the TSO observes the grid by, in seconds, in its topic (D3.3 A.5.3.3, table 30; FR_SCD_PDO_1 to 3): the row of each
 * PoD anew whenever it reads otherwise, all of them when this instance begins. No event of the log, and no evidence:
 * what is certified are the quarter-hours.
 */
import type { Processor } from '@flexledger/event-store';
import { type Principal, may, uuidFrom } from '@flexledger/identity';
import { messageOf, sleep, withoutFullStop } from '@flexledger/runtime';
import { keepGoing } from '@flexledger/service-kit';
import type { KafkaSettings } from './kafka-client';
import { type SureProducer, connectSurely } from './sure-producer';
import { OBSERVABILITY, readerOf } from './topics';

/** A PoD as it is observed now. */
export interface ObservedRow {
  readonly podId: string;
  readonly aggregatorId: string;
  /** ISO 8601 UTC. */
  readonly timestamp: string;
}

export interface ObservabilityOptions<Row extends ObservedRow> {
  readonly rows: () => Promise<readonly Row[]>;
  /** What of a row has to read otherwise for it to be told anew. */
  readonly told: (row: Row) => string;
  readonly kafka: KafkaSettings;
  readonly onProblem: (problem: string) => void;
}

/** What these rows are asked for with by HTTP. */
const SCOPE = 'measurements:read';
const LOOK_EVERY_MS = 2_000;
/** Of some 500 bytes each, of one partition's megabyte at most. */
const ROWS_TOGETHER = 1_000;

/** Publishes while its instance has the lease. */
export function createObservabilityPublisher<Row extends ObservedRow>(
  options: ObservabilityOptions<Row>,
): Processor {
  const topic = `${options.kafka.topicPrefix ?? ''}${OBSERVABILITY.name}`;
  return {
    name: 'kafka/observability',
    types: [],
    handle: async () => {},
    begin: async ({ signal }) =>
      void keepGoing(
        (until) => publish(options, topic, until),
        signal,
        (error) => {
          const reason = withoutFullStop(messageOf(error));
          options.onProblem(
            `Kafka did not take what is observed for ${topic}: ${reason}. It is told anew soon; look whether the ` +
              'cluster runs, and whether "flexledger kafka provision" has made the topic.',
          );
        },
        LOOK_EVERY_MS,
      ),
  };
}

async function publish<Row extends ObservedRow>(
  { rows, told, kafka }: ObservabilityOptions<Row>,
  topic: string,
  signal: AbortSignal,
): Promise<void> {
  const reader: Principal = { ...readerOf(OBSERVABILITY), scopes: [SCOPE] };
  const before = new Map<string, string>();
  const producer = await connectSurely(kafka);
  try {
    while (!signal.aborted) {
      const isNew = (row: Row): boolean => before.get(row.podId) !== told(row);
      const changed = (await rows()).filter((row) => isShown(reader, row) && isNew(row));
      await send(producer, topic, changed);
      for (const row of changed) before.set(row.podId, told(row));
      await sleep(LOOK_EVERY_MS, signal);
    }
  } finally {
    await producer.disconnect();
  }
}

const isShown = (reader: Principal, row: ObservedRow): boolean => may(reader, SCOPE, row);

async function send(
  producer: SureProducer,
  topic: string,
  rows: readonly ObservedRow[],
): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_TOGETHER) {
    const messages = rows.slice(from, from + ROWS_TOGETHER).map(messageOfRow);
    await producer.send([{ topic, messages }]);
  }
}

/** A CloudEvent that stands in no log: without a position and a hash. */
function messageOfRow(row: ObservedRow) {
  const { podId, timestamp } = row;
  // The same row has the same id, however often it is told.
  const id = uuidFrom(`observed/${JSON.stringify(row)}`);
  const value = {
    specversion: '1.0',
    id,
    source: '/flexledger',
    type: 'flexledger.ObservedPod',
    subject: podId,
    time: timestamp,
    datacontenttype: 'application/json',
    data: row,
  };
  const headers = { ce_id: id, 'content-type': 'application/cloudevents+json; charset=utf-8' };
  return { key: podId, value: JSON.stringify(value), headers };
}
