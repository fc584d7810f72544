import { createHmac } from 'node:crypto';
import {
  type SaltedRow,
  type SettlementRow,
  canonicalJson,
  rowEntry,
  toHex,
} from '@flexledger/domain';
import { sha256 } from '@flexledger/identity';
import { merkleRoot } from '@flexledger/merkle-log';

const SALT_BYTES = 16;

/**
 * Rows with their salts, and the root over them. A salt follows from the market's secret, the row and its place,
 * so that a settlement that a crash cut off between two parts goes on with the salts that it began with.
 *
 * @param key secret, hex
 */
export function saltRows(
  key: string,
  { sessionId, correction }: { readonly sessionId: string; readonly correction: number },
  rows: readonly SettlementRow[],
): { readonly rows: readonly SaltedRow[]; readonly rowsRoot: string } {
  const secret = Buffer.from(key, 'hex');
  const salted = rows.map((row, index) => {
    const text = `${sessionId}/${correction}/${index}/${canonicalJson(row)}`;
    const mac = createHmac('sha256', secret).update(text).digest();
    return { ...row, salt: toHex(mac.subarray(0, SALT_BYTES)) };
  });
  return { rows: salted, rowsRoot: toHex(merkleRoot(sha256, salted.map(rowEntry))) };
}
