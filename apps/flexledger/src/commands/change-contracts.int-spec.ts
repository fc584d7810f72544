/** Goal: contracts are changed only while no process of the platform could write to those of before. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chainFile } from '@flexledger/contracts';
import { openSqliteEventStore } from '@flexledger/event-store';
import { wallClock } from '@flexledger/runtime';
import { logFile } from '../platform/data-folder';
import { changeLogContracts } from './change-contracts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'flexledger-change-contracts-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const change = () => changeLogContracts({ data: dataDir, reason: 'another release', json: true });

it('refused while a process runs on the folder, and nothing is made there', async () => {
  await openSqliteEventStore({ path: logFile(dataDir), clock: wallClock }).close();
  await expect(change()).rejects.toThrow('names no contracts yet');
  const { pid } = process;
  const running = { instance: 'market', version: '', pid, url: null, platforms: [], mqtt: null };
  writeFileSync(path.join(dataDir, 'instance-market.json'), JSON.stringify(running));
  await expect(change()).rejects.toThrow(
    `while market (process ${pid}) runs on it; stop every process of the platform first`,
  );
  expect(existsSync(chainFile(dataDir))).toBe(false);
});

it('refused where there is no log', async () => {
  await expect(change()).rejects.toThrow(dataDir);
});
