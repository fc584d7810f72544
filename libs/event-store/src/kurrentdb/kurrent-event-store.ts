/**
 * The log in KurrentDB (EventStoreDB), or in an embedded log that speaks its protocol (`log-server.ts`), through
 * `@eventstore/db-client`. What that client gets wrong stands beside each way around it.
 */
import { setMaxListeners } from 'node:events';
import type { EventStoreDBClient, Filter } from '@eventstore/db-client';
import type { ProposedEvent, RecordedEvent } from '@flexledger/domain';
import { type Clock, sleep, stopwatch } from '@flexledger/runtime';
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
import { type ClientStream, KurrentAppends, PAUSE_MS } from './kurrent-appends';
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
  /** Told when a subscription has lost its server, and when it has found it again. */
  readonly onProblem?: (problem: string) => void;
}

/** Among so many records at the end the last event of ours is looked for, before all of them are. */
const HEAD_PAGES = [1, 64, 4_096];

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
  private readonly patienceMs: number;
  private readonly appends: KurrentAppends;

  constructor(
    private readonly options: KurrentEventStoreOptions,
    private readonly kurrent: typeof import('@eventstore/db-client'),
  ) {
    const { url, namespace, patienceMs = 10_000, answerWithinMs = 5_000 } = options;
    this.streamsBegin = namespace === undefined ? '' : `${namespace}-`;
    this.client = kurrent.EventStoreDBClient.connectionString(url);
    this.path = url.replace(/\/\/[^@/]*@/, '//');
    // As many reads and subscriptions wait for its end as are under way.
    setMaxListeners(0, this.closing.signal);
    this.patienceMs = patienceMs;
    this.appends = new KurrentAppends({
      client: this.client,
      kurrent,
      path: this.path,
      clock: options.clock,
      patienceMs,
      answerWithinMs,
      nameAtServer: (streamId) => this.nameAtServer(streamId),
      read: (open, sinceMs) => this.patiently(open, sinceMs),
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
      let next = fromRevision;
      const open = (): ClientStream =>
        this.client.readStream(this.nameAtServer(streamId), { fromRevision: BigInt(next) });
      for await (const event of this.patiently(open)) {
        yield event;
        next = event.revision + 1;
      }
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
      const open = (): ClientStream => this.client.readAll({ fromPosition: this.at(reached) });
      for await (const event of this.patiently(open)) {
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
    let isLost = false;
    while (!end.aborted) {
      // The client never resubscribes by itself, and ends without a word: the place is kept here.
      const open = (): ClientStream =>
        this.client.subscribeToAll({
          fromPosition: this.at(reached),
          filter: this.serverFilter(filter),
        });
      try {
        for await (const event of this.eventsOf(open, end)) {
          if (end.aborted) return;
          if (isLost) this.options.onProblem?.(`The event log ${this.path} answers again.`);
          isLost = false;
          if (event.position <= reached) continue;
          reached = event.position;
          if (passes(event, filter)) yield event;
        }
      } catch (error) {
        if (end.aborted) return;
        if (!isPassing(error)) throw error;
        const { message } = unavailable(this.path, 0, error);
        if (!isLost) this.options.onProblem?.(`A subscription is interrupted. ${message}`);
        isLost = true;
      }
      await sleep(PAUSE_MS, end);
    }
  }

  /**
   * The last event of ours: what KurrentDB writes for itself at the end is passed over. In calls that end by
   * themselves: a server that sees many cancelled takes it for an attack and ends the connection.
   */
  async head(): Promise<number> {
    this.assertOpen();
    const { BACKWARDS, END } = this.kurrent;
    for (const maxCount of HEAD_PAGES) {
      const open = (): ClientStream =>
        this.client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount });
      let last: number | undefined;
      for await (const { position } of this.patiently(open)) last ??= position;
      if (last !== undefined) return last;
    }
    const open = (): ClientStream =>
      this.client.readAll({ direction: BACKWARDS, fromPosition: END });
    for await (const { position } of this.patiently(open)) return position;
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
    await this.client.dispose();
    // Which ends streams and leaves the connection.
    const client = this.client as unknown as { getChannel(): Promise<{ close(): void }> };
    (await client.getChannel()).close();
  }

  /** Where a read or a subscription begins: with the position itself, and behind it, in turn. */
  private at(position: number): { commit: bigint; prepare: bigint } | 'start' {
    if (position === BEFORE_FIRST) return this.kurrent.START;
    return { commit: BigInt(position), prepare: BigInt(position) };
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

  /** Reads to the end, opened again after the last event when the server was lost meanwhile. */
  private async *patiently(
    open: () => ClientStream,
    since = stopwatch.nowMs(),
  ): AsyncGenerator<RecordedEvent> {
    let sinceMs = since;
    for (;;) {
      try {
        for await (const event of this.eventsOf(open, this.closing.signal)) {
          yield event;
          sinceMs = stopwatch.nowMs();
        }
        return;
      } catch (error) {
        if (isAbsentStream(error)) return;
        if (this.closing.signal.aborted || !isPassing(error)) throw error;
        const waitedMs = stopwatch.nowMs() - sinceMs;
        if (waitedMs >= this.patienceMs) throw unavailable(this.path, waitedMs, error);
      }
      await sleep(PAUSE_MS, this.closing.signal);
    }
  }

  /** Events of ours out of one call, which is ended whatever becomes of the reader. */
  private async *eventsOf(
    open: () => ClientStream,
    end: AbortSignal,
  ): AsyncGenerator<RecordedEvent> {
    const stream = open();
    const stop = (): void => {
      // Leaving the loop ends only the client's own end of the pipe, not the call behind it.
      void (stream.unsubscribe ?? stream.cancel)?.call(stream).catch(() => undefined);
      stream.destroy();
    };
    end.addEventListener('abort', stop, { once: true });
    let isOver = false;
    try {
      for await (const { event } of stream) {
        if (!event || event.streamId.startsWith(SYSTEM) || event.type.startsWith(SYSTEM)) continue;
        if (!event.streamId.startsWith(this.streamsBegin)) continue;
        const position = Number(event.position!.commit);
        const recorded = recordedEventOf({
          ...event,
          streamId: event.streamId.slice(this.streamsBegin.length),
          revision: Number(event.revision),
          position,
          isRenamed: this.streamsBegin !== '',
          createdMs: event.created.getTime(),
        });
        if ('fault' in recorded) {
          const which = `event ${event.revision} of stream ${event.streamId}`;
          throw new LogDamaged(this.path, `${which} is no event of this log: ${recorded.fault}`);
        }
        yield recorded;
      }
      isOver = true;
    } finally {
      end.removeEventListener('abort', stop);
      if (!isOver) stop();
    }
  }

  private assertOpen(): void {
    if (this.closed) throw new LogClosed(this.path);
  }
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
