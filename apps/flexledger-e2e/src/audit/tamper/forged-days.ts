/** What an operator makes of a whole day's rows; hashes, tree and seals follow when the log is made anew. */
import type { StoredRow } from '@flexledger/domain';
import {
  type NodeKey,
  canonicalJson,
  nodeKeyFrom,
  sha256Hex,
  signKeyRotation,
  signMessage,
} from '@flexledger/identity';
import { dataOf } from '../testing/simulated-day';
import {
  type WrittenEvent,
  edited,
  editedFirst,
  lastUnsold,
  rowOf,
  shifted,
  withAfter,
  withBefore,
  without,
} from './edit-rows';
import type { HonestDay } from './honest-day';

type Rows = readonly StoredRow[];

export const hasRows = (data: { readonly rows: readonly unknown[] }): boolean =>
  data.rows.length > 0;

/** A settlement that paid something, and the event that published it. */
export function settlementOf(rows: Rows): [StoredRow, StoredRow] {
  const settled = rowOf(rows, 'SettlementComputed', hasRows);
  const published = rowOf(
    rows,
    'SettlementPublished',
    (_, row) => row.streamId === settled.streamId,
  );
  return [settled, published];
}

/** A settlement computed, awarded and published once more, though nothing had come in. */
export function withCorrection(rows: Rows): StoredRow[] {
  const [settled, published] = settlementOf(rows);
  const awarded = rowOf(rows, 'TokensAwarded', (_, row) => row.streamId === settled.streamId);
  const again = (
    row: StoredRow,
  ): { data: object } & Pick<StoredRow, 'streamId' | 'type' | 'occurredAt' | 'schemaVersion'> => {
    const { streamId, type, schemaVersion } = row;
    const data = { ...(JSON.parse(row.data) as object), correction: 1 };
    return { streamId, type, schemaVersion, data, occurredAt: published.occurredAt };
  };
  let changed: StoredRow[] = [...rows];
  for (const row of [published, awarded, settled]) {
    const after = changed.find(({ id }) => id === published.id)!;
    changed = withAfter(changed, after, again(row));
  }
  return changed;
}

/** The wallet of a paid customer is another from the beginning. */
export function stolen(rows: Rows): StoredRow[] {
  const { podId } = dataOf<'SettlementComputed'>(settlementOf(rows)[0]).rows[0]!;
  return editedFirst(
    rows,
    'PodRegistered',
    (data) => {
      data.wallet = `0x${'1'.repeat(40)}`;
    },
    (data) => data.podId === podId,
  );
}

export function sharesChanged(rows: Rows): StoredRow[] {
  const { podId } = dataOf<'SettlementComputed'>(settlementOf(rows)[0]).rows[0]!;
  return editedFirst(
    rows,
    'AgreementProposed',
    (data) => {
      data.customerSharePerMille -= 100;
    },
    (data) => data.podId === podId,
  );
}

/** What two seals enclose, an offer among it, says to be ten minutes older, and so does the second seal. */
export function timesMovedBack(rows: Rows): StoredRow[] {
  const isSeal = ({ type }: StoredRow): boolean => type === 'CheckpointSealed';
  const offer = rows.findIndex(({ type }) => type === 'FlexibilityOffered');
  const from = rows.findLastIndex((row, index) => index < offer && isSeal(row));
  const to = rows.findIndex((row, index) => index > offer && isSeal(row));
  return rows.map((row, index) => {
    if (index <= from || index > to || row.type === 'CheckpointAnchored') return row;
    const occurredAt = shifted(row.occurredAt, -600_000);
    const recordedAt = shifted(row.recordedAt, -600_000);
    return { ...row, occurredAt, recordedAt, hash: '' };
  });
}

const OPERATORS_KEY = nodeKeyFrom(sha256Hex('a key of the operator'));

