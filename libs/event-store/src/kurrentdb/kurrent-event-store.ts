/**
 * The log in KurrentDB (EventStoreDB), or in an embedded log that speaks its protocol (`log-server.ts`), through
 * `@eventstore/db-client`. What that client gets wrong stands beside each way around it.
 */
import { setMaxListeners } from 'node:events';
import type { EventStoreDBClient, Filter } from '@eventstore/db-client';
import type { ProposedEvent, RecordedEvent } from '@flexledger/domain';
import { type Clock, messageOf, sleep, stopwatch } from '@flexledger/runtime';
import { LogClosed, LogDamaged } from '../errors';
import {
  type AppendResult,
  BEFORE_FIRST,
  type EventFilter,
  type EventStore,
  type ExpectedRevision,
  type ReadAllOptions,
  type SubscribeOptions,
} from '../port';
import { prepareAppend } from '../prepare-append';
import { assertCount, assertPosition } from '../read-checks';
import { recordedEventOf } from './envelope';
import { KurrentAppends, PAUSE_MS } from './kurrent-appends';
import { type ClientRecord, type ClientStream, recordsOf } from './kurrent-calls';
import { isAbsentStream, isPassing, unavailable } from './kurrent-errors';

export interface KurrentEventStoreOptions {
  /** `esdb://user:password@host:port?tls=true`, as KurrentDB's documentation has it. */
  readonly url: string;
  /** Gives `recordedAt`. */
  readonly clock: Clock;
  /**
   * What the names of the log's streams begin with at the server, followed by a hyphen, where it keeps other things
   * too. Nobody else sees it: neither readers nor hashes.
   */
  readonly namespace?: string;
  /** How long a call without an answer is tried again; 10 seconds when absent. */
  readonly patienceMs?: number;
  /** After this an append counts as unanswered, which its client never says by itself; 5 seconds when absent. */
  readonly answerWithinMs?: number;
  /** Told once when the server is lost, and when it answers again. */
  readonly onProblem?: (problem: string) => void;
}

/** Records of one call. */
const PAGE = 512;

/** Among so many records at the end the last event of ours is looked for, before all of them are. */
const HEAD_PAGES = [1, 64];

/** KurrentDB's own streams and types begin so. */
const SYSTEM = '$';

/**
 * Opens the log; the server is first asked by the first call.
 *
 * @throws Error when the address is none
 */
export async function openKurrentEventStore(
  options: KurrentEventStoreOptions,
): Promise<EventStore> {
  const client = await import('@eventstore/db-client');
  return new KurrentEventStore(options, client);
}

class KurrentEventStore implements EventStore {
  /** The address without what signs in. */
  private readonly path: string;
  private readonly streamsBegin: string;
  private readonly client: EventStoreDBClient;
  private readonly pending = new Set<Promise<unknown>>();
  private readonly closing = new AbortController();
  private closed: Promise<void> | undefined;
  /** Since when the server has not answered; readers that come later do not wait that long again. */
  private lostSinceMs: number | undefined;
  private readonly patienceMs: number;
  private readonly answerWithinMs: number;
  private readonly appends: KurrentAppends;

  constructor(
    private readonly options: KurrentEventStoreOptions,
    private readonly kurrent: typeof import('@eventstore/db-client'),
  ) {
    const { url, namespace, patienceMs = 10_000, answerWithinMs = 5_000 } = options;
    this.streamsBegin = namespace === undefined ? '' : `${namespace}-`;
    this.client = this.connect();
    this.path = url.replace(/\/\/[^@/]*@/, '//');
    // As many reads and subscriptions wait for its end as are under way.
    setMaxListeners(0, this.closing.signal);
    this.patienceMs = patienceMs;
    this.answerWithinMs = answerWithinMs;
    this.appends = new KurrentAppends({
      client: this.client,
      kurrent,
      path: this.path,
      clock: options.clock,
      patienceMs,
      answerWithinMs,
      nameAtServer: (streamId) => this.nameAtServer(streamId),
      streamAt: (name) => name.slice(this.streamsBegin.length),
      read: (open, sinceMs) => this.once(open, sinceMs),
    });
  }

  append(
    streamId: string,
    expected: ExpectedRevision,
    events: readonly ProposedEvent[],
  ): Promise<AppendResult> {
    // What throws in here rejects the promise.
    const appended = new Promise<AppendResult>((resolve, reject) => {
      this.assertOpen();
      this.appends.append(prepareAppend(streamId, expected, events)).then(resolve, reject);
    });
    this.pending.add(appended);
    const done = (): void => void this.pending.delete(appended);
    appended.then(done, done);
    return appended;
  }

  readStream(streamId: string, fromRevision = 0): AsyncIterable<RecordedEvent> {
    return this.read(async function* (this: KurrentEventStore) {
      assertCount('fromRevision', fromRevision);
      const name = this.nameAtServer(streamId);
      yield* this.inPages((last) =>
        this.client.readStream(name, {
          fromRevision: last ? last.revision : BigInt(fromRevision),
          maxCount: PAGE,
        }),
      );
    });
  }

