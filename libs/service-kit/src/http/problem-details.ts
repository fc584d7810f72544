/**
 * Errors as RFC 9457 problem details. The rules' refusals keep their stable code and name every
 * field; whatever nobody foresaw tells the caller nothing but a reference that stands in our log.
 */
import { STATUS_CODES } from 'node:http';
import { DomainError, type Violation } from '@flexledger/domain';
import {
  AppendTooLarge,
  CommandConflict,
  LogBusy,
  LogUnavailable,
  RevisionConflict,
  isUnwritable,
} from '@flexledger/event-store';
import { AccessError, IssuerUnavailable } from '@flexledger/identity';
import { PlatformUnavailable } from '@flexledger/ports';
import { InvalidQuery, ViewNotYetProcessed } from '@flexledger/projections';
import { HttpException, ServiceUnavailableException } from '@nestjs/common';
import { StreamsExhausted } from '../events/open-streams';

/** Body of an error, media type `application/problem+json`. */
export interface ProblemDetails {
  /** `urn:problem-type:flexledger:` and the code. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Path of the request, without its query. */
  readonly instance: string;
  /** Stable and machine-readable, as `gate-closed`. */
  readonly code: string;
  /** What is wrong by field, where that is known. */
  readonly errors?: readonly Violation[];
}

/** Who held the log for longer than appends wait is hardly gone in a second. */
const RETRY_SECONDS = 5;

/** Most violations in one answer; a bid can have a hundred thousand. */
const VIOLATIONS_LIMIT = 100;

/**
 * The answer to an error that tells who asked what to change; undefined for any other.
 *
 * @param idempotencyKey of the request, to name it
 */
export function problemOf(
  error: unknown,
  instance: string,
  idempotencyKey?: string,
): ProblemDetails | undefined {
  if (error instanceof DomainError) {
    const { code, message, violations } = error;
    return problem(refusalStatus(error), code, message, { instance, violations });
  }
  if (error instanceof AccessError) {
    return problem(401, error.code.replaceAll('_', '-'), error.message, { instance });
  }
  if (error instanceof IssuerUnavailable) {
    const detail = 'The issuer of the token does not answer; send the same again later.';
    return problem(503, 'issuer-unavailable', detail, { instance });
  }
  if (error instanceof InvalidQuery) {
    const { field, message } = error;
    const violations = [{ field, reason: message }];
    return problem(400, 'query-malformed', message, { instance, violations });
  }
  if (error instanceof RevisionConflict) {
    return problem(409, 'conflict', 'Others changed the same thing just now; try again.', {
      instance,
    });
  }
  if (error instanceof CommandConflict) {
    const detail =
      `The Idempotency-Key ${JSON.stringify(idempotencyKey ?? '')} was used for something else ` +
      'before; send this under a new key, or what was sent then as it was.';
    return problem(422, 'idempotency-key-reused', detail, { instance });
  }
  if (error instanceof LogBusy || error instanceof LogUnavailable) {
    const detail =
      'The event log is held up at the server; ask again a little later. Under the same ' +
      'Idempotency-Key nothing is done twice.';
    return problem(503, 'log-busy', detail, { instance });
  }
  if (isUnwritable(error)) {
    const detail =
      'The disk of the server takes no write now; reading goes on. Send the same again later: under ' +
      'the same Idempotency-Key nothing is done twice.';
    return problem(503, 'storage-unwritable', detail, { instance });
  }
  if (error instanceof ViewNotYetProcessed) {
    return problem(503, 'views-behind', error.message, { instance });
  }
  if (error instanceof AppendTooLarge) {
    return problem(413, 'content-too-large', error.message, { instance });
  }
  if (error instanceof PlatformUnavailable) {
    // Where it runs, and what it said, is for the operator: the caller can only try again.
    const detail = 'Another platform that this needs does not answer; send the same again later.';
    return problem(503, 'platform-unavailable', detail, { instance });
  }
  if (error instanceof StreamsExhausted) {
    const status = error.of === 'client' ? 429 : 503;
    return problem(status, 'too-many-streams', error.message, { instance });
  }
  if (error instanceof HttpException) return httpProblem(error, instance);
  return bodyProblem(error, instance);
}

/** Seconds after which to ask again, where an error passes by itself: the header `Retry-After`. */
export function retryAfterSeconds(error: unknown): number | undefined {
  const passes = [
    LogBusy,
    LogUnavailable,
    ViewNotYetProcessed,
    PlatformUnavailable,
    StreamsExhausted,
    IssuerUnavailable,
    ServiceUnavailableException,
  ];
  const passesByItself = isUnwritable(error) || passes.some((kind) => error instanceof kind);
  return passesByItself ? RETRY_SECONDS : undefined;
}

/** Whether the caller can do no more than wait, while the operator has to see to it. */
export function concernsOperator(error: unknown): boolean {
  const kinds = [LogBusy, LogUnavailable, PlatformUnavailable, IssuerUnavailable];
  return isUnwritable(error) || kinds.some((kind) => error instanceof kind);
}

/** An error that nobody foresaw, with the reference under which it stands in the log. */
export function unexpectedProblem(reference: string, instance: string): ProblemDetails {
  const detail = `The request failed on the server's side; name ${reference} to its operator.`;
  return problem(500, 'internal', detail, { instance });
}

/** Status by what a code ends in; a command that comes at the wrong time is a conflict. */
export function refusalStatus({
  code,
  violations,
}: Pick<DomainError, 'code' | 'violations'>): number {
  if (code.endsWith('-unknown')) return 404;
  // Of the right form, and about something that is not so.
  if (code.endsWith('-unmatched')) return 422;
  if (violations.length > 0 || /-(malformed|refused)$/.test(code)) return 400;
  return 409;
}

function httpProblem(error: HttpException, instance: string): ProblemDetails {
  const status = error.getStatus();
  const body = error.getResponse() as { message?: unknown };
  const listed = Array.isArray(body.message) ? body.message.join('; ') : error.message;
  const code = (STATUS_CODES[status] ?? 'error').toLowerCase().replaceAll(/[^a-z]+/g, '-');
  return problem(status, code, listed, { instance });
}

/** What the body parsers of express refuse (`http-errors`). */
function bodyProblem(error: unknown, instance: string): ProblemDetails | undefined {
  const { status, expose, type, message, limit } = (error ?? {}) as Record<string, unknown>;
  if (expose !== true || typeof status !== 'number' || typeof message !== 'string')
    return undefined;
  if (type === 'entity.too.large') {
    const detail = `The body is larger than ${String(limit)} bytes; send it in several requests.`;
    return problem(413, 'content-too-large', detail, { instance });
  }
  return problem(status, 'body-malformed', `The body cannot be read: ${message}.`, { instance });
}

function problem(
  status: number,
  code: string,
  detail: string,
  { instance, violations = [] }: { instance: string; violations?: readonly Violation[] },
): ProblemDetails {
  const words = code.replaceAll('-', ' ');
  return {
    type: `urn:problem-type:flexledger:${code}`,
    title: words.charAt(0).toUpperCase() + words.slice(1),
    status,
    detail,
    instance,
    code,
    ...(violations.length > 0 ? { errors: violations.slice(0, VIOLATIONS_LIMIT) } : {}),
  };
}
