/**
 * What somebody can do who holds the operator's key, disk and chain, and what a trust file kept elsewhere
 * says of it. The log and chain of each forgery agree with each other.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TrustPolicy, auditBundle } from '@flexledger/audit';
import {
  auditLog,
  createNodeTools,
  exportTrust,
  makeBundle,
  readTrustFile,
} from '@flexledger/audit-cli';
import { UsageError } from '@flexledger/command-line';
import { chainFile, startAnvil } from '@flexledger/contracts';
import type { RecordedEvent } from '@flexledger/domain';
import { logFile, openSqliteEventStore } from '@flexledger/event-store';
import { uuidFrom } from '@flexledger/identity';
import { sleep, wallClock } from '@flexledger/runtime';
import { repositoryRoot } from '@flexledger/service-kit';
import Database from 'libsql';
import { checkOf, failing } from './testing/simulated-day';
import { continueDay, openOldDay, registerPod } from './testing/continued-day';
import { unpackReleasedDay } from './testing/released-day';
import { runAudit } from './testing/run-audit';

let folder: string;
let trust: TrustPolicy;
let file: string;
/** A day as the auditor saw it. */
let seen: string;
const inFolder = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-trust-'));
  const released = unpackReleasedDay('0.1.0');
  seen = inFolder('seen');
  cpSync(released.dataDir, seen, { recursive: true });
  released.remove();
  await continueDay(seen);
  file = inFolder('trust.json');
  writeFileSync(file, JSON.stringify(await exportTrust({ dataDir: seen })));
  await runAudit('--all', '--data', seen, '--trust', file);
  trust = readTrustFile(file);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** `flexledger up` until it answers, and its end. */
async function serveForAMoment(dataDir: string): Promise<void> {
  const cli = path.join(repositoryRoot(), 'apps/flexledger/bin/flexledger.js');
  const args = [cli, 'up', '--data', dataDir, '--port', '0', '--mqtt-port', '0', '--json'];
  const served = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(served, 'close');
  await once(served.stdout, 'data');
  // Sealed once at least, with whatever key it has then.
  await sleep(3_000);
  served.kill('SIGTERM');
  await ended;
}

function copyOf(dataDir: string, name: string): string {
  const copy = inFolder(name);
  cpSync(dataDir, copy, { recursive: true });
  return copy;
}

async function trustFaults(dataDir: string, rpcUrl?: string): Promise<string[]> {
  const report = await auditLog({ dataDir, trust, ...(rpcUrl && { rpcUrl }) });
  expect(failing(report)).toContain('trust');
  return checkOf(report, 'trust').failures.map(({ reason }) => reason);
}

it('the file remembers what an audit that held has seen', () => {
  expect(trust.lastCheckpoint!.size).toBeGreaterThan(2_000);
  expect(trust.lastCheckpoint!.root).toMatch(/^[0-9a-f]{64}$/);
});

it('the same log holds, and goes on holding; what is left is said', async () => {
  const { text, exitCode } = await runAudit('--all', '--data', seen, '--trust', file);
  expect(exitCode).toBe(0);
  expect(text.trim().split('\n').slice(-2)).toEqual([
    'The log holds.',
    expect.stringMatching(/^Not excluded: .* no witness is asked for\.$/),
  ]);
});

it('an older state of the log and of its chain is named', async () => {
  const older = unpackReleasedDay('0.1.0');
  try {
    expect(failing(await auditLog({ dataDir: older.dataDir }))).toEqual([]);
    expect(await trustFaults(older.dataDir)).toEqual([expect.stringContaining('it shrank')]);
  } finally {
    older.remove();
  }
});

it('another day continued with the same keys on the same chain is named', async () => {
  const released = unpackReleasedDay('0.1.0');
  const other = copyOf(released.dataDir, 'other-day');
  released.remove();
  // The same day goes on, but for one event more.
  await registerOnePod(other);
  expect(failing(await auditLog({ dataDir: other }))).toEqual([]);
  const [fault] = await trustFaults(other);
  expect(fault).toMatch(/it shrank|it was made anew/);
});

it('a simulated day that is served signs with a key of its own, which the trusted one lets follow', async () => {
  const copy = copyOf(seen, 'served');
  await serveForAMoment(copy);
  const report = await auditLog({ dataDir: copy, trust });
  expect(failing(report)).toEqual([]);
  expect(checkOf(report, 'trust').note).toContain('the log went over to another key');
  const exported = await exportTrust({ dataDir: copy });
  const { logKey } = exported;
  expect(logKey).not.toBe(trust.logKey);
  // What was bundled before the key was another holds by the file that was exported after it.
  const bundle = await makeBundle(seen, 'IT002E60000001/40');
  const audited = (by: TrustPolicy) =>
    auditBundle(bundle, { trust: by, chain: 'not asked' }, createNodeTools());
  expect(exported.formerKeys?.map(({ key }) => key)).toEqual([trust.logKey]);
  expect(failing(await audited(exported))).toEqual([]);
  expect(failing(await audited({ ...exported, formerKeys: [] }))).toContain('checkpoints');
  // Who trusts the new key is shown what came before it too; not so a log that never went over to it.
  expect(failing(await auditLog({ dataDir: copy, trust: { ...trust, logKey } }))).toEqual([]);
  expect(failing(await auditLog({ dataDir: seen, trust: { ...trust, logKey } }))).toEqual([
    'trust',
  ]);
  await serveForAMoment(copy);
  expect((await exportTrust({ dataDir: copy })).logKey).toBe(logKey);
});

