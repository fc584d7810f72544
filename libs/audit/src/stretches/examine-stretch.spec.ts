/**
 * Goal: what nodes have signed may be taken in columns, or seen as it is stored; the report is the same, whatever the
 * log holds against it.
 */
import type { StoredRow } from '@flexledger/domain';
import { canonicalJson, nodeKeyFrom, sha256Hex, signMessage } from '@flexledger/identity';
import fc from 'fast-check';
import { type AuditBasis, auditStretches } from '../audit';
import { contentsOf } from '../log-contents';
import type { StoredRows } from '../log-reader';
import { smallLog, tools } from '../testing/node-tools';
import { type SmallEvent, eventIn, rehashed } from '../testing/small-log';
import { type Examination, examineStretch } from './examine-stretch';
import { type StretchedLog, examinationOf, inStretches, stretchesHere } from './log-stretches';

const PODS = ['IT002E00000001', 'IT002E00000002'];
const KEYS = ['01', '02', '03'].map((byte) => nodeKeyFrom(byte.repeat(32)));
const AFTERWARDS = '2026-03-17T12:00:00.000Z';

interface Drawn {
  readonly kind: 'packet' | 'statement' | 'enrolled' | 'revoked' | 'rotated';
  readonly pod: number;
  readonly key: number;
  readonly sequence: number;
  readonly quarter: number;
  readonly occurredAt: string;
}

function eventOf({ kind, pod, key, sequence, quarter, occurredAt }: Drawn): SmallEvent {
  const podId = PODS[pod]!;
  const { privateKey, publicKey } = KEYS[key]!;
  const node = { streamId: `node-${podId}`, occurredAt };
  switch (kind) {
    case 'enrolled':
      return {
        ...node,
        type: 'NodeEnrolled',
        data: { podId, publicKey, meterDriver: 'simulated' },
      };
    case 'rotated':
      return { ...node, type: 'KeyRotated', data: { podId, publicKey } };
    case 'revoked':
      return { ...node, type: 'NodeRevoked', data: { podId, reason: 'stolen' } };
    case 'statement': {
      const content = { setpointId: 's', podId, receivedAt: occurredAt, emsReceivedAt: occurredAt };
      const signature = signMessage(privateKey, canonicalJson(content));
      const data = { podId, content, signature, publicKey };
      const streamId = `statements-${podId}-2026-03`;
      return { streamId, type: 'SetpointReceiptSigned', data, occurredAt };
    }
    case 'packet': {
      const mtuStart = new Date(Date.parse('2026-03-17T00:00:00Z') + quarter * 900_000);
      const inputData = {
        ...{ podId, sequence, mtuStart: mtuStart.toISOString(), withdrawnWh: 5, injectedWh: 0 },
        ...{ reactiveVarh: 1, withdrawnTotalWh: 5, injectedTotalWh: 0 },
      };
      const text = canonicalJson(inputData);
      const signedHash = signMessage(privateKey, text);
      const data = { podId, sequence, inputData, hash: sha256Hex(text), signedHash };
      const streamId = `meter-${podId}-2026-03`;
      return { streamId, type: 'MeasurementRecorded', data, occurredAt };
    }
  }
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  kind: fc.oneof(
    { weight: 8, arbitrary: fc.constant('packet' as const) },
    { weight: 3, arbitrary: fc.constant('statement' as const) },
    { weight: 1, arbitrary: fc.constantFrom('enrolled', 'revoked', 'rotated') },
  ),
  pod: fc.nat(1),
  key: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { arbitrary: fc.nat(2), weight: 1 }),
  sequence: fc.nat(8),
  quarter: fc.nat(8),
  occurredAt: fc.constantFrom(AFTERWARDS, '2026-03-17T12:05:00.000Z', '2026-03-17T01:00:00.000Z'),
});

/** A change of a row that its own hashes may or may not show. */
const change = fc.record({
  at: fc.nat(),
  column: fc.constantFrom('position', 'revision', 'id', 'recordedAt', 'data', 'hash', 'streamId'),
  isRehashed: fc.boolean(),
});

function changed(
  rows: readonly StoredRow[],
  { at, column, isRehashed }: { at: number; column: string; isRehashed: boolean },
): StoredRow[] {
  return rows.map((row, index) => {
    if (index !== at % rows.length) return row;
    const other = {
      ...{ position: row.position + 1, revision: 7, id: rows[0]!.id, hash: 'f'.repeat(64) },
      ...{ recordedAt: '2026-03-17', streamId: 'session-1' },
      data: row.data.replace(/[0-9]/, (digit) => (digit === '1' ? '2' : '1')),
    }[column];
    const made = { ...row, [column]: other } as StoredRow;
    return isRehashed ? rehashed(tools.sha256, made) : made;
  });
}

