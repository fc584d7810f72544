import type { StoredRow } from '@flexledger/domain';
import { createFindings } from '../report';
import { smallLog, tools } from '../testing/node-tools';
import { createOrderCheck } from './order';

const rows = smallLog(
  ['a', 'b', 'a', 'b'].map((streamId) => ({ streamId, type: 'SessionOpened', data: {} })),
);

function failures(seen: readonly StoredRow[]): [position: number | undefined, reason: string][] {
  const findings = createFindings('order');
  const check = createOrderCheck(tools.sha256, findings);
  seen.forEach((row) => check.see(row));
  return findings.report().failures.map(({ position, reason }) => [position, reason]);
}

const changed = (position: number, change: Partial<StoredRow>): StoredRow[] =>
  rows.map((row) => (row.position === position ? { ...row, ...change } : row));

it('accepts a log without gaps', () => {
  expect(failures(rows)).toEqual([]);
});

it('accepts positions that leave numbers out, as they say only what comes before what', () => {
  expect(failures(rows.map((row) => ({ ...row, position: 10 ** 9 + 7 * row.position })))).toEqual(
    [],
  );
});

it('names a position that does not rise', () => {
  expect(failures(changed(2, { position: 1 }))).toEqual([[1, 'position 1 stands after 1']]);
  expect(failures([rows[0]!, rows[2]!, rows[1]!, rows[3]!])).toEqual([
    [1, 'position 1 stands after 2'],
  ]);
});

it('names the event after a gap in its stream', () => {
  expect(failures(rows.filter(({ position }) => position !== 1))).toEqual([
    [3, 'in its stream: revision 0 is missing before it'],
  ]);
  expect(failures(rows.slice(3))).toEqual([[3, 'in its stream: revision 0 is missing before it']]);
});

it('names a revision that stands twice', () => {
  expect(failures(changed(2, { revision: 0 }))).toEqual([
    [2, 'in its stream: revision 0 stands where 1 should'],
  ]);
});

it('names an id that stands twice', () => {
  expect(failures(changed(3, { id: rows[0]!.id }))).toEqual([
    [3, 'its id stands in the log twice'],
  ]);
});

describe('times', () => {
  it('may go back from one event to the next: a simulated day may be continued by another clock', () => {
    const earlier = '2025-01-01T00:00:00.000Z';
    expect(failures(changed(3, { occurredAt: earlier, recordedAt: earlier }))).toEqual([]);
  });

  it('must be instants in the form of the log', () => {
    const reason = 'its recordedAt "2026-03-16" is no instant';
    expect(failures(changed(1, { recordedAt: '2026-03-16' }))).toEqual([[1, reason]]);
  });

  it('show what was recorded before it happened, beyond a step of the clock', () => {
    const ahead = (occurredAt: string) => failures(changed(1, { occurredAt }));
    expect(ahead('2026-03-16T10:01:00.000Z')).toEqual([]);
    expect(ahead('2026-03-16T10:01:00.001Z')).toEqual([
      [1, 'it was recorded 60001 ms before it occurred'],
    ]);
  });
});