it('what somebody with the disk alone has written behind the last checkpoint is not exported, and is told', async () => {
  const copy = copyOf(seen, 'unsealed');
  const store = openSqliteEventStore({ path: logFile(copy), clock: wallClock });
  let started: RecordedEvent | undefined;
  for await (const event of store.readAll({ filter: { types: ['CertifierStarted'] } })) {
    started = event;
  }
  const id = uuidFrom('written behind');
  const { type, schemaVersion, occurredAt, actor, data } = started!;
  const recoveryKey = `${trust.origin}+00000000+${'A'.repeat(44)}`;
  const written = { type, schemaVersion, occurredAt, actor, data: { ...data, recoveryKey } };
  await store.append('certification', 'any', [
    { id, correlationId: id, causationId: id, ...written },
  ]);
  await store.close();
  const leftOut: string[] = [];
  const exported = await exportTrust({ dataDir: copy }, (words) => leftOut.push(words));
  expect(exported.recoveryKey).toBeUndefined();
  expect(exported).toEqual(await exportTrust({ dataDir: seen }));
  expect(leftOut).toEqual([expect.stringContaining(`the recovery key ${recoveryKey}`)]);
});

it('a chain made anew under the same id and with the same contracts is named', async () => {
  const copy = copyOf(seen, 'fresh-chain');
  rmSync(chainFile(copy));
  const anvil = await startAnvil({ stateFile: chainFile(copy) });
  try {
    const faults = await trustFaults(copy, anvil.rpcUrl);
    expect(faults).toContainEqual(expect.stringContaining('it was made anew'));
    expect(faults).toContainEqual(expect.stringContaining(trust.chain.anchorContract.address));
  } finally {
    await anvil.stop();
  }
});

it('without its chain nothing is said of it but that it was not checked', async () => {
  const copy = copyOf(seen, 'no-chain');
  rmSync(chainFile(copy));
  const report = await auditLog({ dataDir: copy, trust });
  expect(checkOf(report, 'trust')).toMatchObject({
    ok: true,
    note: expect.stringMatching(/^chain not checked: /) as string,
  });
  expect(report.notExcluded).toContainEqual(expect.stringContaining('the chain was not checked'));
});

it('times moved in the file, checksums and all, are named at their events', async () => {
  const copy = copyOf(seen, 'times');
  const db = new Database(logFile(copy));
  db.exec("UPDATE events SET recordedAt = '2026-03-16T08:00:00.000Z' WHERE position = 1500");
  db.close();
  const report = await auditLog({ dataDir: copy });
  expect(checkOf(report, 'times').failures).toMatchObject([{ position: 1500 }]);
});

describe('an opened folder', () => {
  const open = async (dataDir: string): Promise<void> => {
    await (await openOldDay(dataDir, '2026-03-30T08:00:00Z')).platform.close();
  };

  it.each([
    ['events.sqlite', /events\.sqlite is missing, though chain\.json is there/],
    ['chain.json', /chain\.json is missing, though the log names contracts/],
    ['keys.json', /keys\.json is missing, though the log was signed/],
  ])('without its %s is refused, and nothing is put in the place of it', async (name, reason) => {
    const copy = copyOf(seen, `without-${name}`);
    for (const part of [name, `${name}-wal`, `${name}-shm`]) {
      rmSync(path.join(copy, part), { force: true });
    }
    for (let tries = 0; tries < 2; tries += 1) await expect(open(copy)).rejects.toThrow(reason);
  });

  it('with keys of another log is refused before it signs anything', async () => {
    const copy = copyOf(seen, 'other-keys');
    const keys = JSON.parse(readFileSync(path.join(copy, 'keys.json'), 'utf8')) as object;
    const checkpointKey = `00${'7'.repeat(62)}`;
    writeFileSync(path.join(copy, 'keys.json'), JSON.stringify({ ...keys, checkpointKey }));
    await expect(open(copy)).rejects.toThrow(/The log is certified with publicKey/);
    expect(failing(await auditLog({ dataDir: copy, trust }))).toEqual([]);
  });
});

describe('a trust file that cannot be used', () => {
  it.each<[string, string | object, RegExp]>([
    ['is none', 'x', /cannot be used/],
    ['names nothing', {}, /must have required property 'origin'/],
    ['names more than there is', { extra: 1 }, /must NOT have additional properties/],
    ['has another key', { logKey: 'flexledger/rome+00000000+AAAA' }, /is no verifier key/],
    ['asks for more witnesses than it names', { witnesses: { quorum: 1, keys: [] } }, /nobody can/],
    ['was cut short', JSON.stringify({ format: 'x' }).slice(0, -1), /cannot be used/],
  ])('because it %s is refused by name', (_, change, reason) => {
    const broken = inFolder('broken.json');
    const whole = JSON.parse(readFileSync(file, 'utf8')) as object;
    const content =
      typeof change === 'string'
        ? change
        : JSON.stringify(Object.keys(change).length === 0 ? {} : { ...whole, ...change });
    writeFileSync(broken, content);
    expect(() => readTrustFile(broken)).toThrow(UsageError);
    expect(() => readTrustFile(broken)).toThrow(reason);
  });

  it('is asked for where it is not there', () => {
    expect(() => readTrustFile(inFolder('nothing.json'))).toThrow(/flexledger trust export/);
  });
});

/** A platform of today registers one PoD on a folder and seals. */
async function registerOnePod(dataDir: string): Promise<void> {
  const { platform } = await openOldDay(dataDir);
  try {
    await registerPod(platform, 'IT002E60008888');
    await platform.processors.drain();
    await platform.certifier.certifier.seal();
  } finally {
    await platform.close();
  }
}
