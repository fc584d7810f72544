/** Salts: the same for the same settlement, so that it goes on after a crash; others for all else. */
import { type SettlementRow, SALT, rowEntry, toHex, withoutSalt } from '@flexledger/domain';
import { sha256 } from '@flexledger/identity';
import { merkleRoot } from '@flexledger/merkle-log';
import { sold } from './testing/sold-day';
import { saltRows } from './salt-rows';

const KEY = '5a'.repeat(32);
const OF = { sessionId: 'realTime-2026-03-17T15:00Z', correction: 0 };
const settled = (podId: string): SettlementRow => ({
  ...sold(podId, 0, [1_000]),
  baselineW: [3_000],
  measuredW: [2_000],
  deliveredW: [1_000],
  paidMicroEur: [1_000],
  penaltyMicroEur: [0],
});
// Two that are alike: a request that was filled up in a later round.
const ROWS = [settled('A'), settled('B'), settled('B')];

it('gives each row a salt of its own, and the root over them', () => {
  const { rows, rowsRoot } = saltRows(KEY, OF, ROWS);
  expect(rows.map(withoutSalt)).toEqual(ROWS);
  expect(new Set(rows.map(({ salt }) => salt)).size).toBe(3);
  for (const { salt } of rows) expect(salt).toMatch(SALT);
  expect(rowsRoot).toBe(toHex(merkleRoot(sha256, rows.map(rowEntry))));
});

it('gives the same again, and others by another key, session, correction or row', () => {
  const first = saltRows(KEY, OF, ROWS);
  expect(saltRows(KEY, OF, ROWS)).toEqual(first);
  const others = [
    saltRows('a5'.repeat(32), OF, ROWS),
    saltRows(KEY, { ...OF, sessionId: 'another' }, ROWS),
    saltRows(KEY, { ...OF, correction: 1 }, ROWS),
    saltRows(KEY, OF, [{ ...settled('A'), paidMicroEur: [2_000] }]),
  ];
  for (const { rows } of others) expect(rows[0]!.salt).not.toBe(first.rows[0]!.salt);
});
