/** Goal: an audit whose rows were looked at in threads says what one in a single thread says, of a damaged file too. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type AuditReport, auditRows, auditStretches, rehashed } from '@flexledger/audit';
import type { ProposedEvent, StoredRow } from '@flexledger/domain';
import { openSqliteEventStore } from '@flexledger/event-store';
import {
  canonicalJson,
  generateNodeKey,
  sha256,
  sha256Hex,
  signMessage,
  uuidFrom,
} from '@flexledger/identity';
import Database from 'libsql';
import { readContents } from './audit-log';
import { examinedApart } from './examined-apart';
import { createNodeTools } from './node-tools';
import { openStoredLog } from './stored-log';

const POD = 'IT002E00000001';
const NOW = '2026-03-17T10:00:00.000Z';
/** When the first quarter-hour begins. */
const FIRST = '2026-03-16T10:00:00.000Z';
const PACKETS = 40;
/** So many events that threads are worth it. */
const OTHERS = 17_000;
const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-examined-apart-'));
const sound = path.join(folder, 'sound.sqlite');
const changed = path.join(folder, 'changed.sqlite');

const proposed = (id: string, type: string, data: object): ProposedEvent => ({
  ...{ id: uuidFrom(id), type, schemaVersion: 1, occurredAt: NOW, actor: 'node' },
  ...{ correlationId: uuidFrom('correlation'), causationId: uuidFrom('cause'), data },
});

beforeAll(async () => {
  const store = openSqliteEventStore({ path: sound, clock: { nowMs: () => Date.parse(NOW) } });
  const { privateKey, publicKey } = generateNodeKey();
  const enrolment = { podId: POD, publicKey, meterDriver: 'simulated' };
  await store.append(`node-${POD}`, 'any', [proposed('node', 'NodeEnrolled', enrolment)]);
  const packet = (sequence: number): ProposedEvent => {
    const mtuStart = new Date(Date.parse(FIRST) + sequence * 900_000);
    const inputData = {
      ...{ podId: POD, sequence, mtuStart: mtuStart.toISOString(), withdrawnWh: 5, injectedWh: 0 },
      ...{ reactiveVarh: 1, withdrawnTotalWh: 5, injectedTotalWh: 0 },
    };
    const text = canonicalJson(inputData);
    const signedHash = signMessage(privateKey, text);
    const data = { podId: POD, sequence, inputData, hash: sha256Hex(text), signedHash };
    return { ...proposed(`packet ${sequence}`, 'MeasurementRecorded', data), schemaVersion: 2 };
  };
  for (let from = 0; from < OTHERS; from += 1_000) {
    const others = Array.from({ length: 1_000 }, (_, at) =>
      proposed(`other ${from + at}`, 'NodeConnected', { podId: POD }),
    );
    await store.append(`node-other-${from}`, 'any', others);
    const first = (from / OTHERS) * PACKETS;
    const last = ((from + 1_000) / OTHERS) * PACKETS;
    const packets = Array.from({ length: PACKETS }, (_, sequence) => sequence)
      .filter((sequence) => sequence >= first && sequence < last)
      .map(packet);
    if (packets.length > 0) await store.append(`meter-${POD}-2026-03`, 'any', packets);
  }
  await store.close();
});

beforeEach(() => copyFileSync(sound, changed));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What both say of the file. */
async function reports(): Promise<{ here: AuditReport; apart: AuditReport }> {
  const log = openStoredLog(changed);
  try {
    const tools = createNodeTools();
    const contents = await readContents(log);
    const basis = { contents, chain: 'none', sessionId: undefined };
    const head = await log.store.head();
    const apart = await auditStretches(examinedApart({ log, head, contents }, tools), basis, tools);
    return { here: await auditRows(log, basis, tools), apart };
  } finally {
    await log.close();
  }
}

const found = (report: AuditReport, name: string) =>
  report.checks.find((check) => check.name === name)!;

it('of a sound log', async () => {
  const { here, apart } = await reports();
  expect(apart).toEqual(here);
  expect(found(apart, 'hashes')).toMatchObject({ ok: true, count: OTHERS + PACKETS + 1 });
  expect(found(apart, 'signatures')).toMatchObject({ ok: true, count: PACKETS });
});

