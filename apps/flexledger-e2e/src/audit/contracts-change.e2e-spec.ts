/**
 * A log that goes on with other contracts: a day of release 0.1.0, whose contracts have one key for everything, is served,
 * changed over to those of today, and served on. From the operator's command to auditors whose trust files follow.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type Bundle,
  type ChainSnapshot,
  type TrustPolicy,
  auditBundle,
  contentsOf,
  readBundle,
} from '@flexledger/audit';
import {
  auditLog,
  createNodeTools,
  exportTrust,
  makeBundle,
  openStoredLog,
  readChain,
  readTrustFile,
} from '@flexledger/audit-cli';
import { logCommand } from '@flexledger/composer';
import { logFile } from '@flexledger/event-store';
import { VirtualClock, wallClock } from '@flexledger/runtime';
import { type ReleasedDay, unpackReleasedDay } from './testing/released-day';
import { runAudit } from './testing/run-audit';
import { sealNews, serveReleasedDay } from './testing/served-released-day';
import { checkOf, failing } from './testing/simulated-day';

const MEASUREMENT = 'IT002E60000001/40';
const REASON = 'contracts with roles, in the place of those of release 0.1.0';

let folder: string;
let day: ReleasedDay;
let before: TrustPolicy;
let old: Bundle;
let changed: Changed;
const trustFile = (): string => path.join(folder, 'trust.json');

interface Changed {
  readonly former: Record<string, string>;
  readonly next: Record<string, { readonly address: string }>;
  readonly lastAnchor: { readonly size: number };
  readonly told: readonly string[];
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-contracts-change-'));
  day = unpackReleasedDay('0.1.0');
  await serveOn(new VirtualClock(Date.parse('2026-03-24T08:00:00Z')), 'IT002E60009701');
  before = await exportTrust({ dataDir: day.dataDir });
  writeFileSync(trustFile(), JSON.stringify(before));
  const { exitCode } = await audited();
  if (exitCode !== 0) throw new Error('the day does not hold before the change');
  before = readTrustFile(trustFile());
  old = await makeBundle(day.dataDir, MEASUREMENT);
  changed = await change(REASON);
});
afterAll(() => {
  day.remove();
  rmSync(folder, { recursive: true });
});

async function serveOn(clock: VirtualClock, podId: string): Promise<void> {
  const served = await serveReleasedDay(day, clock, {});
  await sealNews(served, podId);
  await served.close();
}

const audited = () => runAudit('--data', day.dataDir, '--all', '--trust', trustFile());

/** `flexledger log change-contracts --json`. @returns what it prints */
async function change(reason: string): Promise<Changed> {
  const text: string[] = [];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text.push(String(chunk));
    return true;
  });
  try {
    const flags = ['change-contracts', '--data', day.dataDir, '--reason', reason, '--json'];
    await logCommand().exitOverride().parseAsync(flags, { from: 'user' });
    return JSON.parse(text.join('')) as Changed;
  } finally {
    write.mockRestore();
  }
}

async function chainNow(): Promise<ChainSnapshot> {
  const log = openStoredLog(logFile(day.dataDir));
  try {
    const contents = await contentsOf(log.store.readAll());
    const chain = await readChain({ dataDir: day.dataDir }, contents);
    if (typeof chain === 'string') throw new Error(chain);
    return chain;
  } finally {
    await log.close();
  }
}

it('the command says where the log goes on, and what stays where it was', () => {
  expect(changed.former).toEqual({
    anchorContract: before.chain.anchorContract.address,
    tokenContract: before.chain.tokenContract.address,
    agreementContract: before.chain.agreementContract.address,
  });
  expect(changed.lastAnchor.size).toBeGreaterThan(before.lastCheckpoint!.size - 1);
  expect(changed.told.join(' ')).toContain('is of release 0.1.0 and has no roles');
});

it('for the same reason again, as after a crash, it changes nothing', async () => {
  expect(await change(REASON)).toMatchObject({ former: changed.former, next: changed.next });
});

it('without a reason it is refused', async () => {
  await expect(change(' ')).rejects.toThrow('The reason is empty');
});

describe('served on', () => {
  beforeAll(() => serveOn(new VirtualClock(wallClock.nowMs()), 'IT002E60009702'));

  it('an audit holds with the trust file from before, which then follows', async () => {
    const report = await auditLog({ dataDir: day.dataDir, trust: before });
    expect(failing(report)).toEqual([]);
    expect(checkOf(report, 'trust').note).toContain('the log went on to other contracts');
    const { exitCode } = await audited();
    expect(exitCode).toBe(0);
    const after = readTrustFile(trustFile());
    expect(after.chain.anchorContract.address).toBe(changed.next['anchorContract']!.address);
    expect(after).toEqual({
      ...(await exportTrust({ dataDir: day.dataDir })),
      lastCheckpoint: after.lastCheckpoint,
    });
    expect((await audited()).exitCode).toBe(0);
  });

  it('anchors go into the new contract, and none into the one before', async () => {
    const { anchors } = await chainNow();
    const inNew = anchors.get(changed.next['anchorContract']!.address);
    const inFormer = anchors.get(changed.former['anchorContract']!);
    if (typeof inNew !== 'object' || typeof inFormer !== 'object') throw new Error('not read');
    expect(inFormer.at(-1)!.size).toBe(changed.lastAnchor.size);
    expect(inNew[0]!.size).toBeGreaterThan(changed.lastAnchor.size);
    expect(inNew.length).toBeGreaterThan(1);
  });

  it('a bundle from before holds by the contract before; one of today asks for the trust file to follow', async () => {
    const chain = await chainNow();
    const by = (bundle: Bundle, trust: TrustPolicy) =>
      auditBundle(readBundle(bundle), { trust, chain, isChainAsked: true }, createNodeTools());
    const after = readTrustFile(trustFile());
    expect(failing(await by(old, after))).toEqual([]);
    const today = await makeBundle(day.dataDir, MEASUREMENT);
    expect(failing(await by(today, after))).toEqual([]);
    const [failure] = checkOf(await by(today, before), 'anchors').failures;
    expect(failure!.reason).toContain('audit it with the trust file, which then follows');
  });

  it('contracts with roles are closed before others follow, and trust files follow again', async () => {
    const again = await change('contracts of another release');
    expect(again.former['anchorContract']).toBe(changed.next['anchorContract']!.address);
    expect(again.told).toEqual([
      expect.stringMatching(/is no more worker of EventLogAnchor/),
      expect.stringMatching(/is no more worker of FlexToken/),
    ]);
    const { contracts } = await chainNow();
    expect(contracts.get(again.former['anchorContract']!)!.duties!.workers).toEqual([]);
    expect((await audited()).exitCode).toBe(0);
  });

  it('who has seen the change is not shown the log of before', async () => {
    const after = readTrustFile(trustFile());
    const other = { ...after.chain.anchorContract, address: `0x${'9'.repeat(40)}` };
    const trust = { ...after, chain: { ...after.chain, anchorContract: other } };
    const report = await auditLog({ dataDir: day.dataDir, trust });
    expect(checkOf(report, 'trust').failures[0]!.reason).toContain(`trusted is ${other.address}`);
  });
});
