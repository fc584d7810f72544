/** Goal: what a newer release wrote is no fault of the log, and the audit says that it cannot judge it. */
import { CERTIFICATION_STREAM, type StoredRow, UnknownEventVersion } from '@flexledger/domain';
import { auditRows } from '../audit';
import { contentsOf } from '../log-contents';
import type { StoredRows } from '../log-reader';
import type { AuditReport, CheckName, CheckReport } from '../report';
import { smallLog, tools } from '../testing/node-tools';
import { type SmallEvent, rehashed } from '../testing/small-log';
import { inSession, rulesAdopted, schedules } from '../testing/session-log';

const [dayAhead, realTime] = schedules as [(typeof schedules)[0], (typeof schedules)[0]];
const scheduled = inSession('SessionScheduled', dayAhead);
/** Of a type that this release does not know. */
const rated = { ...inSession('SessionOpened', dayAhead), type: 'SessionRated' } as never;
/** Of a type that it knows, in a version that it does not. */
const laterScheduled: SmallEvent = {
  ...inSession('SessionScheduled', realTime),
  schemaVersion: 9,
};
/** Before its gate: what the gates would name. */
const openedEarly = inSession('SessionOpened', dayAhead, '2026-03-01T00:00:00.000Z');
const started: SmallEvent = {
  streamId: CERTIFICATION_STREAM,
  type: 'CertifierStarted',
  data: { origin: 'flexledger/test', publicKey: '01', chainId: 1, anchorContract: '0x1' },
};
const anchored: SmallEvent = {
  streamId: CERTIFICATION_STREAM,
  type: 'CheckpointAnchored',
  data: { size: 1, root: 'ab'.repeat(32), txHash: '0x1', blockNumber: 1 },
};

async function audited(rows: readonly StoredRow[], sessionId?: string): Promise<AuditReport> {
  const log: StoredRows = { rows: () => rows, faults: [], rowFault: () => undefined };
  const contents = await contentsOf(recorded(rows));
  return auditRows(log, { contents, chain: 'no chain here', sessionId }, tools);
}

async function* recorded(rows: readonly StoredRow[]) {
  for (const row of rows) yield { ...row, data: JSON.parse(row.data) as object };
}

const checkOf = (report: AuditReport, name: CheckName): CheckReport =>
  report.checks.find((one) => one.name === name)!;

it('says nothing while every event is of a version that can be read, also of an older one', async () => {
  const sealed: SmallEvent = {
    streamId: CERTIFICATION_STREAM,
    type: 'CheckpointSealed',
    data: { size: 1, root: 'ab'.repeat(32), note: '' },
    schemaVersion: 1,
  };
  const report = await audited(smallLog([rulesAdopted, scheduled, sealed]));
  expect(checkOf(report, 'versions')).toEqual({
    name: 'versions',
    ok: true,
    count: 3,
    failed: 0,
    failures: [],
  });
});

it.each([
  ['an unknown type', rated as SmallEvent, 'SessionRated', 'this release knows no event of that'],
  ['an unknown version', laterScheduled, 'SessionScheduled', 'this release reads it up to version'],
])('names an event of %s and the remedy, and blames nothing else for it', async (...of) => {
  const [, later, type, reason] = of;
  const rows = smallLog([rulesAdopted, scheduled, later, openedEarly]);
  const report = await audited(rows);
  expect(report.ok).toBe(false);
  const { failures } = checkOf(report, 'versions');
  expect(failures).toMatchObject([{ position: 2, type }]);
  expect(failures[0]!.reason).toContain(reason);
  expect(failures[0]!.reason).toContain('Use the newer release that wrote it.');
  // Its bytes are what they were hashed as, and the row after it is judged by no one.
  for (const name of ['hashes', 'order'] as const) {
    expect(checkOf(report, name)).toMatchObject({ ok: true, count: 4 });
  }
  const note = 'not done from event 2 on, which is of a newer release';
  expect(checkOf(report, 'gates')).toMatchObject({ ok: true, count: 1, note });
  for (const name of ['clearing', 'validation', 'settlement', 'tokens'] as const) {
    expect(checkOf(report, name)).toMatchObject({ ok: true, note });
  }
  // What the certifier says does not rest on it.
  expect(checkOf(report, 'anchors').failures[0]!.reason).toMatch(/names no contract/);
});

it('stops what rests on the certifier where an event of its own cannot be read', async () => {
  const later: SmallEvent = { ...anchored, schemaVersion: 7 };
  const report = await audited(smallLog([started, later, anchored]));
  for (const name of ['checkpoints', 'inclusion', 'anchors'] as const) {
    const { failures, note } = checkOf(report, name);
    expect(failures.filter(({ position }) => position !== 0)).toEqual([]);
    expect(note).toContain('not done from event 1 on');
  }
});

it('takes a row whose version was changed for damage, not for a newer release', async () => {
  const rows = smallLog([rulesAdopted, scheduled, openedEarly]);
  const damaged = rows.map((row, at) => (at === 1 ? { ...row, schemaVersion: 9 } : row));
  const report = await audited(damaged);
  expect(checkOf(report, 'hashes').failures).toMatchObject([{ position: 1 }]);
  expect(checkOf(report, 'versions').ok).toBe(true);
  expect(checkOf(report, 'gates').note).toBeUndefined();
});

it('names a row of an older version that has not its shape', async () => {
  const rows = smallLog([{ ...anchored, type: 'CheckpointSealed', data: { size: 1 } }]);
  const foreign = rows.map((row) => rehashed(tools.sha256, { ...row, schemaVersion: 0 }));
  expect(checkOf(await audited(foreign), 'versions').failures).toMatchObject([{ position: 0 }]);
});

it('does not say that a session is not there which it cannot read', async () => {
  const rows = smallLog([rulesAdopted, scheduled, laterScheduled]);
  await expect(audited(rows, realTime.sessionId)).rejects.toThrow(UnknownEventVersion);
  expect((await audited(rows, dayAhead.sessionId)).ok).toBe(false);
});
