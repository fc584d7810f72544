/** Contracts that follow those of a log on its chain: who writes to which, and what a later start makes of both. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  CHALLENGE_DELAY_S,
  assignDuties,
  connectChain,
  eventLogAnchorAt,
  startAnvil,
} from '@flexledger/contracts';
import { type SqliteEventStore, openSqliteEventStore } from '@flexledger/event-store';
import { awardDigest, sha256Hex, uuidFrom } from '@flexledger/identity';
import { VirtualClock, isoFromMs } from '@flexledger/runtime';
import { Interface, computeAddress, id } from 'ethers';
import { type LogContracts, type PlatformChain, hostChain, joinChain } from './chain';
import type { DutySetting } from './contract-duties';
import { unpaidForGood, unrecordedAward } from './contract-succession';
import { openKeys } from './keys';
import { restoreChain } from './restore-chain';

const clock = new VirtualClock(Date.UTC(2026, 2, 17, 10));
const TERMS = '11'.repeat(32);
const award = {
  sessionDigestHex: awardDigest('S1', 0),
  settlementLeafHex: '33'.repeat(32),
  root: `0x${'22'.repeat(32)}`,
  amountMicroEur: 1n,
};

let dataDir: string;
let log: SqliteEventStore;
let chain: PlatformChain | undefined;
let events = 0;
beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'contract-succession-'));
  log = openSqliteEventStore({ path: path.join(dataDir, 'events.sqlite'), clock });
});
afterEach(async () => {
  await chain?.stop();
  await log.close();
  rmSync(dataDir, { recursive: true });
});

async function started(
  duties: DutySetting = {},
  onProblem: (told: string) => void = () => {},
): Promise<PlatformChain> {
  await chain?.stop();
  const keys = openKeys(dataDir, 1);
  const setting = { dataDir, keys, log, clock, duties };
  return (chain = await hostChain(setting, { isLasting: true, onProblem }));
}

async function record(type: string, data: object): Promise<void> {
  const id = uuidFrom(`event ${(events += 1)}`);
  const context = { correlationId: id, causationId: id, actor: 'platform:certifier' };
  const occurredAt = '2026-03-17T10:00:00.000Z';
  const event = { id, type, schemaVersion: 1, occurredAt, ...context, data };
  await log.append('certification', 'any', [event]);
}

const named = (one: Record<'anchorContract' | 'tokenContract' | 'agreementContract', string>) =>
  record('CertifierStarted', { origin: 'flexledger/test', publicKey: '', chainId: 31_337, ...one });

const addressesOf = ({ anchorContract, tokenContract, agreementContract }: LogContracts) => ({
  anchorContract: anchorContract.address,
  tokenContract: tokenContract.address,
  agreementContract: agreementContract.address,
});

/** A log whose contracts hold an anchor, an award and an agreement, and others deployed and named. */
async function changed() {
  const first = await started();
  const former = addressesOf(first);
  await named(former);
  const { txHash, blockNumber } = await first.anchorContract.anchor(5, '33'.repeat(32));
  await record('CheckpointAnchored', { size: 5, root: '33'.repeat(32), txHash, blockNumber });
  await first.tokenContract.award(award);
  await first.agreementContract.certify([TERMS]);
  const next = await first.succession.deploy();
  const { anchorContract, tokenContract, agreementContract } = next;
  await named({
    anchorContract: anchorContract.address,
    tokenContract: tokenContract.address,
    agreementContract: agreementContract.address,
  });
  return { first, former, next };
}

it('are opened once the log names them, beside those before', async () => {
  const { first, former, next } = await changed();
  const followed = await first.succession.follow();
  expect(addressesOf(followed)).toEqual({
    anchorContract: next.anchorContract.address,
    tokenContract: next.tokenContract.address,
    agreementContract: next.agreementContract.address,
  });
  expect(await followed.anchorContract.owner()).toBe(next.admin);
  const { anchorContracts, tokenContracts, agreementContracts } = followed.former;
  expect(anchorContracts).toEqual([former.anchorContract]);
  expect(tokenContracts.map(({ address }) => address)).toEqual([former.tokenContract]);
  expect(agreementContracts.map(({ address }) => address)).toEqual([former.agreementContract]);
  expect(await tokenContracts[0]!.isAwarded(award.sessionDigestHex)).toBe(true);
});

it('take the work of those before: nothing is anchored or awarded there, and agreements end', async () => {
  const { first, former } = await changed();
  const { told, workers } = await first.succession.close(former);
  expect(told).toEqual([
    expect.stringMatching(/is no more worker of EventLogAnchor/),
    expect.stringMatching(/is no more worker of FlexToken/),
  ]);
  expect(workers).toEqual([]);
  await expect(first.anchorContract.anchor(6, '44'.repeat(32))).rejects.toMatchObject(refused);
  const another = { ...award, sessionDigestHex: awardDigest('S2', 0) };
  await expect(first.tokenContract.award(another)).rejects.toMatchObject(refused);
  await first.agreementContract.end([TERMS]);
  // As after a crash.
  expect(await first.succession.close(former)).toEqual({ told: [], workers: [] });
});

it('give the work back where a change was cut off, and to nobody where somebody has it', async () => {
  const { first, former } = await changed();
  await first.succession.close(former);
  await chain?.stop();
  const problems: string[] = [];
  await record('CertifierStarted', {
    origin: 'flexledger/test',
    publicKey: '',
    chainId: 31_337,
    ...former,
  });
  const again = await started({}, (told) => problems.push(told));
  expect(problems.join()).toMatch(/Nobody may anchor in the contract .* cut off/);
  await again.succession.reopen(former);
  await again.anchorContract.anchor(6, '44'.repeat(32));
  await again.tokenContract.award({ ...award, sessionDigestHex: awardDigest('S2', 0) });
});

