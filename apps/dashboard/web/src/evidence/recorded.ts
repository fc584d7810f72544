/** Events as the interface gives them, as a log stores them. */
import type { LogReader } from '@flexledger/audit';
import { type RecordedEvent, type StoredRow, canonicalJson, rowChecksum } from '@flexledger/domain';
import type { Schemas } from '@flexledger/api-client';
import { sha256 } from '@noble/hashes/sha2';

export type CloudEvent = Schemas['CloudEvent'];

export function recordedOf(event: CloudEvent): RecordedEvent {
  return {
    id: event.id,
    type: event.type.replace(/^flexledger\./, ''),
    schemaVersion: event.schemaversion,
    occurredAt: event.time,
    recordedAt: event.recordedtime,
    correlationId: event.correlationid,
    causationId: event.causationid,
    actor: event.actor,
    streamId: event.subject,
    revision: event.revision,
    position: event.position,
    hash: event.hash,
    data: event.data,
  };
}

/** Its checksum, which only tells of damage on a disk, is made here. */
export function rowOf(event: RecordedEvent): StoredRow {
  const data = canonicalJson(event.data);
  return { ...event, data, checksum: rowChecksum(sha256, event) };
}

/** Events that were read, in the order of the log, as an audit reads a log. */
export function readerOf(events: readonly RecordedEvent[]): LogReader {
  async function* only(isWanted: (event: RecordedEvent) => boolean): AsyncGenerator<RecordedEvent> {
    for (const event of events) if (isWanted(event)) yield event;
  }
  return {
    readAll: () => only(() => true),
    readStream: (streamId) => only((event) => event.streamId === streamId),
  };
}
