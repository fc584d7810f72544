/** Calls of KurrentDB's client that read, and how they end. */
import { sleep } from '@flexledger/runtime';
import { Unanswered } from './kurrent-errors';

/** A record of the client, as far as it is used here. */
export interface ClientRecord {
  readonly id: string;
  readonly streamId: string;
  readonly revision: bigint;
  readonly type: string;
  readonly created: Date;
  readonly data: unknown;
  readonly metadata: unknown;
  readonly position?: { readonly commit: bigint };
}

/** A read or a subscription of the client. */
export type ClientStream = AsyncIterable<{ readonly event?: ClientRecord }> & {
  destroy(): void;
};

/**
 * The records of a read that ends by itself after so many. Whoever has seen enough leaves it; it is then read to its
 * end and forgotten, for the client takes a call that it has cancelled for a lost server, and closes the connection
 * under all others. It may also end without a word when others lose theirs: silence counts as lost too.
 *
 * @param until ends the read at once
 * @throws Unanswered, or what the client rejects with
 */
export async function* recordsOf(
  stream: ClientStream,
  answerWithinMs: number,
  until: AbortSignal,
): AsyncGenerator<ClientRecord> {
  const records = stream[Symbol.asyncIterator]();
  const end = (): void => stream.destroy();
  until.addEventListener('abort', end, { once: true });
  let isLeft = true;
  try {
    for (;;) {
      const next = await within(records.next(), answerWithinMs);
      if (next.done) {
        isLeft = false;
        return;
      }
      // Another name for what a link leads to; there are none in a log of ours.
      if (next.value.event) yield next.value.event;
    }
  } catch (error) {
    isLeft = false;
    stream.destroy();
    throw error;
  } finally {
    until.removeEventListener('abort', end);
    if (isLeft) void toItsEnd(records);
  }
}

async function toItsEnd(records: AsyncIterator<unknown>): Promise<void> {
  try {
    while (!(await records.next()).done);
  } catch {
    // Nobody waits for it any more.
  }
}

/** The answer, or `Unanswered` when it takes too long; what it comes to later is of no interest then. */
export async function within<Answer>(answer: Promise<Answer>, waitMs: number): Promise<Answer> {
  const late = new AbortController();
  const given = answer.finally(() => late.abort());
  given.catch(() => undefined);
  const tooLate = sleep(waitMs, late.signal).then(async () => {
    if (late.signal.aborted) return given;
    throw new Unanswered(`there was no answer within ${waitMs} ms`);
  });
  return Promise.race([given, tooLate]);
}
