/**
 * Time series of phasor readings, a row a device and second, in a SQLite file of the data folder that instances share.
 * They are telemetry and no evidence, so they stand beside the log and are kept for a while only.
 */
import { msFromIso } from '@flexledger/runtime';
import Database from 'libsql';
import { type PhasorReading, type ProcessedReading, processed } from '@flexledger/service-kit';

/** Readings of phasors of the last hours. */
export interface PhasorSeries {
  /** False where the reading of that device and instant stands already. */
  add(reading: PhasorReading): boolean;
  /** Of one device, rising in time, at most so many; `from` included, `until` not. */
  between(
    device: string,
    range: { readonly fromMs: number; readonly untilMs: number; readonly limit: number },
  ): ProcessedReading[];
  /** The last reading of each device that has one. */
  latest(): ProcessedReading[];
  close(): void;
}

const TABLES = `
  CREATE TABLE IF NOT EXISTS readings (
    device TEXT NOT NULL, atMs INTEGER NOT NULL, reading TEXT NOT NULL,
    PRIMARY KEY (device, atMs)) STRICT, WITHOUT ROWID`;
const BUSY_MS = 5_000;
const PRUNE_EVERY = 3_600;

/** The devices that have a reading, each found by one step in the key: there may be a million rows. */
const DEVICES = `
  WITH RECURSIVE devices(device) AS (
    SELECT min(device) FROM readings
    UNION ALL
    SELECT (SELECT min(device) FROM readings WHERE device > devices.device) FROM devices
      WHERE device IS NOT NULL)
  SELECT device FROM devices WHERE device IS NOT NULL`;
const NEWEST = 'SELECT max(atMs) FROM readings WHERE device = one.device';

/**
 * Opens the file, creating it where absent.
 *
 * @param keepMs how long before the newest reading of a device its readings are kept
 */
export function openPhasorSeries(path: string, keepMs: number): PhasorSeries {
  const db = new Database(path, { timeout: BUSY_MS });
  db.exec('PRAGMA journal_mode = WAL');
  // What a power cut takes of telemetry is a second or two.
  db.exec('PRAGMA synchronous = NORMAL');
  db.exec(TABLES);
  const insert = db.prepare('INSERT OR IGNORE INTO readings VALUES (?, ?, ?)');
  let added = 0;
  const rows = (sql: string, values: readonly (string | number)[]): ProcessedReading[] =>
    (db.prepare(sql).all([...values]) as { readonly reading: string }[]).map(({ reading }) =>
      processed(JSON.parse(reading) as PhasorReading),
    );
  return {
    add(reading) {
      const atMs = msFromIso(reading.at);
      const { changes } = insert.run([reading.device, atMs, JSON.stringify(reading)]);
      if (changes === 0) return false;
      added += 1;
      if (added % PRUNE_EVERY === 1) {
        const devices = db.prepare(DEVICES).all([]) as { readonly device: string }[];
        const prune = db.prepare(
          'DELETE FROM readings WHERE device = ?1 AND ' +
            'atMs < (SELECT max(atMs) FROM readings WHERE device = ?1) - ?2',
        );
        for (const { device } of devices) prune.run([device, keepMs]);
      }
      return true;
    },
    between: (device, { fromMs, untilMs, limit }) =>
      rows(
        'SELECT reading FROM readings WHERE device = ? AND atMs >= ? AND atMs < ? ORDER BY atMs LIMIT ?',
        [device, fromMs, untilMs, limit],
      ),
    latest: () =>
      rows(
        `SELECT reading FROM (${DEVICES}) AS one JOIN readings USING (device) ` +
          `WHERE readings.atMs = (${NEWEST}) ORDER BY device`,
        [],
      ),
    close: () => db.close(),
  };
}