  /**
   * The client cannot filter what it reads, so the whole stretch comes over the wire; `subscribe` has the server
   * filter.
   */
  readAll(options: ReadAllOptions = {}): AsyncIterable<RecordedEvent> {
    const { after = BEFORE_FIRST, limit = Infinity, filter } = options;
    return this.read(async function* (this: KurrentEventStore) {
      assertPosition('after', after);
      if (limit !== Infinity) assertCount('limit', limit);
      const last = await this.head();
      if (after >= last || limit === 0) return;
      let reached = after;
      let left = limit;
      const open = (seen?: ClientRecord): ClientStream =>
        this.client.readAll({
          fromPosition: this.at(seen ? positionOf(seen) : after),
          maxCount: PAGE,
        });
      for await (const event of this.inPages(open)) {
        if (event.position > last) return;
        // A read begins with the event at its position, which is known already.
        if (event.position <= reached) continue;
        reached = event.position;
        if (!passes(event, filter)) continue;
        yield event;
        left -= 1;
        if (left === 0) return;
      }
    });
  }

  async *subscribe(options: SubscribeOptions): AsyncGenerator<RecordedEvent> {
    const { after, filter, signal } = options;
    assertPosition('after', after);
    this.assertOpen();
    const end = AbortSignal.any([this.closing.signal, ...(signal ? [signal] : [])]);
    if (isEmpty(filter)) {
      while (!end.aborted) await sleep(60_000, end);
      return;
    }
    let reached = after;
    while (!end.aborted) {
      // The client never resubscribes by itself, and ends without a word: the place is kept here.
      try {
        for await (const event of this.following(reached, filter, end)) {
          if (end.aborted) return;
          this.answers();
          if (event.position <= reached) continue;
          reached = event.position;
          if (passes(event, filter)) yield event;
        }
      } catch (error) {
        if (end.aborted) return;
        if (!isPassing(error)) throw error;
        this.isLostBy(error);
      }
      await sleep(PAUSE_MS, end);
    }
  }

  /** The last event of ours: what KurrentDB writes for itself at the end is passed over. */
  async head(): Promise<number> {
    this.assertOpen();
    const { BACKWARDS: direction, END } = this.kurrent;
    for (const maxCount of HEAD_PAGES) {
      const open = (): ClientStream =>
        this.client.readAll({ direction, fromPosition: END, maxCount });
      for await (const { position } of this.once(open)) return position;
    }
    const open = (seen?: ClientRecord): ClientStream => {
      const fromPosition = seen ? this.at(positionOf(seen)) : END;
      return this.client.readAll({ direction, fromPosition, maxCount: PAGE });
    };
    for await (const { position } of this.inPages(open)) return position;
    return BEFORE_FIRST;
  }

  close(): Promise<void> {
    this.closed ??= this.finish();
    return this.closed;
  }

  private async finish(): Promise<void> {
    const waitedFor = Promise.allSettled(this.pending);
    this.closing.abort();
    await waitedFor;
    await closeClient(this.client);
  }

  /** Where a read or a subscription begins: with the position itself, and behind it, in turn. */
  private at(position: number): { commit: bigint; prepare: bigint } | 'start' {
    if (position === BEFORE_FIRST) return this.kurrent.START;
    return { commit: BigInt(position), prepare: BigInt(position) };
  }

  private connect(): EventStoreDBClient {
    return this.kurrent.EventStoreDBClient.connectionString(this.options.url);
  }

  private nameAtServer(streamId: string): string {
    return `${this.streamsBegin}${streamId}`;
  }

  /** KurrentDB filters by types or by streams; the other half is done here. */
  private serverFilter(filter: EventFilter | undefined): Filter {
    const { types, streamPrefixes } = filter ?? {};
    if (types) return this.kurrent.eventTypeFilter({ prefixes: [...types] });
    if (streamPrefixes ?? this.streamsBegin) {
      const prefixes = (streamPrefixes ?? ['']).map((prefix) => this.nameAtServer(prefix));
      return this.kurrent.streamNameFilter({ prefixes });
    }
    return this.kurrent.excludeSystemEvents();
  }

  /** A read of the port: refused once the store is closed, also between two events. */
  private async *read(
    events: (this: KurrentEventStore) => AsyncGenerator<RecordedEvent>,
  ): AsyncGenerator<RecordedEvent> {
    this.assertOpen();
    try {
      for await (const event of events.call(this)) {
        this.assertOpen();
        yield event;
        this.assertOpen();
      }
    } catch (error) {
      this.assertOpen();
      throw error;
    }
  }

  /** Events of ours out of one call. */
  private once(open: () => ClientStream, sinceMs?: number): AsyncGenerator<RecordedEvent> {
    return this.patiently(open, Infinity, sinceMs);
  }

