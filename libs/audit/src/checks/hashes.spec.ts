import { canonicalJson } from '@flexledger/identity';
import type { StoredRow } from '@flexledger/domain';
import fc from 'fast-check';
import { smallLog, tools } from '../testing/node-tools';
import { rehashed } from '../testing/small-log';
import { examineRow } from './hashes';

const [row] = smallLog([
  {
    streamId: 'pod-IT002E00000001',
    type: 'PodUnregistered',
    data: { podId: 'IT002E00000001', reason: 'è' },
  },
]) as [StoredRow];

const textColumns = (Object.keys(row) as (keyof StoredRow)[]).filter(
  (column) => typeof row[column] === 'string',
);
const numberColumns = ['position', 'revision', 'schemaVersion'] as const;

it('finds nothing in a row as it was stored', () => {
  expect(examineRow(tools.sha256, row)).toEqual({
    fault: undefined,
    contentHash: row.hash,
    storedHash: row.hash,
    data: { podId: 'IT002E00000001', reason: 'è' },
  });
});

it('finds any other character in any text of a row', () => {
  const change = fc.record({
    column: fc.constantFrom(...textColumns),
    at: fc.nat(),
    character: fc.string({ minLength: 0, maxLength: 1 }),
  });
  fc.assert(
    fc.property(change, ({ column, at, character }) => {
      const text = row[column] as string;
      const index = at % text.length;
      const changed = text.slice(0, index) + character + text.slice(index + 1);
      fc.pre(changed !== text);
      expect(examineRow(tools.sha256, { ...row, [column]: changed }).fault).toBeDefined();
    }),
    { numRuns: 500 },
  );
});

it('finds any other number', () => {
  fc.assert(
    fc.property(fc.constantFrom(...numberColumns), fc.nat(), (column, value) => {
      fc.pre(value !== row[column]);
      expect(examineRow(tools.sha256, { ...row, [column]: value }).fault).toBeDefined();
    }),
  );
});

it.each([
  ['white space', '{"podId": "IT002E00000001"}'],
  ['keys in another order', '{"reason":"x","podId":"IT002E00000001"}'],
  ['a key twice', '{"podId":"a","podId":"b"}'],
  ['a number in another form', '{"a":1.0}'],
  ['nesting without end', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`],
])('does not take data with %s for canonical, even when hashed so', (_, data) => {
  expect(examineRow(tools.sha256, rehashed(tools.sha256, { ...row, data })).fault).toBe(
    'its data is not canonical JSON',
  );
});

it.each(['', '{', '[]', 'null', '"text"'])('does not take %j for data', (data) => {
  const examined = examineRow(tools.sha256, rehashed(tools.sha256, { ...row, data }));
  expect(examined.fault).toBe('its data is no JSON object');
  expect(examined.data).toBeUndefined();
});

describe('the hash for the Merkle tree is the one the row was stored with', () => {
  it('where the contents were changed', () => {
    const changed = { ...row, data: canonicalJson({ podId: 'IT002E00000002' }) };
    expect(examineRow(tools.sha256, changed).storedHash).toBe(row.hash);
  });

  it('where the hash was changed', () => {
    const changed = {
      ...row,
      hash: row.hash.replace(/^./, (digit) => (digit === 'a' ? 'b' : 'a')),
    };
    expect(examineRow(tools.sha256, changed).storedHash).toBe(row.hash);
  });

  it('where the hash is none', () => {
    expect(examineRow(tools.sha256, { ...row, hash: 'none' }).storedHash).toBe(row.hash);
  });
});
