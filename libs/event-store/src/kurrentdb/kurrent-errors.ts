/** What KurrentDB's client rejects with, in the port's words. */
import {
  AppendFailed,
  AppendTooLarge,
  EventIdTaken,
  LogUnavailable,
  RevisionConflict,
} from '../errors';
import type { PreparedAppend } from '../prepare-append';

/** A call may be made again: whether the server has done it is unknown, or it has not begun. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';
}

interface ClientError {
  readonly type?: string;
  /** gRPC status. */
  readonly code?: number;
  readonly message?: string;
  readonly actualVersion?: bigint | string;
  readonly maxAppendSize?: number;
}

/** Types and gRPC codes (cancelled, deadline exceeded, aborted, unavailable) of what passes by itself. */
const PASSING_TYPES = ['unavailable', 'cancelled', 'deadline-exceeded', 'timeout', 'not-leader'];
const PASSING_CODES = [1, 4, 10, 14];

/** A connection that broke is told as an internal error, with these words. */
const INTERNAL = 13;
const BROKEN = /RST_STREAM|session closed|stream closed|connection dropped/i;

/** Whether the same may be asked again. */
export function isPassing(error: unknown): boolean {
  const { type, code, message = '' } = error as ClientError;
  if (error instanceof Unanswered || (code === INTERNAL && BROKEN.test(message))) return true;
  return type === undefined ? PASSING_CODES.includes(code ?? -1) : PASSING_TYPES.includes(type);
}

/** Whether a stream that was read is not there. */
export function isAbsentStream(error: unknown): boolean {
  return (error as ClientError).type === 'stream-not-found';
}

/** How the server says that an id stands elsewhere; KurrentDB itself does not look. */
const TAKEN = /Event id (\S+) stands already in stream (.+) at revision (\d+);/s;

/**
 * The port's error for an append that was refused.
 *
 * @param streamAt the stream of ours that has a name at the server
 */
export function refusalOf(
  append: PreparedAppend,
  error: unknown,
  streamAt: (nameAtServer: string) => string,
): Error {
  const { streamId, expected, bytes } = append;
  if (error instanceof LogUnavailable) return error;
  const { type, message = '', actualVersion, maxAppendSize } = error as ClientError;
  if (type === 'wrong-expected-version') {
    const actual = typeof actualVersion === 'bigint' ? Number(actualVersion) : -1;
    return new RevisionConflict(streamId, expected, actual);
  }
  if (type === 'maximum-append-size-exceeded') {
    return new AppendTooLarge(streamId, bytes, maxAppendSize ?? bytes);
  }
  const [, id, stream, revision] = TAKEN.exec(message) ?? [];
  if (id !== undefined) return new EventIdTaken(id, streamAt(stream!), Number(revision));
  const reason = type === 'access-denied' ? ACCESS_DENIED : message;
  return new AppendFailed(streamId, reason.replace(/\.$/, ''), { cause: error });
}

const ACCESS_DENIED =
  'the server of the log denies it to this user: name one that may append in the address, and use TLS';

/** The port's error for a log that was waited for in vain. */
export function unavailable(path: string, waitedMs: number, error: unknown): LogUnavailable {
  const reason = (error as Error).message.split('\n')[0]!.replace(/\.$/, '');
  return new LogUnavailable(path, waitedMs, reason, { cause: error });
}
