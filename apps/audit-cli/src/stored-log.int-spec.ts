/**
 * Damage of the file: whatever byte of a row is changed in a real log, the row is named, also where
 * reading its columns as text and numbers would not show it.
 */
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LogDamaged, type StoredRow, openSqliteEventStore } from '@flexledger/event-store';
import { sha256, uuidFrom } from '@flexledger/identity';
import fc from 'fast-check';
import Database from 'libsql';
import { examineRow } from '@flexledger/audit';
import { openStoredLog } from './stored-log';

const EVENTS = 60;
const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-stored-log-'));
const sound = path.join(folder, 'sound.sqlite');
const changed = path.join(folder, 'changed.sqlite');
let rows: readonly StoredRow[];

beforeAll(async () => {
  const clock = { nowMs: () => Date.parse('2026-03-17T10:00:00.000Z') };
  const store = openSqliteEventStore({ path: sound, clock });
  for (let index = 0; index < EVENTS; index += 1) {
    const id = uuidFrom(`event/${index}`);
    const event = {
      id,
      type: 'PodUnregistered',
      schemaVersion: 1,
      occurredAt: '2026-03-17T09:59:59.000Z',
      correlationId: uuidFrom('correlation'),
      causationId: id,
      actor: 'aggregator:AGG1',
      data: { podId: `IT002E000000${index}`, reason: 'perché \ufffd' },
    };
    await store.append(`pod-${index % 7}`, 'any', [event]);
  }
  rows = [...store.readRawRows()];
  await store.close();
});

beforeEach(() => copyFileSync(sound, changed));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Positions of the rows that do not hold, and what is said of the file. */
async function faultsOf(file: string): Promise<{ rows: number[]; file: readonly string[] }> {
  const log = openStoredLog(file);
  const unsound = [...log.rows()].filter(
    (row) => examineRow(sha256, row).fault ?? log.rowFault(row),
  );
  await log.close();
  return { rows: unsound.map(({ position }) => position), file: log.faults };
}

async function afterSql(sql: string): ReturnType<typeof faultsOf> {
  const db = new Database(changed);
  db.exec(sql);
  db.close();
  return faultsOf(changed);
}

it('finds nothing in a sound log', async () => {
  expect(await faultsOf(sound)).toEqual({ rows: [], file: [] });
});

describe('one byte of one row', () => {
  const columns = Object.entries({
    id: 'TEXT',
    streamId: 'TEXT',
    revision: 'INTEGER',
    type: 'TEXT',
    schemaVersion: 'INTEGER',
    occurredAt: 'TEXT',
    recordedAt: 'TEXT',
    correlationId: 'TEXT',
    causationId: 'TEXT',
    actor: 'TEXT',
    data: 'TEXT',
    hash: 'TEXT',
    checksum: 'TEXT',
  });

  it('shows at that row, whichever column and byte it is', async () => {
    const db = new Database(changed);
    const change = fc.record({
      column: fc.constantFrom(...columns),
      position: fc.integer({ min: 0, max: EVENTS - 1 }),
      at: fc.nat(),
      byte: fc.integer({ min: 0, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ column: [column, kind], position, at, byte }) => {
        const where = `WHERE position = ${position}`;
        const read = db.prepare(`SELECT hex(CAST(${column} AS BLOB)) FROM events ${where}`).raw();
        const [[before]] = read.all() as [[string]];
        const bytes = Buffer.from(before, 'hex');
        const index = at % bytes.length;
        fc.pre(bytes[index] !== byte);
        bytes[index] = byte;
        const set = (hex: string): string =>
          `UPDATE OR IGNORE events SET ${column} = CAST(X'${hex}' AS TEXT) ${where}`;
        db.exec(set(bytes.toString('hex')));
        const [[after]] = read.all() as [[string]];
        // As a number, or in place of another of the same stream and revision, it may not be taken.
        fc.pre(after !== before);
        expect(kind === 'TEXT' ? after : '').toBe(
          kind === 'TEXT' ? bytes.toString('hex').toUpperCase() : '',
        );
        expect((await faultsOf(changed)).rows).toEqual([position]);
        db.exec(set(before));
      }),
      { numRuns: 60 },
    );
    db.close();
  });

  it('shows in the position', async () => {
    const found = await afterSql('UPDATE events SET position = 99 WHERE position = 30');
    expect(found.rows).toEqual([99]);
  });

  it('shows where it is read as the same text, or the same number', async () => {
    const blob = await afterSql('UPDATE events SET actor = CAST(actor AS BLOB) WHERE position = 7');
    expect(blob.rows).toEqual([7]);
    const text = await afterSql("UPDATE events SET schemaVersion = '1x' WHERE position = 8");
    expect(text.rows).toEqual([7, 8]);
    // EF BF BD and F0 BF BD, which is no UTF-8, are both read as U+FFFD.
    const replaced = await afterSql(`UPDATE events SET data = CAST(
      replace(CAST(data AS BLOB), X'EFBFBD', X'F0BFBD') AS TEXT) WHERE position = 9`);
    expect(replaced.rows).toEqual([7, 8, 9]);
  });

  it('shows where only an index of the file holds it', async () => {
    const { id, position } = rows[40]!;
    const bytes = readFileSync(sound);
    const places: number[] = [];
    for (let at = bytes.indexOf(id); at >= 0; at = bytes.indexOf(id, at + 1)) places.push(at);
    // The id stands in its row, as its own cause, and in the index.
    expect(places).toHaveLength(3);
    for (const place of places) {
      const other = Buffer.from(bytes);
      other[place] = other[place] === 0x30 ? 0x31 : 0x30;
      writeFileSync(changed, other);
      expect((await faultsOf(changed)).rows).toContain(position);
    }
  });

  it.each([
    ['first', 0],
    ['last', EVENTS - 1],
  ])('shows in the %s row, at which the store would refuse the log', async (_, position) => {
    const found = await afterSql(`UPDATE events SET actor = 'dso' WHERE position = ${position}`);
    expect(found.rows).toEqual([position]);
  });
});

describe('the file', () => {
  it('is told of what is not of one row', async () => {
    const found = await afterSql('DELETE FROM events WHERE position = 0; CREATE TABLE more (x)');
    expect(found).toEqual({ rows: [], file: [expect.stringMatching(/tables are not those/)] });
  });

  it('that misses its last byte is read as far as it goes', async () => {
    truncateSync(changed, readFileSync(sound).length - 1);
    const found = await faultsOf(changed);
    expect(found.file[0]).toMatch(/it is truncated to/);
  });

  it('that is none, is cut off, or is of another kind is refused', () => {
    const refused = () => expect(() => openStoredLog(changed)).toThrow(LogDamaged);
    truncateSync(changed, 1_000);
    refused();
    truncateSync(changed, 0);
    refused();
    writeFileSync(changed, 'no database '.repeat(1_000));
    refused();
    rmSync(changed);
    refused();
  });
});
