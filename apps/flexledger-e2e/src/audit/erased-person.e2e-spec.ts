/**
 * A person is erased from a log that is sealed (D3.3 A.5.1): the key is gone from the folder and nobody can read
 * what stands in the log, and the audit of the whole log holds as before, the person's events included.
 */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { auditLog } from '@flexledger/audit-cli';
import { logFile } from '@flexledger/event-store';
import Database from 'libsql';
import { type ServedDay, serveSimulatedDay } from '../testing/served-day';
import { checkOf, failing } from './testing/simulated-day';

const PERSON = '/api/v1/persons/p-1';
const fields = {
  name: 'Mario Rossi-Unmistakable',
  address: 'Via Appia 1',
  contact: 'mario@example.org',
  podIds: [],
};

let served: ServedDay;
beforeAll(async () => {
  served = await serveSimulatedDay(4);
});
afterAll(() => served.close());

/** What a query of a database of the folder gives. */
function rowsOf<Row>(file: string, sql: string): readonly Row[] {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare(sql).all([]) as Row[];
  } finally {
    db.close();
  }
}

const eventsOf = (type: string) =>
  rowsOf<{ position: number; data: string }>(
    logFile(served.dataDir),
    `SELECT position, data FROM events WHERE type = '${type}'`,
  );

it('holds, and says no less of what it has checked', async () => {
  const holder = served.as('aggregator:AGG1');
  expect((await holder.put(PERSON, fields)).status).toBe(200);
  expect((await holder.get(PERSON)).body).toMatchObject({ status: 'recorded', fields });
  const identity = path.join(served.dataDir, 'identity.sqlite');
  const [key] = rowsOf<{ keyHex: string }>(identity, 'SELECT keyHex FROM persons');
  expect((await holder.delete(PERSON)).status).toBe(204);
  expect((await holder.get(PERSON)).body).toMatchObject({ status: 'erased', fields: null });
  // A checkpoint of the certifier's covers both events before it is looked at.
  await served.pass(3_600);
  await served.stop();

  const [recorded] = eventsOf('PersonRecorded');
  const [erased] = eventsOf('PersonErased');
  expect(recorded).toBeDefined();
  expect(erased).toBeDefined();
  for (const file of readdirSync(served.dataDir, { withFileTypes: true })) {
    if (!file.isFile()) continue;
    const text = readFileSync(path.join(served.dataDir, file.name), 'latin1');
    for (const secret of [fields.name, fields.address, fields.contact, key!.keyHex]) {
      expect([file.name, text.includes(secret)]).toEqual([file.name, false]);
    }
  }

  const report = await auditLog({ dataDir: served.dataDir }, () => {});
  expect(failing(report)).toEqual([]);
  expect(report.ok).toBe(true);
  const [{ n: events }] = rowsOf<{ n: number }>(
    logFile(served.dataDir),
    'SELECT count(*) AS n FROM events',
  ) as [{ n: number }];
  expect(checkOf(report, 'hashes').count).toBe(events);
  const [sealed] = rowsOf<{ data: string }>(
    logFile(served.dataDir),
    "SELECT data FROM events WHERE type = 'CheckpointSealed' ORDER BY position DESC LIMIT 1",
  ) as [{ data: string }];
  const { lastPosition } = JSON.parse(sealed.data) as { lastPosition: number };
  expect(lastPosition).toBeGreaterThanOrEqual(erased!.position);
});

it('does not hold once the sealed text is changed, though nobody can read it', async () => {
  const [{ position, data }] = eventsOf('PersonRecorded') as [{ position: number; data: string }];
  const forged = data.replace(/"sealed":"(.)/, (_, first: string) => {
    return `"sealed":"${first === 'A' ? 'B' : 'A'}`;
  });
  expect(forged).not.toBe(data);
  const db = new Database(logFile(served.dataDir));
  db.prepare('UPDATE events SET data = ? WHERE position = ?').run([forged, position]);
  db.close();
  const report = await auditLog({ dataDir: served.dataDir }, () => {});
  expect(report.ok).toBe(false);
  expect(failing(report)).toContain('hashes');
});
