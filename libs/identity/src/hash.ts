import { hash } from 'node:crypto';
import type { ProposedEvent } from '@flexledger/domain';
import { canonicalJson } from './canonical-json';

/**
 * SHA-256 of bytes or UTF-8 text, as 32 bytes. By way of a binary string: four times as fast on short
 * input as a hash object, which is what Merkle trees are made of.
 */
export function sha256(data: Uint8Array | string): Buffer {
  return Buffer.from(hash('sha256', data, 'binary'), 'binary');
}

/** SHA-256 as 64 lower-case hex characters. */
export function sha256Hex(data: Uint8Array | string): string {
  return hash('sha256', data, 'hex');
}

/** What an event's hash covers: everything but `position` and `recordedAt` (DESIGN 6). */
export interface HashedFields extends Omit<ProposedEvent, 'data'> {
  readonly streamId: string;
  readonly revision: number;
  /** `data` as its canonical JSON text, exactly as stored. */
  readonly dataJson: string;
}

/**
 * The event hash: SHA-256 over the RFC 8785 form of the envelope. The keys below stand in the
 * order RFC 8785 sorts them, so the stored text of `data` can be spliced in without parsing it;
 * an event whose `data` was stored in any other than canonical form hashes differently, as it should.
 */
export function eventHash(event: HashedFields): string {
  const text = (value: string): string => JSON.stringify(value);
  return sha256Hex(
    `{"actor":${text(event.actor)},"causationId":${text(event.causationId)}` +
      `,"correlationId":${text(event.correlationId)},"data":${event.dataJson}` +
      `,"id":${text(event.id)},"occurredAt":${text(event.occurredAt)}` +
      `,"revision":${event.revision},"schemaVersion":${event.schemaVersion}` +
      `,"streamId":${text(event.streamId)},"type":${text(event.type)}}`,
  );
}

/**
 * A UUID that follows from a text, so that the same cause gives the same id on every machine:
 * the first 16 bytes of SHA-256 with the version and variant bits of RFC 9562 UUIDv8.
 */
export function uuidFrom(text: string): string {
  const bytes = sha256(text).subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** `canonicalJson` and SHA-256 in one: the digest of a document, hex. */
export function documentDigest(document: unknown): string {
  return sha256Hex(canonicalJson(document));
}
