/**
 * Who stole a node, or its key: what it signs reaches the log through an honest platform, or, where the
 * operator helps, in the place of what was refused. Seals and chain follow: only what the events say can
 * tell it.
 */
import { type MeasurementInput, type StoredRow, meterStream } from '@flexledger/domain';
import {
  type NodeKey,
  canonicalJson,
  nodeKeyFrom,
  sha256Hex,
  signMessage,
} from '@flexledger/identity';
import { type DataOf, dataOf } from '../testing/simulated-day';
import { edited, lastUnsold, rowOf, shifted, withAfter, withBefore } from './edit-rows';
import { rotationOf } from './forged-days';
import type { HonestDay, Shown } from './honest-day';
import { type Outcome, type Tampering, caught, notExcluded, tampering } from './tampering';

type Measured = DataOf<'MeasurementRecorded'>;

/** The log with its measurements changed; everything that rests on hashes follows. */
function thief(
  what: string,
  outcome: Outcome,
  change: (day: HonestDay) => readonly StoredRow[],
): Tampering {
  return tampering('stolen node', what, ['none', outcome], async (day): Promise<Shown> =>
    day.powers.onNewChain(change(day)),
  );
}

/** A measurement signed by the PoD's own node. */
function signed(day: HonestDay, inputData: MeasurementInput): Measured {
  const text = canonicalJson(inputData);
  const { podId, sequence } = inputData;
  const signedHash = signMessage(day.nodeKeyOf(podId).privateKey, text);
  return { podId, sequence, inputData, hash: sha256Hex(text), signedHash };
}

function resigned(day: HonestDay, row: StoredRow, change: Partial<MeasurementInput>): StoredRow[] {
  return edited<'MeasurementRecorded'>(day.rows, row, (data) => {
    Object.assign(data, signed(day, { ...data.inputData, ...change }));
  });
}

const NEXT_KEY = nodeKeyFrom(sha256Hex('the next key'));

