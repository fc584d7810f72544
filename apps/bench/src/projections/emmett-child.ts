/**
 * Entry of a process of its own: keeps the same events in Emmett's SQLite store, rebuilds every read
 * model from it, and projects them once more by Emmett's own consumer.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import type { RecordedEvent } from '@flexledger/domain';
import type { EventStore, ReadAllOptions } from '@flexledger/event-store';
import { allViews, openSqliteDocumentStore } from '@flexledger/projections';
import { answerApart } from '../run-apart';
import { measureRebuild } from './measure-rebuild';
import { BENCH_PODS, type BenchEvent, measurementEvent } from './measurement-log';

/** What is used of `@event-driven-io/emmett-sqlite`. */
interface Emmett {
  getSQLiteEventStore(options: { readonly fileName: string }): EmmettStore;
  sqliteConnection(options: { readonly fileName: string }): EmmettConnection;
  readMessagesBatch(
    connection: EmmettConnection,
    options: { readonly after: bigint; readonly batchSize: number },
  ): Promise<{
    readonly messages: readonly EmmettMessage[];
    readonly currentGlobalPosition: bigint;
    readonly areEventsLeft: boolean;
  }>;
}

interface EmmettConnection {
  close(): void;
}

interface EmmettMessage {
  readonly type: string;
  readonly data: object;
  readonly metadata: Omit<RecordedEvent, 'id' | 'type' | 'data'> & {
    readonly messageId: string;
    readonly streamName: string;
    readonly streamPosition: bigint;
    readonly globalPosition: bigint;
  };
}

interface EmmettStore {
  appendToStream(stream: string, events: readonly object[]): Promise<unknown>;
  consumer(options: {
    readonly pulling: { readonly batchSize: number; readonly pullingFrequencyInMs: number };
  }): {
    processor(options: {
      readonly processorId: string;
      readonly stopAfter: (message: EmmettMessage) => boolean;
      readonly eachMessage: (message: EmmettMessage) => void;
    }): unknown;
    start(): Promise<void>;
    close(): Promise<void>;
  };
}

/** The size at which its reading was fastest of 100 to 10,000. */
const BATCH_SIZE = 1_000;
/** It sometimes finds a statement of its own still in progress when it commits, and rolls back. */
const TRIES = 5;

async function main(peerFolder: string, folder: string, events: number): Promise<void> {
  const peer = createRequire(path.join(peerFolder, 'package.json'));
  const emmett = peer('@event-driven-io/emmett-sqlite') as Emmett;
  const fileName = path.join(folder, 'emmett.sqlite');
  const store = emmett.getSQLiteEventStore({ fileName });
  const appendSeconds = await appendAll(store, events);
  const connection = emmett.sqliteConnection({ fileName });
  const rebuild = await measureRebuild(asLog(emmett, connection, events), folder, events);
  connection.close();
  const consumerSeconds = await withRetries((attempt) =>
    measureConsumer(store, path.join(folder, `consumed-${attempt}.sqlite`), events),
  );
  answerApart({ ...rebuild, appendSeconds, consumerSeconds });
}

/** All events of a stream by one call: one by one, each opens the file anew and waits for the disk. */
async function appendAll(store: EmmettStore, events: number): Promise<number> {
  let seconds = 0;
  for (let pod = 0; pod < Math.min(BENCH_PODS, events); pod += 1) {
    const streams = new Map<string, object[]>();
    for (let at = pod; at < events; at += BENCH_PODS) {
      const { streamId, event } = measurementEvent(pod, (at - pod) / BENCH_PODS);
      streams.set(streamId, [...(streams.get(streamId) ?? []), asMessage({ streamId, event })]);
    }
    const startedMs = performance.now();
    for (const [stream, messages] of streams) {
      await withRetries(() => store.appendToStream(stream, messages));
    }
    seconds += (performance.now() - startedMs) / 1e3;
  }
  return seconds;
}

/** Envelope fields that Emmett has no column for go where its documentation puts them: metadata. */
function asMessage({ event }: BenchEvent): object {
  const { id, type, data, ...envelope } = event;
  return { type, data, metadata: { messageId: id, ...envelope } };
}

function asRecorded({ type, data, metadata }: EmmettMessage): RecordedEvent {
  const { messageId, streamName, streamPosition, globalPosition, ...envelope } = metadata;
  const revision = Number(streamPosition) - 1;
  const position = Number(globalPosition) - 1;
  return { ...envelope, id: messageId, type, data, streamId: streamName, revision, position };
}

/** Emmett's log as the runner of the read models reads one, by batches. */
function asLog(emmett: Emmett, connection: EmmettConnection, events: number): EventStore {
  async function* readAll({ after: position = -1, limit = Infinity }: ReadAllOptions = {}) {
    // Its positions begin at 1, those of `asRecorded` at 0.
    let after = BigInt(position + 1);
    for (let left = limit; left > 0;) {
      const batchSize = Math.min(left, BATCH_SIZE);
      const batch = await emmett.readMessagesBatch(connection, { after, batchSize });
      for (const message of batch.messages) yield { ...asRecorded(message), hash: 'none' };
      if (!batch.areEventsLeft) return;
      left -= batch.messages.length;
      after = batch.currentGlobalPosition;
    }
  }
  const head = async (): Promise<number> => events - 1;
  return { readAll, head } satisfies Partial<EventStore> as unknown as EventStore;
}

/** The same documents by a processor of Emmett's consumer, folded in memory and stored at the end. */
async function measureConsumer(store: EmmettStore, file: string, events: number): Promise<number> {
  const folded = allViews.map((view) => ({ view, docs: new Map<string, object>() }));
  const fold = (event: RecordedEvent): void => {
    for (const { view, docs } of folded) {
      if (!view.types.includes(event.type)) continue;
      view.keysOf(event).forEach((key, index) => {
        const doc = view.evolve(docs.get(key), event, key, index);
        if (doc) docs.set(key, doc);
        else docs.delete(key);
      });
    }
  };
  const documents = openSqliteDocumentStore({ path: file });
  const pulling = { batchSize: BATCH_SIZE, pullingFrequencyInMs: 0 };
  let consumed = 0;
  const startedMs = performance.now();
  const consumer = store.consumer({ pulling });
  consumer.processor({
    processorId: path.basename(file),
    eachMessage(message) {
      fold(asRecorded(message));
      consumed += 1;
    },
    stopAfter: ({ metadata }) => metadata.globalPosition === BigInt(events),
  });
  await consumer.start();
  await documents.commit(
    folded.map(({ view, docs }) => ({
      view,
      puts: [...docs].map(([id, doc]) => ({ id, doc })),
      deletes: [],
      checkpoint: { version: view.version, logStart: 'none', position: events - 1 },
      continues: -1,
    })),
  );
  const seconds = (performance.now() - startedMs) / 1e3;
  await consumer.close();
  await documents.close();
  if (consumed !== events) throw new Error(`Its consumer stopped after ${consumed} events.`);
  return seconds;
}

async function withRetries<Result>(work: (attempt: number) => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (error) {
      if (attempt === TRIES) throw error;
    }
  }
}

void main(process.argv[2]!, process.argv[3]!, Number(process.argv[4]));