it.each([
  [
    'a packet that its node has not signed',
    `data = replace(data, '"signedHash":"', '"signedHash":"0')`,
  ],
  ['a byte that is no UTF-8', `data = CAST(replace(data, 'IT', x'ff') AS TEXT)`],
  ['a text that is stored as a blob', 'data = CAST(data AS BLOB)'],
  ['a hash that is another', `hash = 'f'`],
])('of %s', async (_, change) => {
  const db = new Database(changed);
  db.exec(`UPDATE events SET ${change} WHERE position =
    (SELECT position FROM events WHERE type = 'MeasurementRecorded' LIMIT 1 OFFSET 20)`);
  db.close();
  const { here, apart } = await reports();
  expect(apart).toEqual(here);
  expect(found(apart, 'hashes').failed).toBe(1);
});

/** Changes the packet of a sequence, with the hashes of what it is then: who has the disk can do that. */
function rewritePacket(sequence: number, change: (row: StoredRow) => Partial<StoredRow>): void {
  const log = openStoredLog(changed);
  const row = [...log.rows()].find(({ data }) => data.includes(`"sequence":${sequence},`))!;
  void log.close();
  const made = rehashed(sha256, { ...row, ...change(row) });
  const names = Object.keys(made) as (keyof StoredRow)[];
  const db = new Database(changed);
  db.prepare(`UPDATE events SET ${names.map((name) => `${name} = ?`)} WHERE position = ?`).run(
    ...names.map((name) => made[name]),
    row.position,
  );
  db.close();
}

/** What may be wrong with a packet that is what its hashes say, and how it is told. */
const WRONG: readonly (readonly [(row: StoredRow) => Partial<StoredRow>, RegExp])[] = [
  [() => ({ streamId: 'meter-x-2026-03' }), /its stream is not that of PoD/],
  [() => ({ revision: 1_000 }), /revision \d+ to 999 are missing/],
  [() => ({ recordedAt: FIRST }), /before the quarter-hour from .* was over/],
  [() => ({ occurredAt: 'yesterday' }), /its occurredAt \\"yesterday\\" is no instant/],
  [
    ({ data }) => ({ data: data.replace('"withdrawnWh":5', '"withdrawnWh":6') }),
    /its hash is not that of its input data/,
  ],
  [
    ({ data }) => ({ data: data.replaceAll(`"podId":"${POD}"`, '"podId":5') }),
    /its stream is not that of PoD 5/,
  ],
  // Nothing is said of those behind it.
  [() => ({ schemaVersion: 99 }), /version 99/],
];

it('of packets with whatever is wrong, and hashes of it', async () => {
  WRONG.forEach(([change], index) => rewritePacket(10 + index, change));
  const { here, apart } = await reports();
  expect(apart).toEqual(here);
  const told = JSON.stringify(apart);
  for (const [, reason] of WRONG) expect(told).toMatch(reason);
});

it('of a file that the threads cannot open', async () => {
  const db = new Database(changed);
  db.exec('PRAGMA application_id = 1');
  db.close();
  const { here, apart } = await reports();
  expect(apart).toEqual(here);
  expect(found(apart, 'order').count).toBe(OTHERS + PACKETS + 1);
  expect(JSON.stringify(apart)).toMatch(/the platform would refuse the file/);
});

/** Of the file, the page on which a text of a row stands. */
function damagePageOf(text: string): void {
  const bytes = readFileSync(changed);
  const pageBytes = bytes.readUInt16BE(16);
  const page = Math.floor(bytes.indexOf(text) / pageBytes);
  writeFileSync(changed, bytes.fill(0, page * pageBytes, (page + 1) * pageBytes));
}

it('of rows that are gone, and of a file that cannot be read to its end', async () => {
  const db = new Database(changed);
  db.exec('DELETE FROM events WHERE position BETWEEN 5000 AND 9000');
  db.close();
  const missing = await reports();
  expect(missing.apart).toEqual(missing.here);
  expect(found(missing.apart, 'order').ok).toBe(false);

  copyFileSync(sound, changed);
  damagePageOf('"sequence":20,');
  const damaged = await reports();
  expect(damaged.apart).toEqual(damaged.here);
  expect(JSON.stringify(damaged.apart)).toMatch(/events could be read, then/);
});