it('take the work of those before from anchorers of other machines too, and do not give it to them again', async () => {
  const anchorer = `0x${sha256Hex('anchors elsewhere')}`;
  const keys = openKeys(dataDir, 1);
  const own = `0x${keys.chainKey}`;
  const anvil = await startAnvil({
    stateFile: path.join(dataDir, 'chain-elsewhere.json'),
    genesisTimestampS: clock.nowMs() / 1_000,
    fundedAddresses: [own, anchorer].map((key) => computeAddress(key)),
  });
  try {
    const { rpcUrl } = anvil;
    const setting = { dataDir, keys, log, clock, duties: {} };
    const where = { rpcUrls: [rpcUrl] as const, gatePort: 0, deploys: true };
    const first = await joinChain(setting, where, new AbortController().signal, () => {});
    const { address } = first.anchorContract;
    await assignDuties(await chainAs(rpcUrl, own), address, { worker: computeAddress(anchorer) });
    // Its own account is an anchorer again, beside the other.
    await grantAnchoring(rpcUrl, own, address);
    const elsewhere = await eventLogAnchorAt(await chainAs(rpcUrl, anchorer), address);
    await elsewhere.anchor(5, '33'.repeat(32));
    const { told, workers } = await first.succession.close(addressesOf(first));
    expect(told.filter((words) => words.includes('EventLogAnchor'))).toHaveLength(2);
    expect(workers).toEqual([]);
    await expect(elsewhere.anchor(6, '44'.repeat(32))).rejects.toMatchObject(refused);
    await first.succession.reopen(addressesOf(first));
    await first.anchorContract.anchor(6, '44'.repeat(32));
    await expect(elsewhere.anchor(7, '55'.repeat(32))).rejects.toMatchObject(refused);
  } finally {
    await anvil.stop();
  }
});

const refused = { errorName: 'AccessControlUnauthorizedAccount' };
const chainAs = (rpcUrl: string, privateKey: string) =>
  connectChain({ rpcUrl, privateKey, timeoutMs: 10_000 });

async function grantAnchoring(rpcUrl: string, admin: string, address: string): Promise<void> {
  const chain = await chainAs(rpcUrl, admin);
  const abi = new Interface(['function grantRole(bytes32 role, address account)']);
  const data = abi.encodeFunctionData('grantRole', [id('ANCHORER_ROLE'), chain.senderAddress]);
  await chain.send({ operation: 'grantRole', to: address, data, abi });
}

it('a later start goes on in them, and sends nothing again that stands in those before', async () => {
  const { next } = await changed();
  const again = await started();
  expect(again.anchorContract.address).toBe(next.anchorContract.address);
  expect(await again.anchorContract.readAnchors()).toEqual([]);
  await again.anchorContract.anchor(9, '55'.repeat(32));
});

it('a chain that restarts while the former are open is sent nothing that is of those that follow', async () => {
  const { first, next } = await changed();
  const place = { txHash: `0x${'77'.repeat(32)}`, blockNumber: 99 };
  await record('CheckpointAnchored', { size: 9, root: '55'.repeat(32), ...place });
  const problems: string[] = [];
  const onProblem = (told: string): void => void problems.push(told);
  const options = { log, sending: first.sending, onProblem };
  await restoreChain({ ...options, contracts: first });
  expect((await first.anchorContract.readAnchors()).map(({ size }) => size)).toEqual([5]);
  expect(problems).toEqual([]);
  const contracts = await first.succession.follow();
  await restoreChain({ ...options, contracts });
  expect(contracts.anchorContract.address).toBe(next.anchorContract.address);
  expect((await contracts.anchorContract.readAnchors()).map(({ size }) => size)).toEqual([9]);
});

it('what only another admin may take is told', async () => {
  const admin = `0x${'ad'.repeat(20)}`;
  const one = await started({ admin });
  const { told, workers } = await one.succession.close(addressesOf(one));
  expect(told).toHaveLength(2);
  expect(workers).toHaveLength(2);
  expect(told[0]).toMatch(/is still worker of EventLogAnchor .*: its admin .* revokes that/);
});

it('an award that the log has not recorded is found', async () => {
  const { first } = await changed();
  expect(await unrecordedAward(log, first.tokenContract)).toMatch(/^0x/);
  await record('TokensAwarded', { sessionId: 'S1', correction: 0 });
  expect(await unrecordedAward(log, first.tokenContract)).toBeUndefined();
});

it('what was awarded last is paid for good once its hour is over, and not where it was rejected', async () => {
  const { tokenContract } = await started();
  expect(await unpaidForGood(tokenContract, 0)).toBeUndefined();
  await tokenContract.award(award, { blockTimeMs: clock.nowMs() });
  const { claimableAtS } = (await tokenContract.newest())!;
  expect(claimableAtS).toBeGreaterThanOrEqual(clock.nowMs() / 1_000 + CHALLENGE_DELAY_S);
  const early = await unpaidForGood(tokenContract, claimableAtS * 1_000);
  expect(early).toBe(
    `can be rejected yet; change the contracts after ${isoFromMs(claimableAtS * 1_000 + 60_000)}`,
  );
  expect(await unpaidForGood(tokenContract, claimableAtS * 1_000 + 60_000)).toBeUndefined();
  const newest = async () => ({ claimableAtS, isRejected: true, isClaimable: false });
  expect(await unpaidForGood({ newest }, Infinity)).toMatch(/^was rejected; start the platform/);
  const claimed = async () => ({ claimableAtS, isRejected: false, isClaimable: true });
  expect(await unpaidForGood({ newest: claimed }, 0)).toBeUndefined();
});
