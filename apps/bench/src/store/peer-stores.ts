/** Stores of others, as their documentation uses them. */
import { createRequire } from 'node:module';
import path from 'node:path';
import type { ProposedEvent } from '@flexledger/domain';
import type { MeasuredStore } from './measure-store';
import type { StoreOpening } from './store-child';

interface EmmettStore {
  appendToStream(stream: string, events: readonly object[]): Promise<unknown>;
  close?(): Promise<void>;
}

interface Emmett {
  getSQLiteEventStore(options: { readonly fileName: string }): EmmettStore;
  getPostgreSQLEventStore(url: string): EmmettStore & {
    readonly schema: { migrate(): Promise<unknown> };
  };
}

/** It sometimes finds a statement of its own still in progress when it commits, and rolls back. */
const EMMETT_TRIES = 5;

/** Appends only: it opens its file anew with each call. */
export async function emmettSqlite({ folder, peerFolder }: StoreOpening): Promise<MeasuredStore> {
  const emmett = packageOf(peerFolder, '@event-driven-io/emmett-sqlite') as Emmett;
  const store = emmett.getSQLiteEventStore({ fileName: path.join(folder, 'emmett.sqlite') });
  return { ...appends(store), hasOneWriter: true };
}

export async function emmettPostgres({ url, peerFolder }: StoreOpening): Promise<MeasuredStore> {
  const emmett = packageOf(peerFolder, '@event-driven-io/emmett-postgresql') as Emmett;
  const store = emmett.getPostgreSQLEventStore(url);
  await store.schema.migrate();
  return appends(store);
}

function appends(store: EmmettStore): MeasuredStore {
  const append = async (stream: string, events: readonly ProposedEvent[]): Promise<unknown> => {
    const messages = events.map(({ id, type, data, ...envelope }) => ({
      type,
      data,
      metadata: { messageId: id, ...envelope },
    }));
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await store.appendToStream(stream, messages);
      } catch (error) {
        if (attempt === EMMETT_TRIES) throw error;
      }
    }
  };
  return { append, close: async () => store.close?.() };
}

interface Nats {
  connect(options: { readonly servers: string }): Promise<NatsConnection>;
  nanos(ms: number): number;
}

interface NatsConnection {
  jetstream(): {
    publish(
      subject: string,
      payload: Uint8Array,
      options: { readonly msgID: string },
    ): Promise<unknown>;
    readonly consumers: {
      get(
        stream: string,
        options: { readonly filterSubjects?: string },
      ): Promise<{
        consume(options: {
          readonly max_messages: number;
        }): Promise<AsyncIterable<object> & { stop(): void }>;
      }>;
    };
  };
  jetstreamManager(): Promise<{
    readonly streams: { add(stream: object): Promise<unknown> };
  }>;
  close(): Promise<void>;
}

/** A message an event, known by its id; a batch is sent at once and waited for together, for it has no batches. */
export async function jetStream({ url, peerFolder }: StoreOpening): Promise<MeasuredStore> {
  const nats = packageOf(peerFolder, 'nats') as Nats;
  const connection = await nats.connect({ servers: url });
  const manager = await connection.jetstreamManager();
  await manager.streams.add({ name: 'bench', subjects: ['bench.>'], storage: 'file' });
  const stream = connection.jetstream();
  const encoder = new TextEncoder();
  const consumed = async (count: number): Promise<void> => {
    const consumer = await stream.consumers.get('bench', {});
    const messages = await consumer.consume({ max_messages: 1_000 });
    let seen = 0;
    for await (const _ of messages) {
      seen += 1;
      if (seen === count) messages.stop();
    }
  };
  return {
    append: (name, events) =>
      Promise.all(
        events.map((event) =>
          stream.publish(`bench.${name}`, encoder.encode(JSON.stringify(event)), {
            msgID: event.id,
          }),
        ),
      ),
    follow: consumed,
    close: () => connection.close(),
  };
}

const packageOf = (folder: string, name: string): unknown =>
  createRequire(path.join(folder, 'package.json'))(name);