/** A key that names the next one. */
export function rotationOf(
  podId: string,
  keys: { readonly from: NodeKey; readonly to: NodeKey; readonly at: string },
): WrittenEvent {
  const rotation = signKeyRotation(podId, keys);
  return {
    streamId: `node-${podId}`,
    type: 'KeyRotated',
    data: { podId, publicKey: keys.to.publicKey, rotation },
    occurredAt: keys.at,
    schemaVersion: 2,
  };
}

/** A PoD's node signs with another key from its last measurement on, which names itself. */
export function keyReplaced(rows: Rows): StoredRow[] {
  return withKeyOfOperator(rows, (podId, at) =>
    rotationOf(podId, { from: OPERATORS_KEY, to: OPERATORS_KEY, at }),
  );
}

/** The same as releases wrote it that kept no signature. */
export function keyReplacedUnsigned(rows: Rows): StoredRow[] {
  return withKeyOfOperator(rows, (podId, occurredAt) => ({
    streamId: `node-${podId}`,
    type: 'KeyRotated',
    data: { podId, publicKey: OPERATORS_KEY.publicKey },
    occurredAt,
    schemaVersion: 1,
  }));
}

/** Another box in the place of a PoD's node, which nobody has put up. */
export function nodeReplaced(rows: Rows): StoredRow[] {
  return withKeyOfOperator(rows, (podId, occurredAt) => ({
    streamId: `node-${podId}`,
    type: 'NodeEnrolled',
    data: { podId, publicKey: OPERATORS_KEY.publicKey, meterDriver: 'simulated' },
    occurredAt,
  }));
}

/** A PoD's last measurement says less, signed by a key that comes right before it. */
function withKeyOfOperator(
  rows: Rows,
  comes: (podId: string, at: string) => WrittenEvent,
): StoredRow[] {
  const last = lastUnsold(rows);
  const { podId } = dataOf<'MeasurementRecorded'>(last);
  const signed = edited<'MeasurementRecorded'>(rows, last, (data) => {
    data.inputData.withdrawnWh = 1;
    const text = canonicalJson(data.inputData);
    data.hash = sha256Hex(text);
    data.signedHash = signMessage(OPERATORS_KEY.privateKey, text);
  });
  return withBefore(signed, signed[rows.indexOf(last)]!, comes(podId, last.occurredAt));
}

interface Receipt {
  setpointId: string;
  podId: string;
  at: string;
}

export function receiptsSwapped(rows: Rows): StoredRow[] {
  const receipts = rows.filter(({ type }) => type === 'SetpointApplied');
  const [one, other] = [receipts[0]!, receipts.at(-1)!];
  const at = (row: StoredRow): string => (JSON.parse(row.data) as Receipt).at;
  const withAt = (row: StoredRow, instant: string): StoredRow => ({
    ...row,
    hash: '',
    data: canonicalJson({ ...(JSON.parse(row.data) as Receipt), at: instant }),
  });
  return rows.map((row) => {
    if (row === one) return withAt(row, at(other));
    return row === other ? withAt(row, at(one)) : row;
  });
}

/** The last settlement that paid something is not in the log. */
export function withheld(rows: Rows): StoredRow[] {
  const settled = rows.findLast(
    (row) => row.type === 'SettlementComputed' && hasRows(dataOf<'SettlementComputed'>(row)),
  )!;
  return without(rows, ({ streamId }) => streamId === settled.streamId);
}

/** The last measurement of the day written as a packet that was refused for its signature. */
export function withRefusal(rows: Rows, day: HonestDay): StoredRow[] {
  const last = lastUnsold(rows);
  const data = dataOf<'MeasurementRecorded'>(last);
  const { publicKey } = day.nodeKeyOf(data.podId);
  const refusal = {
    podId: data.podId,
    reason: 'wrong-signature',
    detail: 'the signature is not by the enrolled key',
    packet: canonicalJson({ ...data, publicKey }),
  };
  const refused = { ...last, type: 'PacketRejected', data: canonicalJson(refusal), hash: '' };
  return rows.map((row) => (row === last ? refused : row));
}
