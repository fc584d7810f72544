/**
 * Appends through KurrentDB's client: in the order of the calls, answered within a time, tried again when the server
 * is lost, and never twice.
 */
import type { EventStoreDBClient } from '@eventstore/db-client';
import type { RecordedEvent } from '@flexledger/domain';
import { type Clock, isoNow, sleep, stopwatch } from '@flexledger/runtime';
import { AppendFailed } from '../errors';
import type { AppendResult } from '../port';
import type { PreparedAppend } from '../prepare-append';
import { metadataOf } from './envelope';
import { type ClientStream, within } from './kurrent-calls';
import { isPassing, refusalOf, unavailable } from './kurrent-errors';

/** Between two tries. */
export const PAUSE_MS = 250;

/** How far back an append of unknown outcome with `any` is looked for. */
const LOOK_BACK_EVENTS = 4_096;

/** What appends work with. */
export interface KurrentAppendsOptions {
  readonly client: EventStoreDBClient;
  readonly kurrent: typeof import('@eventstore/db-client');
  readonly path: string;
  readonly clock: Clock;
  readonly patienceMs: number;
  readonly answerWithinMs: number;
  nameAtServer(streamId: string): string;
  /** The stream of ours that has a name at the server. */
  streamAt(nameAtServer: string): string;
  /** Reads one call, which is made again when the server was lost meanwhile. */
  read(open: () => ClientStream, sinceMs?: number): AsyncGenerator<RecordedEvent>;
}

type Messages = Parameters<EventStoreDBClient['appendToStream']>[1];

/** The write side of a `KurrentEventStore`. */
export class KurrentAppends {
  /** The append called last. */
  private before: Promise<unknown> = Promise.resolve();
  /** An append was answered in the batch stream that is open: those behind it cannot overtake each other. */
  private isFlowing = false;
  /** Appends that wait for the one called before them. */
  private queued = 0;

  constructor(private readonly options: KurrentAppendsOptions) {}

  /** Sends a checked append in its turn. */
  append(append: PreparedAppend): Promise<AppendResult> {
    const attempt = this.inTurn(append, this.messagesOf(append), this.before);
    this.before = attempt.catch(() => undefined);
    return attempt;
  }

  private messagesOf(append: PreparedAppend) {
    const recordedAt = isoNow(this.options.clock);
    return append.events.map((event) =>
      this.options.kurrent.jsonEvent({
        id: event.id,
        type: event.type,
        // A copy of what was checked: what `JSON.stringify` refuses would end the process inside the client.
        data: JSON.parse(event.dataJson) as Record<string, unknown>,
        metadata: { ...metadataOf(event, recordedAt) },
      }),
    );
  }

  /**
   * In a batch stream that flows, appends are sent as they come. Else one after another: calls of their own may
   * overtake each other, the client opens the stream for its first append only, and after a loss those called
   * first have to be tried again first.
   */
  private async inTurn(
    append: PreparedAppend,
    messages: Messages,
    before: Promise<unknown>,
  ): Promise<AppendResult> {
    const isFree = this.isFlowing && this.queued === 0;
    if (isFree) {
      const sentMs = stopwatch.nowMs();
      try {
        return await this.appendOnce(append, messages);
      } catch (error) {
        if (!isPassing(error)) throw this.refusalOf(append, error);
        this.isFlowing = false;
        return await this.queuedBehind(before, () => this.again(append, messages, sentMs, error));
      }
    }
    return this.queuedBehind(before, () => this.untilAnswered(append, messages));
  }

  private async queuedBehind<Result>(
    before: Promise<unknown>,
    attempt: () => Promise<Result>,
  ): Promise<Result> {
    this.queued += 1;
    try {
      await before;
      return await attempt();
    } finally {
      this.queued -= 1;
    }
  }

  private async takesBatches(): Promise<boolean> {
    const client = this.options.client as unknown as {
      supports(method: { readonly path: string }): Promise<boolean>;
    };
    try {
      const path = '/event_store.client.streams.Streams/BatchAppend';
      // No deadline of its own: a server that takes the connection and says nothing would be waited for forever.
      return await this.within(client.supports({ path }));
    } catch {
      return false;
    }
  }

  private async untilAnswered(append: PreparedAppend, messages: Messages): Promise<AppendResult> {
    const sinceMs = stopwatch.nowMs();
    try {
      const result = await this.appendOnce(append, messages);
      this.isFlowing = await this.takesBatches();
      return result;
    } catch (error) {
      if (!isPassing(error)) throw this.refusalOf(append, error);
      this.isFlowing = false;
      return this.again(append, messages, sinceMs, error);
    }
  }

  /** Tries once more after a pause, until the patience ends. */
  private async again(
    append: PreparedAppend,
    messages: Messages,
    sinceMs: number,
    failure: unknown,
  ): Promise<AppendResult> {
    for (let error = failure; ;) {
      const waitedMs = stopwatch.nowMs() - sinceMs;
      if (waitedMs >= this.options.patienceMs)
        throw unavailable(this.options.path, waitedMs, error);
      await sleep(PAUSE_MS);
      try {
        // Under a named revision the server itself knows the repeat; without, KurrentDB promises nothing.
        const found =
          append.expected === 'any' ? await this.findAppended(append, sinceMs) : undefined;
        return found ?? (await this.appendOnce(append, messages));
      } catch (another) {
        if (!isPassing(another)) throw this.refusalOf(append, another);
        error = another;
      }
    }
  }

  private async appendOnce(append: PreparedAppend, messages: Messages): Promise<AppendResult> {
    const { streamId, expected } = append;
    const expectedRevision =
      typeof expected === 'number'
        ? BigInt(expected)
        : expected === 'any'
          ? this.options.kurrent.ANY
          : this.options.kurrent.NO_STREAM;
    const sent = this.options.client.appendToStream(this.options.nameAtServer(streamId), messages, {
      expectedRevision,
    });
    const { nextExpectedRevision, position } = await this.within(sent);
    const revision = Number(nextExpectedRevision);
    if (position) return { revision, position: Number(position.commit) };
    const open = (): ClientStream =>
      this.options.client.readStream(this.options.nameAtServer(streamId), {
        fromRevision: nextExpectedRevision,
        maxCount: 1,
      });
    for await (const event of this.options.read(open))
      return { revision, position: event.position };
    const reason = `the server recorded revision ${revision} and does not show it`;
    throw new AppendFailed(streamId, reason);
  }

  /** The append at the end of its stream, when all of it stands there. */
  private async findAppended(
    { streamId, events }: PreparedAppend,
    sinceMs: number,
  ): Promise<AppendResult | undefined> {
    const { BACKWARDS, END } = this.options.kurrent;
    const missing = new Set(events.map(({ id }) => id));
    let last: AppendResult | undefined;
    const open = (): ClientStream =>
      this.options.client.readStream(this.options.nameAtServer(streamId), {
        direction: BACKWARDS,
        fromRevision: END,
        maxCount: LOOK_BACK_EVENTS,
      });
    for await (const { id, revision, position } of this.options.read(open, sinceMs)) {
      if (!missing.delete(id)) continue;
      last ??= { revision, position };
      if (missing.size === 0) return last;
    }
    return undefined;
  }

  private refusalOf(append: PreparedAppend, error: unknown): Error {
    return refusalOf(append, error, this.options.streamAt);
  }

  private within<Answer>(answer: Promise<Answer>): Promise<Answer> {
    return within(answer, this.options.answerWithinMs);
  }
}
