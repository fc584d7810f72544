/**
 * Rows of a settlement as leaves: each with a salt that only who is shown the row knows, so that a party
 * proves its own row under the settlement's root (`rowsRoot`) and can guess no other's
 * (`docs/verify/settlement-rows.md`, ADR 22).
 */
import { canonicalJson } from '../log/canonical-json';
import type { SettlementRow } from './events';

/** 16 bytes, lower-case hex. */
export const SALT = /^[0-9a-f]{32}$/;

/** A row as it is recorded. */
export interface SaltedRow extends SettlementRow {
  readonly salt: string;
}

/** Whether a row as it is recorded can be a leaf. */
export function isSalted(row: SettlementRow): row is SaltedRow {
  return row.salt !== undefined && SALT.test(row.salt);
}

/** The row as it is computed. */
export function withoutSalt(row: SettlementRow): SettlementRow {
  const { salt: _, ...computed } = row;
  return computed;
}

const utf8 = new TextEncoder();

/** What is hashed into the leaf of a row: its RFC 8785 form with its salt, in UTF-8. */
export function rowEntry(row: SaltedRow): Uint8Array {
  return utf8.encode(canonicalJson(row));
}