async function* asEvents(rows: readonly StoredRow[]) {
  for (const row of rows) {
    try {
      yield await Promise.resolve(eventIn(row));
    } catch {
      // as far as it can be read
    }
  }
}

const logOf = (rows: readonly StoredRow[]): StoredRows => ({
  rows: () => rows,
  faults: [],
  rowFault: () => undefined,
});

/** Each row as it is stored. */
function whole(rows: readonly StoredRow[]): StretchedLog {
  return {
    ...logOf(rows),
    async *stretches(examination: Examination) {
      for await (const some of inStretches(rows)) {
        const examined = await examineStretch(some, examination, tools, () => true);
        yield { examined, storedRow: (at) => some[at]! };
      }
    },
  };
}

async function basisOf(rows: readonly StoredRow[]): Promise<AuditBasis> {
  return { contents: await contentsOf(asEvents(rows)), chain: 'none', sessionId: undefined };
}

const beginning = PODS.map((_, pod) =>
  eventOf({ kind: 'enrolled', pod, key: 0, sequence: 0, quarter: 0, occurredAt: AFTERWARDS }),
);

it('the report is that of all rows seen as they are stored', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(drawn, { minLength: 1, maxLength: 25 }),
      fc.option(change),
      async (steps, made) => {
        const log = smallLog([...beginning, ...steps.map(eventOf)]);
        const rows = made ? changed(log, made) : log;
        const basis = await basisOf(rows);
        const taken = await auditStretches(stretchesHere(logOf(rows), tools), basis, tools);
        expect(taken).toEqual(await auditStretches(whole(rows), basis, tools));
      },
    ),
    { numRuns: 150 },
  );
});

it('takes what is signed with the key that came last, and shows the rest as it is stored', async () => {
  const at = { pod: 0, occurredAt: AFTERWARDS };
  const rows = smallLog([
    ...beginning,
    eventOf({ ...at, kind: 'packet', key: 0, sequence: 0, quarter: 0 }),
    eventOf({ ...at, kind: 'packet', key: 1, sequence: 1, quarter: 1 }),
    eventOf({ ...at, kind: 'statement', key: 0, sequence: 0, quarter: 0 }),
    eventOf({ ...at, kind: 'statement', key: 1, sequence: 0, quarter: 0 }),
  ]);
  const { contents } = await basisOf(rows);
  const examined = (isSuspect: boolean) =>
    examineStretch(rows, examinationOf(contents, undefined), tools, () => isSuspect);
  expect([...(await examined(false)).isSound]).toEqual([0, 0, 1, 0, 1, 0]);
  expect([...(await examined(true)).isSound]).toEqual([0, 0, 0, 0, 0, 0]);
});

it('where a signature cannot be verified its packet is told of, and the audit goes on', async () => {
  const at = { pod: 0, occurredAt: AFTERWARDS, key: 0, sequence: 0, quarter: 0 };
  const rows = smallLog([...beginning, eventOf({ ...at, kind: 'packet' })]);
  const broken = { ...tools, verifyP256: () => Promise.reject(new Error('the thread is gone')) };
  const report = await auditStretches(
    stretchesHere(logOf(rows), broken),
    await basisOf(rows),
    broken,
  );
  const { failures } = report.checks.find(({ name }) => name === 'signatures')!;
  expect(failures.map(({ reason }) => reason)).toEqual([
    'it cannot be checked: the thread is gone',
  ]);
});

it('of a session that is scheduled twice the packets of both are seen as they are stored', async () => {
  const session = { sessionId: 'a', deliveryStart: '2026-03-17T00:00:00.000Z', mtuCount: 1 };
  const again = { ...session, deliveryStart: '2026-03-17T00:30:00.000Z', mtuCount: 2 };
  const packets = [0, 1, 2, 3, 4].map((quarter) =>
    eventOf({
      ...{ kind: 'packet', pod: 0, key: 0, occurredAt: AFTERWARDS },
      ...{ quarter, sequence: quarter },
    }),
  );
  const rows = smallLog([...beginning, ...packets]);
  const { contents } = await basisOf(rows);
  const sessions = [session, again] as unknown as typeof contents.sessions;
  const examination = examinationOf({ ...contents, sessions }, 'a');
  const { isSound } = await examineStretch(rows, examination, tools, () => false);
  expect([...isSound].slice(beginning.length)).toEqual([0, 0, 0, 0, 1]);
});
