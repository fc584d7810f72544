import { canonicalJson } from './canonical-json';
import type { ProposedEvent } from './envelope';
import { type Sha256, sha256Hex } from './sha256';

/** What an event's hash covers: everything but `position` and `recordedAt` (DESIGN 6). */
export interface HashedFields extends Omit<ProposedEvent, 'data'> {
  readonly streamId: string;
  readonly revision: number;
  /** `data` as its canonical JSON text, exactly as stored. */
  readonly dataJson: string;
}

/**
 * The text that an event's hash is of: the RFC 8785 form of the envelope. The keys below stand in the
 * order RFC 8785 sorts them, so the stored text of `data` can be spliced in without parsing it;
 * an event whose `data` was stored in any other than canonical form hashes differently, as it should.
 */
export function hashedText(event: HashedFields): string {
  const text = (value: string): string => JSON.stringify(value);
  return (
    `{"actor":${text(event.actor)},"causationId":${text(event.causationId)}` +
    `,"correlationId":${text(event.correlationId)},"data":${event.dataJson}` +
    `,"id":${text(event.id)},"occurredAt":${text(event.occurredAt)}` +
    `,"revision":${event.revision},"schemaVersion":${event.schemaVersion}` +
    `,"streamId":${text(event.streamId)},"type":${text(event.type)}}`
  );
}

/** The event hash: SHA-256 of `hashedText`, hex. */
export function eventHash(sha256: Sha256, event: HashedFields): string {
  return sha256Hex(sha256, hashedText(event));
}

/** SHA-256 of a document's canonical JSON, hex. */
export function documentDigest(sha256: Sha256, document: unknown): string {
  return sha256Hex(sha256, canonicalJson(document));
}