  /** Events of ours to the end of the log or stream, a call a page. */
  private inPages(open: (last?: ClientRecord) => ClientStream): AsyncGenerator<RecordedEvent> {
    return this.patiently(open, PAGE);
  }

  /** @param open called again behind the last record, of a full page or where the server was lost meanwhile */
  private async *patiently(
    open: (last?: ClientRecord) => ClientStream,
    page: number,
    since = stopwatch.nowMs(),
  ): AsyncGenerator<RecordedEvent> {
    const { signal } = this.closing;
    let sinceMs = since;
    let last: ClientRecord | undefined;
    for (;;) {
      try {
        let count = 0;
        const behind = last;
        for await (const record of recordsOf(open(behind), this.answerWithinMs, signal)) {
          count += 1;
          // A call begins with the record that it is opened behind.
          if (behind && record.revision === behind.revision && record.id === behind.id) continue;
          last = record;
          sinceMs = stopwatch.nowMs();
          this.answers();
          const event = this.eventOf(record);
          if (event) yield event;
        }
        this.answers();
        if (count < page) return;
        continue;
      } catch (error) {
        if (isAbsentStream(error)) return this.answers();
        if (signal.aborted || !isPassing(error)) throw error;
        this.isLostBy(error);
        const waitedMs = stopwatch.nowMs() - Math.min(sinceMs, this.lostSinceMs!);
        if (waitedMs >= this.patienceMs) throw unavailable(this.path, waitedMs, error);
      }
      await sleep(PAUSE_MS, signal);
    }
  }

  /** Events of ours out of one subscription, over a connection of its own: to end it cancels all that goes over it. */
  private async *following(
    after: number,
    filter: EventFilter | undefined,
    end: AbortSignal,
  ): AsyncGenerator<RecordedEvent> {
    const client = this.connect();
    const fromPosition = this.at(after);
    const stream = client.subscribeToAll({ fromPosition, filter: this.serverFilter(filter) });
    const stop = (): void => void stream.destroy();
    end.addEventListener('abort', stop, { once: true });
    try {
      if (end.aborted) return;
      for await (const { event: record } of stream) {
        const event = record && this.eventOf(record);
        if (event) yield event;
      }
    } finally {
      end.removeEventListener('abort', stop);
      stop();
      await closeClient(client);
    }
  }

  /** The event of a record; nothing for what is not of this log. @throws LogDamaged for what is, and is none */
  private eventOf(record: ClientRecord): RecordedEvent | undefined {
    const { streamId, type } = record;
    if (streamId.startsWith(SYSTEM) || type.startsWith(SYSTEM)) return undefined;
    if (!streamId.startsWith(this.streamsBegin)) return undefined;
    const recorded = recordedEventOf({
      ...record,
      streamId: streamId.slice(this.streamsBegin.length),
      revision: Number(record.revision),
      position: positionOf(record),
      isRenamed: this.streamsBegin !== '',
      createdMs: record.created.getTime(),
    });
    if (!('fault' in recorded)) return recorded;
    const which = `event ${record.revision} of stream ${streamId}`;
    throw new LogDamaged(this.path, `${which} is no event of this log: ${recorded.fault}`);
  }

  /** Tells once of a server that is lost, however many notice it. */
  private isLostBy(error: unknown): void {
    if (this.lostSinceMs !== undefined) return;
    this.lostSinceMs = stopwatch.nowMs();
    const reason = messageOf(error).split('\n')[0]!.replace(/\.$/, '');
    this.options.onProblem?.(
      `The event log ${this.path} does not answer: ${reason}. What follows it goes on where it was once it does.`,
    );
  }

  private answers(): void {
    if (this.lostSinceMs === undefined) return;
    this.lostSinceMs = undefined;
    this.options.onProblem?.(`The event log ${this.path} answers again.`);
  }

  private assertOpen(): void {
    if (this.closed) throw new LogClosed(this.path);
  }
}

function positionOf({ position }: ClientRecord): number {
  return Number(position!.commit);
}

/** Ends its calls and its connection, which `dispose` leaves open. */
async function closeClient(client: EventStoreDBClient): Promise<void> {
  await client.dispose();
  const { getChannel } = client as unknown as { getChannel(): Promise<{ close(): void }> };
  (await getChannel()).close();
}

/** Whether nothing can match it. */
function isEmpty(filter: EventFilter | undefined): boolean {
  return filter?.types?.length === 0 || filter?.streamPrefixes?.length === 0;
}

function passes({ type, streamId }: RecordedEvent, filter: EventFilter | undefined): boolean {
  const { types, streamPrefixes } = filter ?? {};
  return (
    (types?.includes(type) ?? true) &&
    (streamPrefixes?.some((prefix) => streamId.startsWith(prefix)) ?? true)
  );
}
