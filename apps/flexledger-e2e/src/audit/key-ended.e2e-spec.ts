/**
 * A key of the log that somebody else may have: the recovery key, kept offline, ends it. From the first start, which
 * names the recovery key, to auditors whose trust files follow.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TrustPolicy, auditBundle, readBundle } from '@flexledger/audit';
import {
  auditLog,
  createNodeTools,
  exportTrust,
  makeBundle,
  readTrustFile,
} from '@flexledger/audit-cli';
import { UsageError } from '@flexledger/command-line';
import { logCommand } from '@flexledger/composer';
import { ed25519KeyFrom, sha256, signEd25519 } from '@flexledger/identity';
import { parseCheckpoint, signCheckpoint } from '@flexledger/merkle-log';
import { VirtualClock, wallClock } from '@flexledger/runtime';
import type { ServedWhole } from '../testing/whole-platform';
import { type ReleasedDay, unpackReleasedDay } from './testing/released-day';
import { runAudit } from './testing/run-audit';
import { sealNews, serveReleasedDay } from './testing/served-released-day';
import { checkOf, failing } from './testing/simulated-day';

const MEASUREMENT = 'IT002E60000001/40';

let folder: string;
let day: ReleasedDay;
let recoveryKey: string;
/** Another takes its place where the key was ended, which is recorded by the machine's clock. */
let clock = new VirtualClock(Date.parse('2026-03-24T08:00:00Z'));
const file = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-key-ended-'));
  day = unpackReleasedDay('0.1.0');
  const made = await run('recovery-key', '--origin', 'flexledger/rome', '--out', file('recovery'));
  ({ recoveryKey } = made as { recoveryKey: string });
});
afterAll(() => {
  day.remove();
  rmSync(folder, { recursive: true });
});

/** `flexledger log ... --json`. @returns what it prints */
async function run(...args: readonly string[]): Promise<object> {
  const text: string[] = [];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text.push(String(chunk));
    return true;
  });
  try {
    await logCommand()
      .exitOverride()
      .parseAsync([...args, '--json'], { from: 'user' });
    return JSON.parse(text.join('')) as object;
  } finally {
    write.mockRestore();
  }
}

const serve = (recovery = recoveryKey): Promise<ServedWhole> =>
  serveReleasedDay(day, clock, { recoveryKey: recovery });

/** What somebody signs who has the folder's first key: a checkpoint of a log that is none. */
function forgedBy(checkpointKey: string, size: number): string {
  const { publicKey, privateKey } = ed25519KeyFrom(checkpointKey);
  const key = { name: 'flexledger/rome', publicKey: Buffer.from(publicKey, 'hex') };
  const root = sha256(Buffer.from('a log of the thief'));
  return signCheckpoint(sha256, { origin: key.name, size, root }, key, (message) =>
    signEd25519(privateKey, message),
  );
}

it('the recovery key is its owner’s alone, and never written over', async () => {
  expect(statSync(file('recovery')).mode & 0o777).toBe(0o600);
  const again = run('recovery-key', '--origin', 'flexledger/rome', '--out', file('recovery'));
  await expect(again).rejects.toThrow(/recovery cannot be written: .*EEXIST/);
});

it('nobody ends a key of a log that names no recovery key', async () => {
  const asked = run('ask-compromise', '--data', day.dataDir, '--out', file('early'));
  await expect(asked).rejects.toThrow(UsageError);
  await expect(asked).rejects.toThrow(/names no recovery key: nobody ends its key/);
});