export const BY_NODES: readonly Tampering[] = [
  thief(
    'a plausible measurement that is false',
    notExcluded('it is the node’s own word, and looks like any other'),
    (day) => resigned(day, lastUnsold(day.rows), { withdrawnWh: 1 }),
  ),
  thief('an energy below nothing', caught('signatures'), (day) =>
    resigned(day, lastUnsold(day.rows), { withdrawnWh: -100 }),
  ),
  thief('an energy that is no whole number', caught('signatures'), (day) =>
    resigned(day, lastUnsold(day.rows), { withdrawnWh: 0.5 }),
  ),
  thief('a quarter-hour that is none', caught('hashes', 'signatures'), (day) => {
    const row = lastUnsold(day.rows);
    const { mtuStart } = dataOf<'MeasurementRecorded'>(row).inputData;
    return resigned(day, row, { mtuStart: shifted(mtuStart, 60_000) });
  }),
  thief('the quarter-hours of the day after, signed in advance', caught('signatures'), (day) => {
    const row = lastUnsold(day.rows);
    const { inputData } = dataOf<'MeasurementRecorded'>(row);
    const mtuStart = shifted(inputData.mtuStart, 24 * 3_600_000);
    const sequence = inputData.sequence + 1;
    const data = signed(day, { ...inputData, mtuStart, sequence });
    const { streamId, type, occurredAt, schemaVersion } = row;
    return withAfter(day.rows, row, { streamId, type, data, occurredAt, schemaVersion });
  }),
  thief('a sequence used twice', caught('signatures'), (day) => {
    const row = lastUnsold(day.rows);
    const { sequence } = dataOf<'MeasurementRecorded'>(row);
    return resigned(day, row, { sequence: sequence - 1 });
  }),
  thief('a quarter-hour measured twice', caught('signatures'), (day) => {
    const row = lastUnsold(day.rows);
    const { inputData } = dataOf<'MeasurementRecorded'>(row);
    const data = signed(day, { ...inputData, sequence: inputData.sequence + 1, withdrawnWh: 9 });
    const { streamId, type, occurredAt, schemaVersion } = row;
    return withAfter(day.rows, row, { streamId, type, data, occurredAt, schemaVersion });
  }),
  thief('a packet of one PoD recorded for another', caught('signatures', 'settlement'), (day) => {
    const row = lastUnsold(day.rows);
    const other = otherPod(day.rows, dataOf<'MeasurementRecorded'>(row).podId);
    return edited<'MeasurementRecorded'>(day.rows, row, (data) => {
      data.podId = other;
    });
  }),
  thief('a packet of one PoD signed by the node of another', caught('signatures'), (day) => {
    const row = lastUnsold(day.rows);
    const { podId } = dataOf<'MeasurementRecorded'>(row);
    const stolen = day.nodeKeyOf(otherPod(day.rows, podId));
    return edited<'MeasurementRecorded'>(day.rows, row, (data) => {
      data.inputData.withdrawnWh += 1;
      const text = canonicalJson(data.inputData);
      data.hash = sha256Hex(text);
      data.signedHash = signMessage(stolen.privateKey, text);
    });
  }),
  thief('signatures of two PoDs swapped', caught('signatures'), (day) => {
    const row = lastUnsold(day.rows);
    const { podId, signedHash } = dataOf<'MeasurementRecorded'>(row);
    const other = rowOf(day.rows, 'MeasurementRecorded', (data) => data.podId !== podId);
    const { signedHash: others } = dataOf<'MeasurementRecorded'>(other);
    const once = edited<'MeasurementRecorded'>(day.rows, row, (data) => {
      data.signedHash = others;
    });
    return edited<'MeasurementRecorded'>(once, other, (data) => {
      data.signedHash = signedHash;
    });
  }),
  thief('a measurement of a month put into another', caught('signatures'), (day) => {
    const row = lastUnsold(day.rows);
    const { podId } = dataOf<'MeasurementRecorded'>(row);
    const envelope = { streamId: meterStream(podId, '2026-04-01T00:00:00.000Z'), revision: 0 };
    return edited<'MeasurementRecorded'>(day.rows, row, () => {}, envelope);
  }),
  thief('a measurement after its node was revoked', caught('signatures'), (day) => {
    const { podId, sequence } = dataOf<'MeasurementRecorded'>(lastUnsold(day.rows));
    const before = rowOf(
      day.rows,
      'MeasurementRecorded',
      (data) => data.podId === podId && data.sequence === sequence - 1,
    );
    return withAfter(day.rows, before, {
      streamId: `node-${podId}`,
      type: 'NodeRevoked',
      data: { podId, reason: 'stolen' },
      occurredAt: before.occurredAt,
    });
  }),
  thief('the key before a rotation, used on', caught('signatures'), (day) =>
    withRotation(day, NEXT_KEY),
  ),
  thief('a key that was given up, enrolled again', caught('signatures'), (day) => {
    const row = lastUnsold(day.rows);
    const { podId } = dataOf<'MeasurementRecorded'>(row);
    const rotated = withRotation(day, NEXT_KEY);
    const last = rotated.find(({ id }) => id === row.id)!;
    const back = { from: NEXT_KEY, to: day.nodeKeyOf(podId) };
    return withBefore(rotated, last, rotationOf(podId, { ...back, at: last.occurredAt }));
  }),
];

/** The PoD's key rotated right before its last measurement. */
function withRotation({ rows, nodeKeyOf }: HonestDay, to: NodeKey): StoredRow[] {
  const row = lastUnsold(rows);
  const { podId } = dataOf<'MeasurementRecorded'>(row);
  const keys = { from: nodeKeyOf(podId), to, at: row.occurredAt };
  return withBefore(rows, row, rotationOf(podId, keys));
}

function otherPod(rows: readonly StoredRow[], podId: string): string {
  return dataOf<'PodRegistered'>(rowOf(rows, 'PodRegistered', (data) => data.podId !== podId))
    .podId;
}
