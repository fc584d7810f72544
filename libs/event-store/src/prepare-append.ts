/**
 * What every engine does with an append before it knows the stream: check the envelope, write the
 * canonical text of `data` (once; the event hash covers these very bytes) and weigh it.
 */
import type { ProposedEvent } from '@flexledger/domain';
import { canonicalJson, type HashedFields } from '@flexledger/identity';
import { isoFromMs } from '@flexledger/runtime';
import { AppendTooLarge, InvalidAppend } from './errors';
import { APPEND_LIMIT_BYTES, type ExpectedRevision } from './port';

/** An event ready to be stored but for its place; `dataJson` is RFC 8785 text. */
export type PreparedEvent = Omit<HashedFields, 'streamId' | 'revision'>;

/** A checked append. It holds copies, so the caller may change its objects. */
export interface PreparedAppend {
  readonly streamId: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly PreparedEvent[];
  /** UTF-8 bytes of all `dataJson`. */
  readonly bytes: number;
}

/** Lower-case RFC 9562 text, because KurrentDB hands ids back in this form. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Control characters and lone surrogates: neither survives every engine and SQLite tool. */
const UNSTORABLE = /[\p{Cc}\p{Cs}]/u;

/**
 * @throws InvalidAppend when there is no event, an id twice, a field not as the envelope says, or
 *   `data` without a JSON form
 * @throws AppendTooLarge above `APPEND_LIMIT_BYTES` of canonical data
 */
export function prepareAppend(
  streamId: string,
  expected: ExpectedRevision,
  events: readonly ProposedEvent[],
): PreparedAppend {
  const reason = faultOfName(streamId);
  if (reason) throw new InvalidAppend(streamId, `the stream's name ${reason}`);
  if (typeof expected === 'number' ? !isCount(expected) : !['any', 'noStream'].includes(expected)) {
    const given = `the expected revision ${expected}`;
    throw new InvalidAppend(streamId, `${given} is neither a revision, "noStream" nor "any"`);
  }
  if (events.length === 0) {
    throw new InvalidAppend(streamId, 'it has no event; leave it out when nothing happened');
  }
  let bytes = 0;
  const prepared: PreparedEvent[] = [];
  for (const event of events) {
    try {
      const ready = prepareEvent(event);
      bytes += Buffer.byteLength(ready.dataJson);
      prepared.push(ready);
    } catch (cause) {
      const where = `event ${prepared.length} (${event?.type})`;
      throw new InvalidAppend(streamId, `${where}: ${(cause as Error).message}`, { cause });
    }
  }
  if (prepared.length > 1 && new Set(prepared.map((event) => event.id)).size < prepared.length) {
    throw new InvalidAppend(streamId, 'two of its events have the same id');
  }
  if (bytes > APPEND_LIMIT_BYTES) throw new AppendTooLarge(streamId, bytes, APPEND_LIMIT_BYTES);
  return { streamId, expected, events: prepared, bytes };
}

/** @throws TypeError or SyntaxError with the reason */
function prepareEvent(event: ProposedEvent): PreparedEvent {
  const reason = faultOfEvent(event);
  if (reason) throw new TypeError(reason);
  const dataJson = canonicalJson(event.data);
  if (!dataJson.startsWith('{')) throw new TypeError('its data is not an object');
  // A function deep inside is written as a bare `undefined`; only then a second look is needed.
  if (dataJson.includes('undefined')) JSON.parse(dataJson);
  return {
    id: event.id,
    type: event.type,
    schemaVersion: event.schemaVersion,
    occurredAt: event.occurredAt,
    correlationId: event.correlationId,
    causationId: event.causationId,
    actor: event.actor,
    dataJson,
  };
}

function faultOfEvent(event: ProposedEvent): string | undefined {
  if (typeof event.id !== 'string' || !UUID.test(event.id)) {
    return `its id ${JSON.stringify(event.id)} is not a lower-case UUID`;
  }
  const fault = faultOfName(event.type);
  if (fault) return `its type ${fault}`;
  for (const member of ['correlationId', 'causationId', 'actor'] as const) {
    const reason = faultOfText(event[member]);
    if (reason) return `its ${member} ${reason}`;
  }
  if (!isCount(event.schemaVersion)) return 'its schemaVersion is not a whole number';
  if (!isInstant(event.occurredAt)) {
    return 'its occurredAt is not ISO 8601 UTC with milliseconds, like 2026-03-17T10:00:00.000Z';
  }
  return undefined;
}

/** Names of streams and types; `$` marks KurrentDB's own, which every reader skips. */
function faultOfName(name: unknown): string | undefined {
  if (name === '') return 'is empty';
  if (typeof name === 'string' && name.startsWith('$')) return 'begins with "$", which is reserved';
  return faultOfText(name);
}

function faultOfText(text: unknown): string | undefined {
  if (typeof text !== 'string') return 'is not text';
  return UNSTORABLE.test(text) ? 'holds a control character or half a surrogate pair' : undefined;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The last one that was: events that are appended together have happened at one. */
let knownInstant = '';

function isInstant(text: unknown): boolean {
  if (text === knownInstant && text !== '') return true;
  if (typeof text !== 'string') return false;
  const epochMs = Date.parse(text);
  if (Number.isNaN(epochMs) || isoFromMs(epochMs) !== text) return false;
  knownInstant = text;
  return true;
}
