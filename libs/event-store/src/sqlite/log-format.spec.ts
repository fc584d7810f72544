import fc from 'fast-check';
import { sha256Hex } from '@flexledger/identity';
import {
  COLUMNS,
  ENVELOPE_COLUMNS,
  type EnvelopeValues,
  recordedEvent,
  rowChecksum,
  type RowValues,
  storedRow,
} from './log-format';

const row = {
  position: 41,
  recordedAt: '2026-03-17T10:00:00.000Z',
  hash: sha256Hex('an event'),
};

describe('the row checksum', () => {
  it('is the beginning of SHA-256 over position|recordedAt|hash', () => {
    expect(rowChecksum(row)).toBe(
      sha256Hex(`41|2026-03-17T10:00:00.000Z|${sha256Hex('an event')}`).slice(0, 16),
    );
    expect(rowChecksum(row)).toMatch(/^[0-9a-f]{16}$/);
  });

  it('changes with each of the three', () => {
    fc.assert(
      fc.property(fc.nat(), fc.string(), fc.string(), (position, recordedAt, hash) => {
        for (const change of [{ position }, { recordedAt }, { hash }]) {
          const changed = { ...row, ...change };
          const same = JSON.stringify(changed) === JSON.stringify(row);
          expect(rowChecksum(changed) === rowChecksum(row)).toBe(same);
        }
      }),
    );
  });
});

describe('the values of a row', () => {
  const values: RowValues = [
    7,
    'id',
    'stream',
    2,
    'Type',
    1,
    'occurred',
    'recorded',
    'corr',
    'cause',
    'actor',
    '{"a":1}',
    'h',
    'c',
  ];

  it('become a stored row with its data as text', () => {
    expect(Object.values(storedRow(values))).toEqual(values);
  });

  it('become an event with its data parsed and without the checksum', () => {
    const { checksum, ...event } = storedRow(values);
    expect(checksum).toBe('c');
    const envelope = ENVELOPE_COLUMNS.map((column) => values[COLUMNS.indexOf(column)]);
    const data = { a: 1 };
    expect(recordedEvent(envelope as EnvelopeValues, data)).toEqual({ ...event, data });
  });
});
