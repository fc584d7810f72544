/**
 * How an event of ours stands in KurrentDB: `data` as JSON, and what KurrentDB has no place for in its metadata
 * (`custom_metadata`), as JSON too. `$correlationId` and `$causationId` are the names by which KurrentDB itself
 * follows what led to what. Client and server share this text.
 */
import type { ProposedEvent, RecordedEvent } from '@flexledger/domain';
import { canonicalJson, eventHash } from '@flexledger/identity';
import { isoFromMs } from '@flexledger/runtime';

/** The metadata of an event of ours. */
export interface EnvelopeMetadata {
  readonly schemaVersion: number;
  /** ISO 8601 UTC with milliseconds. */
  readonly occurredAt: string;
  /** The clock of who appended; KurrentDB's `created` where absent. */
  readonly recordedAt?: string;
  readonly $correlationId: string;
  readonly $causationId: string;
  readonly actor: string;
  /** The event hash, where whoever wrote the metadata knew the revision already: the embedded log does. */
  readonly hash?: string;
}

/** An event as KurrentDB hands it out. */
export interface KurrentRecord {
  readonly id: string;
  readonly streamId: string;
  readonly revision: number;
  readonly type: string;
  readonly position: number;
  readonly createdMs: number;
  readonly data: unknown;
  readonly metadata: unknown;
  /** The stream has another name at the server, where a hash that it states is over that name. */
  readonly isRenamed: boolean;
}

/** The metadata that carries the envelope of an event. */
export function metadataOf(
  event: Omit<ProposedEvent, 'id' | 'type' | 'data'>,
  recordedAt: string,
): EnvelopeMetadata {
  const { schemaVersion, occurredAt, correlationId, causationId, actor } = event;
  return {
    schemaVersion,
    occurredAt,
    recordedAt,
    $correlationId: correlationId,
    $causationId: causationId,
    actor,
  };
}

/** The members of the envelope that metadata carries, or the one that is at fault. */
export function envelopeOf(
  metadata: unknown,
):
  | Pick<ProposedEvent, 'schemaVersion' | 'occurredAt' | 'correlationId' | 'causationId' | 'actor'>
  | { readonly fault: string } {
  if (typeof metadata !== 'object' || metadata === null) return { fault: 'it has no metadata' };
  const given = metadata as Partial<Record<keyof EnvelopeMetadata, unknown>>;
  const { schemaVersion, occurredAt, actor } = given;
  const { $correlationId: correlationId, $causationId: causationId } = given;
  if (typeof schemaVersion !== 'number') return { fault: 'schemaVersion is no number' };
  const texts = { occurredAt, $correlationId: correlationId, $causationId: causationId, actor };
  for (const [name, text] of Object.entries(texts)) {
    if (typeof text !== 'string') return { fault: `${name} is no text` };
  }
  return {
    schemaVersion,
    occurredAt: occurredAt as string,
    correlationId: correlationId as string,
    causationId: causationId as string,
    actor: actor as string,
  };
}

/**
 * The event of a record. Its hash is computed here, over what stands there; where the metadata names one, it
 * has to be the same.
 *
 * @returns what is wrong with it when it is none of ours
 */
export function recordedEventOf(record: KurrentRecord): RecordedEvent | { readonly fault: string } {
  const { id, streamId, revision, type, position, createdMs, data } = record;
  const envelope = envelopeOf(record.metadata);
  if ('fault' in envelope) return envelope;
  if (typeof data !== 'object' || data === null) return { fault: 'its data is no JSON object' };
  const { recordedAt, hash: stated } = record.metadata as EnvelopeMetadata;
  const hash = eventHash({
    ...envelope,
    id,
    type,
    streamId,
    revision,
    dataJson: canonicalJson(data),
  });
  if (stated !== undefined && !record.isRenamed && stated !== hash)
    return { fault: 'it does not match its hash' };
  const { schemaVersion, occurredAt, correlationId, causationId, actor } = envelope;
  return {
    id,
    type,
    schemaVersion,
    streamId,
    revision,
    position,
    occurredAt,
    recordedAt: typeof recordedAt === 'string' ? recordedAt : isoFromMs(createdMs),
    correlationId,
    causationId,
    actor,
    data,
    hash,
  };
}
