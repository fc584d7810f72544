import type { RecordedEvent } from './envelope';
import { type Sha256, sha256Hex } from './sha256';

/**
 * An event as a log stores it, for auditors: `data` is the stored text, sound JSON or not. Bytes that
 * are no UTF-8 appear as U+FFFD, so that the event hash tells of them. A damaged row may hold `null`.
 */
export interface StoredRow extends Omit<RecordedEvent, 'data'> {
  readonly data: string;
  readonly checksum: string;
}

/** The members of a row that are texts. */
export const ROW_TEXTS = [
  'id',
  'streamId',
  'type',
  'occurredAt',
  'recordedAt',
  'correlationId',
  'causationId',
  'actor',
  'data',
  'hash',
  'checksum',
] as const satisfies readonly (keyof StoredRow)[];

/** Those that are whole numbers. */
export const ROW_NUMBERS = [
  'position',
  'revision',
  'schemaVersion',
] as const satisfies readonly (keyof StoredRow)[];

type VouchedFields = Pick<StoredRow, 'position' | 'recordedAt' | 'hash'>;

/** The text that a row's checksum is of: the two columns that the event hash leaves out, and the hash. */
export function vouchedText(row: VouchedFields): string {
  return `${row.position}|${row.recordedAt}|${row.hash}`;
}

/** Hex characters of SHA-256 that a checksum keeps. */
export const CHECKSUM_LENGTH = 16;

/**
 * The `checksum` of a row: the first 16 hex characters of SHA-256 over `position|recordedAt|hash`.
 * It shows damage to the two columns that the event hash leaves out. It is no proof against
 * forgery: that is what the Merkle log is for.
 */
export function rowChecksum(sha256: Sha256, row: VouchedFields): string {
  return sha256Hex(sha256, vouchedText(row)).slice(0, CHECKSUM_LENGTH);
}
