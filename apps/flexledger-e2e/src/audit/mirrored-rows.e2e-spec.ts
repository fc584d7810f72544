/**
 * Two organisations that both certify: what one took from the other's market stands under its own checkpoints
 * and anchors, and what the other decided is not computed again from it.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type AuditReport, rehashed } from '@flexledger/audit';
import { openStoredLog } from '@flexledger/audit-cli';
import { loadConfig, openPlatform } from '@flexledger/composer';
import { logFile } from '@flexledger/event-store';
import { sha256 } from '@flexledger/identity';
import { wallClock, freePort } from '@flexledger/runtime';
import { loadRulePack, openTokens, publishedGridOf } from '@flexledger/service-kit';
import Database from 'libsql';
import { DATE, type ServedDay, serveSimulatedDay } from '../testing/served-day';
import { followMarket } from './testing/followed-market';
import { runAudit } from './testing/run-audit';

const PARTIES = ['dso', 'aggregator:AGG1'];

let folder: string;
let market: ServedDay;
const inFolder = (name: string): string => path.join(folder, name.replace(':', '-'));

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-both-certify-'));
  market = await serveSimulatedDay(6);
  for (const party of PARTIES) {
    const dataDir = inFolder(party);
    mkdirSync(dataDir);
    const platform = await openCertifying(dataDir, party);
    try {
      const { certifier } = platform.certifier!;
      await certifier.start();
      await followMarket(market, party, dataDir);
      await certifier.seal();
    } finally {
      await platform.close();
    }
  }
});
afterAll(async () => {
  await market.close();
  rmSync(folder, { recursive: true });
});

/** A log with checkpoints and anchors of its own: another origin, another key, another chain. */
async function openCertifying(dataDir: string, party: string): ReturnType<typeof openPlatform> {
  const config = loadConfig({
    flags: {
      dataDir,
      platforms: ['certifier'],
      // Others of this machine may have the usual one.
      chain: { port: await freePort() },
      certifier: { origin: `${party.replace(':', '-')}.example` },
    },
  });
  const rules = loadRulePack('platone');
  const timers = { at: () => () => {} };
  return openPlatform({
    config,
    clock: wallClock,
    timers,
    rules,
    grid: publishedGridOf(config.dso.grid, rules.rulePack),
    mode: 'drain',
    expectedNodes: 6,
    tokenOf: (await openTokens(dataDir)).tokenOf,
    onProblem(problem) {
      throw new Error(problem);
    },
  });
}

async function auditOf(dataDir: string): Promise<AuditReport> {
  const { text } = await runAudit('--data', dataDir, '--all', '--json');
  return JSON.parse(text) as AuditReport;
}
const failedIn = ({ checks }: AuditReport): unknown[] =>
  checks.filter(({ ok }) => !ok).map(({ name, failures }) => [name, failures[0]]);
const countOf = ({ checks }: AuditReport, name: string): number =>
  checks.find((check) => check.name === name)!.count;

it.each(PARTIES)('the log of %s holds, and says what it does not compute again', async (party) => {
  const report = await auditOf(inFolder(party));
  expect(failedIn(report)).toEqual([]);
  for (const name of ['gates', 'clearing', 'validation', 'settlement', 'tokens']) {
    expect([name, countOf(report, name)]).toEqual([name, 0]);
  }
  expect(countOf(report, 'signatures')).toBeGreaterThan(0);
  expect(countOf(report, 'inclusion')).toBeGreaterThan(100);
  const lines = report.notExcluded.filter((line) => line.includes('market'));
  expect(lines).toEqual([
    expect.stringMatching(/^that \d+ events taken from "market" .* --against market=FOLDER\)$/),
  ]);
});

it('the market’s own log is computed again whole', async () => {
  const report = await auditOf(market.dataDir);
  expect(failedIn(report)).toEqual([]);
  expect(countOf(report, 'clearing')).toBeGreaterThan(0);
  expect(countOf(report, 'tokens')).toBeGreaterThan(0);
  expect(report.notExcluded.join()).not.toContain('taken from');
});

it('a taken row that is altered after it was certified is named all the same', async () => {
  const dataDir = inFolder('dso');
  const log = openStoredLog(logFile(dataDir));
  const row = [...log.rows()].find(({ type }) => type === 'OutcomeSentForValidation')!;
  await log.close();
  const db = new Database(logFile(dataDir));
  const write = (now: typeof row): void =>
    void db
      .prepare('UPDATE events SET data = ?, hash = ?, checksum = ? WHERE position = ?')
      .run(now.data, now.hash, now.checksum, row.position);
  write(rehashed(sha256, { ...row, data: row.data.replace('"round":0', '"round":9') }));
  const report = await auditOf(dataDir);
  write(row);
  db.close();
  expect(failedIn(report)).toEqual(
    expect.arrayContaining([
      [expect.stringMatching(/^(checkpoints|inclusion)$/), expect.anything()],
    ]),
  );
});

it('a session of another market is not audited here, but named as that', async () => {
  const { body } = await market.as('dso').get(`/api/v1/sessions?date=${DATE}`);
  const session = body.items[0].sessionId as string;
  await expect(runAudit('--data', inFolder('dso'), session)).rejects.toThrow(
    `Session "${session}" was taken from "market", whose market decided it`,
  );
});