it('is named at a start, for ever, and trust files know it', async () => {
  const served = await serve();
  await sealNews(served, 'IT002E60009701');
  const { recoveryKey: told } = (await (
    await fetch(`${served.url}/api/v1/log/key-changes`)
  ).json()) as { recoveryKey: string };
  await served.close();
  expect(told).toBe(recoveryKey);
  const trust = await exportTrust({ dataDir: day.dataDir });
  expect(trust.recoveryKey).toBe(recoveryKey);
  writeFileSync(file('trust.json'), JSON.stringify(trust));
  const { exitCode } = await runAudit(
    '--data',
    day.dataDir,
    '--all',
    '--trust',
    file('trust.json'),
  );
  expect(exitCode).toBe(0);
  const other = (await run(
    ...['recovery-key', '--origin', 'flexledger/rome', '--out', file('other')],
  )) as { recoveryKey: string };
  await expect(serve(other.recoveryKey)).rejects.toMatchObject({ code: 'another-certifier' });
});

describe('once it has ended the key', () => {
  let before: TrustPolicy;
  let stolen: string;
  let old: Awaited<ReturnType<typeof makeBundle>>;
  beforeAll(async () => {
    before = readTrustFile(file('trust.json'));
    const keys = JSON.parse(readFileSync(path.join(day.dataDir, 'keys.json'), 'utf8')) as {
      checkpointKey: string;
    };
    stolen = keys.checkpointKey;
    old = await makeBundle(day.dataDir, MEASUREMENT);
    await run('ask-compromise', '--data', day.dataDir, '--out', file('request'));
    const wrong = run(
      ...['sign-compromise', '--request', file('request'), '--key', file('other')],
      ...['--out', file('wrong')],
    );
    await expect(wrong).rejects.toThrow(/The request is for the recovery key/);
    await run(
      ...['sign-compromise', '--request', file('request'), '--key', file('recovery')],
      ...['--out', file('statement')],
    );
    const end = ['end-key', '--data', day.dataDir, '--statement', file('statement')];
    const ended = await run(...end);
    // A second time, as after a crash, changes nothing.
    expect(await run(...end)).toEqual(ended);
    clock = new VirtualClock(wallClock.nowMs());
    const served = await serve();
    await sealNews(served, 'IT002E60009702');
    await served.close();
  });

  it('the certifier goes on with the next one, and the audit holds', async () => {
    const report = await auditLog({ dataDir: day.dataDir, trust: before });
    expect(failing(report)).toEqual([]);
    expect(checkOf(report, 'checkpoints').note).toContain("the log's key was stated compromised");
  });

  it('a trust file follows it, and remembers how', async () => {
    await runAudit('--data', day.dataDir, '--all', '--trust', file('trust.json'));
    const after = readTrustFile(file('trust.json'));
    expect(after.logKey).not.toBe(before.logKey);
    expect(after.formerKeys).toEqual([
      { key: before.logKey, statement: readFileSync(file('statement'), 'utf8') },
    ]);
    expect(after).toEqual({
      ...(await exportTrust({ dataDir: day.dataDir })),
      lastCheckpoint: after.lastCheckpoint,
    });
  });

  it('bundles from before hold by it, and what its thief signs now does not', async () => {
    const trust = readTrustFile(file('trust.json'));
    const basis = { trust, chain: 'not asked' };
    const audited = (checkpoint: string) =>
      auditBundle(readBundle({ ...old, checkpoint }), basis, createNodeTools());
    expect(failing(await audited(old.checkpoint))).toEqual([]);
    const { size } = parseCheckpoint(readFileSync(file('statement'), 'utf8'));
    const [failure] = checkOf(await audited(forgedBy(stolen, size + 1)), 'checkpoints').failures;
    expect(failure!.reason).toContain('is not signed by');
    const made = await makeBundle(day.dataDir, MEASUREMENT);
    const report = await auditBundle(made, { ...basis, trust: before }, createNodeTools());
    expect(failing(report)).toEqual([]);
  });

  it('a log that names another recovery key than the trust file is named', async () => {
    const trust = readTrustFile(file('trust.json'));
    const report = await auditLog({
      dataDir: day.dataDir,
      trust: { ...trust, recoveryKey: before.logKey },
    });
    expect(checkOf(report, 'trust').failures[0]!.reason).toContain("the log's recovery key is");
  });
});
