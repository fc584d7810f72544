/** Lies: a log's file as somebody changes it who means to say otherwise than he did. */
import { rehashed } from '@flexledger/audit';
import { openStoredLog } from '@flexledger/audit-cli';
import type { MirroredEvent, StoredRow } from '@flexledger/domain';
import { canonicalJson, sha256, uuidFrom } from '@flexledger/identity';
import Database from 'libsql';

/** Changes a log's file. */
export type Change = (file: string) => void;
/** Of an event. */
export type Data = Record<string, unknown>;

function inLog(file: string, change: (db: Database.Database, rows: StoredRow[]) => void): void {
  const log = openStoredLog(file);
  const rows = [...log.rows()];
  void log.close();
  const db = new Database(file);
  change(db, rows);
  db.close();
}
/** The first event of a type, of those that name somebody. */
function ofType(rows: readonly StoredRow[], type: string, naming = ''): StoredRow {
  const found = rows.find((row) => row.type === type && row.data.includes(naming));
  return found ?? fail(`There is no ${type} that names "${naming}"`);
}

/** The first event of a type is changed, of those that name somebody; `hash`: whoever does it computes its hash anew. */
export const changed =
  (type: string, edit: (data: Data) => void, hash: 'anew' | 'kept' = 'anew', naming = ''): Change =>
  (file) =>
    inLog(file, (db, rows) => {
      const row = ofType(rows, type, naming);
      const data = JSON.parse(row.data) as Data;
      edit(data);
      const now = { ...row, data: canonicalJson(data) };
      const { hash: newHash, checksum } = hash === 'anew' ? rehashed(sha256, now) : now;
      db.prepare('UPDATE events SET data = ?, hash = ?, checksum = ? WHERE position = ?').run(
        now.data,
        newHash,
        checksum,
        row.position,
      );
    });
/** It is taken out. */
export const dropped =
  (type: string, naming = ''): Change =>
  (file) =>
    inLog(file, (db, rows) => {
      const { position } = ofType(rows, type, naming);
      db.prepare('DELETE FROM events WHERE position = ?').run(position);
    });
/** It was stored an hour later than it was shown to be: no hash is over that. */
export const delayed =
  (type: string, naming = ''): Change =>
  (file) =>
    inLog(file, (db, rows) => {
      const row = ofType(rows, type, naming);
      const recordedAt = new Date(Date.parse(row.recordedAt) + 3_600_000).toISOString();
      const { checksum } = rehashed(sha256, { ...row, recordedAt });
      db.prepare('UPDATE events SET recordedAt = ?, checksum = ? WHERE position = ?').run(
        recordedAt,
        checksum,
        row.position,
      );
    });
/** It takes the place of another event, under an id of its own: of one that is not shown to whom it is told. */
export const doubled =
  (type: string, taken: string, naming = ''): Change =>
  (file) =>
    inLog(file, (db, rows) => {
      const [row, place] = [ofType(rows, type, naming), ofType(rows, taken)];
      const { position, streamId, revision } = place;
      const id = uuidFrom('doubled');
      const { hash, checksum } = rehashed(sha256, { ...row, id, position, streamId, revision });
      db.prepare(
        `UPDATE events SET id = ?, type = ?, schemaVersion = ?, occurredAt = ?, recordedAt = ?,
         correlationId = ?, causationId = ?, actor = ?, data = ?, hash = ?, checksum = ? WHERE position = ?`,
      ).run(
        id,
        row.type,
        row.schemaVersion,
        row.occurredAt,
        row.recordedAt,
        row.correlationId,
        row.causationId,
        row.actor,
        row.data,
        hash,
        checksum,
        position,
      );
    });
/** The last events are taken out. */
export const cutOff: Change = (file) =>
  inLog(file, (db, rows) => {
    db.prepare('DELETE FROM events WHERE position > ?').run(rows[rows.length - 400]!.position);
  });
/** The record of the mirror is changed where it speaks of a type. */
export const recorded =
  (type: string, edit: (events: MirroredEvent[], index: number) => void): Change =>
  (file) =>
    inLog(file, (db, rows) => {
      for (const row of rows) {
        if (row.type !== 'EventsMirrored') continue;
        const data = JSON.parse(row.data) as { events: MirroredEvent[] };
        const index = data.events.findIndex((event) => event.type === type);
        if (index < 0) continue;
        edit(data.events, index);
        const now = rehashed(sha256, { ...row, data: canonicalJson(data) });
        db.prepare('UPDATE events SET data = ?, hash = ?, checksum = ? WHERE position = ?').run(
          now.data,
          now.hash,
          now.checksum,
          row.position,
        );
        return;
      }
      fail(`There is no record of ${type}`);
    });

function fail(why: string): never {
  throw new Error(why);
}
