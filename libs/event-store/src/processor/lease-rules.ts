/** The rules of leases and checkpoints, on one processor's record: what each engine stores is theirs. */
import { LeaseLost } from './processor-errors';
import type { Lease, ProcessorRecord } from './processor-state';

/** A record with what engines keep beside: how long the lease was given for. */
export interface StoredRecord extends ProcessorRecord {
  readonly ttlMs: number;
}

export function newRecord(name: string): StoredRecord {
  return { name, owner: null, fence: 0, expiresMs: 0, ttlMs: 0, checkpoint: null, halt: null };
}

/** Another than `owner` holds the lease now. */
export function isHeldByAnother(record: StoredRecord, owner: string, nowMs: number): boolean {
  if (record.owner === null || record.owner === owner) return false;
  const remainingMs = record.expiresMs - nowMs;
  // More than twice the time it was given for: the clock was set back, and by more than drift.
  return remainingMs > 0 && remainingMs <= 2 * record.ttlMs;
}

/** The record once `owner` has been given the lease. */
export function granted(
  record: StoredRecord,
  owner: string,
  ttlMs: number,
  nowMs: number,
): StoredRecord {
  return { ...record, owner, fence: record.fence + 1, expiresMs: nowMs + ttlMs, ttlMs };
}

export function renewed(record: StoredRecord, ttlMs: number, nowMs: number): StoredRecord {
  return { ...record, expiresMs: nowMs + ttlMs, ttlMs };
}

export function released(record: StoredRecord): StoredRecord {
  return { ...record, owner: null, expiresMs: 0 };
}

/** Checkpoints never go backwards. */
export function advanced(record: StoredRecord, position: number): StoredRecord {
  if (record.checkpoint !== null && record.checkpoint >= position) return record;
  return { ...record, checkpoint: position };
}

export function holds(record: StoredRecord, { owner, fence }: Lease): boolean {
  return record.owner === owner && record.fence === fence;
}

/** @throws LeaseLost when the lease is not the newest one, or was released */
export function assertHeld(record: StoredRecord, lease: Lease): void {
  if (!holds(record, lease)) {
    throw new LeaseLost(lease.name, lease.owner, lease.fence, record.owner);
  }
}

/** What others see of a record. */
export function asRecord({ ttlMs: _ttlMs, ...record }: StoredRecord): ProcessorRecord {
  return record;
}
