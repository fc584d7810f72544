/** Goal: the bundle of a party shows it no more than it may see. Method: a day that an earlier release made. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { logFile } from '@flexledger/event-store';
import { repositoryRoot } from '@flexledger/service-kit';
import { makeBundle } from './make-bundle';
import { openStoredLog } from './stored-log';

let dataDir: string;
beforeAll(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'make-bundle-'));
  const kept = path.join(repositoryRoot(), 'infra/releases/0.1.0/day-20/events.sqlite.gz');
  writeFileSync(logFile(dataDir), gunzipSync(readFileSync(kept)), { mode: 0o600 });
});
afterAll(() => rmSync(dataDir, { recursive: true }));

it('shows the TSO of nodes whose measurements it sees their keys alone', async () => {
  const { events } = await makeBundle(dataDir, 'TSO');
  const types = new Set(events.map(({ row }) => row.type));
  expect(types).toContain('MeasurementRecorded');
  const ofNodes = events.filter(({ row }) => row.streamId.startsWith('node-'));
  expect(new Set(ofNodes.map(({ row }) => row.type))).toEqual(new Set(['NodeEnrolled']));
  const log = openStoredLog(logFile(dataDir));
  const held = new Set<string>();
  for (const { type, streamId } of log.rows()) if (streamId.startsWith('node-')) held.add(type);
  await log.close();
  expect(held).toContain('NodeConnected');
});
