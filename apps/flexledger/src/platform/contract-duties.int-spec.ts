/** Each duty of the contracts has the key that the configuration names, from the first start on or from a later one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type SqliteEventStore, openSqliteEventStore } from '@flexledger/event-store';
import { sha256Hex, uuidFrom } from '@flexledger/identity';
import { VirtualClock } from '@flexledger/runtime';
import { computeAddress } from 'ethers';
import { type PlatformChain, hostChain } from './chain';
import type { DutySetting } from './contract-duties';
import { openKeys } from './keys';

const clock = new VirtualClock(Date.UTC(2026, 2, 17, 10));
const marketKey = sha256Hex('market');
const marketAccount = computeAddress(`0x${marketKey}`);
const [admin, guardian] = ['admin', 'guardian'].map((who) =>
  computeAddress(`0x${sha256Hex(who)}`),
) as [string, string];
const award = {
  sessionDigestHex: '11'.repeat(32),
  settlementLeafHex: '33'.repeat(32),
  root: `0x${'22'.repeat(32)}`,
  amountMicroEur: 1n,
};

let dataDir: string;
let log: SqliteEventStore;
let told: string[];
let chain: PlatformChain | undefined;
beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'contract-duties-'));
  log = openSqliteEventStore({ path: path.join(dataDir, 'events.sqlite'), clock });
  told = [];
});
afterEach(async () => {
  await chain?.stop();
  await log.close();
  rmSync(dataDir, { recursive: true });
});

async function started(duties: DutySetting): Promise<PlatformChain> {
  await chain?.stop();
  const keys = openKeys(dataDir, 1);
  const onProblem = (problem: string): void => void told.push(problem);
  chain = await hostChain({ dataDir, keys, log, clock, duties }, { isLasting: true, onProblem });
  return chain;
}

async function nameContracts(one: PlatformChain): Promise<void> {
  const id = uuidFrom('started');
  const context = { correlationId: id, causationId: id, actor: 'platform:certifier' };
  const data = {
    origin: 'flexledger/test',
    publicKey: '',
    chainId: one.chainId,
    anchorContract: one.anchorContract.address,
    tokenContract: one.tokenContract.address,
    agreementContract: one.agreementContract.address,
  };
  const occurredAt = '2026-03-17T10:00:00.000Z';
  const event = { id, type: 'CertifierStarted', schemaVersion: 1, occurredAt, ...context, data };
  await log.append('certification', 'any', [event]);
}

it('are all the own account’s where nothing is configured, and nobody is guardian', async () => {
  const { duties } = await started({});
  const own = computeAddress(`0x${openKeys(dataDir, 1).chainKey}`);
  const alone = { admin: own, workers: [own], guardians: [] };
  expect(duties).toEqual({ anchor: alone, token: alone, agreement: alone });
  expect(told).toEqual([]);
});

it('are given at the deployment: the own account anchors, the market awards, neither is admin', async () => {
  const one = await started({ admin, guardian, marketAccount, marketKey });
  const own = computeAddress(`0x${openKeys(dataDir, 1).chainKey}`);
  const ofMarket = { admin, workers: [marketAccount], guardians: [guardian] };
  expect(one.duties).toEqual({
    anchor: { admin, workers: [own], guardians: [guardian] },
    token: ofMarket,
    agreement: ofMarket,
  });
  await one.anchorContract.anchor(1, '33'.repeat(32));
  await one.tokenContract.award(award);
  await one.agreementContract.certify(['44'.repeat(32)]);
  expect(told).toEqual([]);
});

it('are given at a later start where the own account is the admin, and told', async () => {
  await nameContracts(await started({}));
  const one = await started({ guardian, marketAccount, marketKey });
  expect(told).toHaveLength(7);
  expect(told.join()).toContain(`${guardian} is made guardian of EventLogAnchor`);
  expect(one.duties.token).toMatchObject({ workers: [marketAccount], guardians: [] });
  await clock.advanceTo(clock.nowMs() + 25 * 3_600_000);
  await one.tokenContract.award(award, { blockTimeMs: clock.nowMs() });
  const again = await started({ guardian, marketAccount, marketKey });
  expect(told.slice(7)).toEqual(
    ['EventLogAnchor', 'FlexToken', 'FlexibilityAgreement'].map(
      (contract) => expect.stringContaining(`${guardian} is guardian of ${contract}`) as string,
    ),
  );
  expect(again.duties.token).toMatchObject({ workers: [marketAccount], guardians: [guardian] });
  const last = await started({ guardian, marketAccount, marketKey });
  expect(told).toHaveLength(10);
  expect(last.duties).toEqual(again.duties);
});

it('are asked of the admin where that is another: what has to be granted is told', async () => {
  await nameContracts(await started({ admin }));
  await started({ admin, guardian });
  expect(told).toHaveLength(3);
  expect(told[0]).toContain(`${guardian} is no guardian of EventLogAnchor`);
  expect(told[0]).toContain(`its admin ${admin} grants that`);
});
