/**
 * Each row as it is stored: its data is canonical JSON, the event hash is that of its contents, and
 * the checksum is that of the two columns which the event hash leaves out. So a change of any byte
 * of any column shows at its own event.
 */
import {
  type Sha256,
  type StoredRow,
  canonicalJson,
  eventHash,
  rowChecksum,
} from '@flexledger/domain';

/** A row after its hashes are computed anew. */
export interface ExaminedRow {
  /** Why the row does not hold; undefined when it does. */
  readonly fault: string | undefined;
  /** Hash of what the row contains now, hex. */
  readonly contentHash: string;
  /**
   * The hash the row was stored with, hex: the one that the checksum vouches for, so that where the
   * contents or the hash were changed alone, the Merkle tree is still that of the log as it was.
   */
  readonly storedHash: string;
  /** Undefined when it is no JSON object. */
  readonly data: object | undefined;
}

const SHA256_HEX = /^[0-9a-f]{64}$/;

/** Compares a row with its own hashes. */
export function examineRow(sha256: Sha256, row: StoredRow): ExaminedRow {
  const contentHash = eventHash(sha256, { ...row, dataJson: row.data });
  const data = objectIn(row.data);
  const isHashed = row.hash === contentHash;
  const isVouched = row.checksum === rowChecksum(sha256, row);
  if (isHashed && isVouched && data && isCanonical(row.data, data)) {
    return { fault: undefined, contentHash, storedHash: contentHash, data };
  }
  const isHashChanged =
    !isVouched && row.checksum === rowChecksum(sha256, { ...row, hash: contentHash });
  const isHash = typeof row.hash === 'string' && SHA256_HEX.test(row.hash);
  const faults = [
    ...(data ? [] : ['its data is no JSON object']),
    ...(data && !isCanonical(row.data, data) ? ['its data is not canonical JSON'] : []),
    ...(isHashed ? [] : [`its contents hash to ${contentHash}, stored is ${row.hash}`]),
    ...(isVouched ? [] : ['its checksum is not that of its position, recordedAt and hash']),
  ];
  return {
    fault: faults.join('; '),
    contentHash,
    storedHash: isHashChanged || !isHash ? contentHash : row.hash,
    data,
  };
}

/** The JSON object in a text, where it is one. */
export function objectIn(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? value : undefined;
  } catch {
    return undefined;
  }
}

function isCanonical(text: string, data: object): boolean {
  try {
    return canonicalJson(data) === text;
  } catch {
    return false; // nested deeper than the stack
  }
}
