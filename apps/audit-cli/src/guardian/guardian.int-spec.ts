/**
 * Goal: after an audit that disagrees a guardian stops what is not paid yet, by its own key, on the chain that it
 * trusts and on no other. Method: a real chain.
 */
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TrustPolicy, type TrustedContract, TRUST_DEFAULTS } from '@flexledger/audit';
import {
  type Anvil,
  type Chain,
  type EventLogAnchor,
  type FlexToken,
  CHALLENGE_DELAY_S,
  REJECTION_WINDOW_S,
  codeHashAt,
  connectChain,
  deployEventLogAnchor,
  deployFlexToken,
  deployFlexibilityAgreement,
  startAnvil,
} from '@flexledger/contracts';
import { Wallet } from 'ethers';
import {
  type GuardianOptions,
  guardedNow,
  pause,
  rejectAnchors,
  rejectDistributions,
  unpause,
} from './guardian';
import { makeGuardianKey, readGuardianKey } from './guardian-key';

const OPERATOR = `0x${'0d'.repeat(32)}`;
const STRANGER = `0x${'57'.repeat(32)}`;

let folder: string;
let anvil: Anvil;
let operator: Chain;
let guardianKey: string;
let token: FlexToken;
let anchor: EventLogAnchor;
let trust: TrustPolicy;

const as = (privateKey: string): GuardianOptions => ({
  trust,
  rpcUrl: anvil.rpcUrl,
  privateKey,
});
const digest = (index: number): string => index.toString(16).padStart(64, '0');
const root = (index: number): string => `0x${digest(0xa0 + index)}`;
const award = (index: number) =>
  token.award({
    sessionDigestHex: digest(index),
    settlementLeafHex: digest(index),
    root: root(index),
    amountMicroEur: 5n,
  });

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-guardian-'));
  const file = path.join(folder, 'guardian.key');
  const guardian = makeGuardianKey(file);
  guardianKey = readGuardianKey(file);
  const fundedAddresses = [guardian, ...[OPERATOR, STRANGER].map((key) => new Wallet(key).address)];
  anvil = await startAnvil({ fundedAddresses });
  operator = await connectChain({
    rpcUrl: anvil.rpcUrl,
    privateKey: OPERATOR,
    timeoutMs: 10_000,
  });
});
afterAll(async () => {
  await anvil.stop();
  rmSync(folder, { recursive: true });
});

beforeEach(async () => {
  const guardian = new Wallet(guardianKey).address;
  token = await deployFlexToken(operator, { guardian });
  anchor = await deployEventLogAnchor(operator, { guardian });
  const agreement = await deployFlexibilityAgreement(operator);
  const trusted = async ({ address }: { address: string }): Promise<TrustedContract> => ({
    address,
    codeHash: await codeHashAt(operator, address),
  });
  trust = {
    ...TRUST_DEFAULTS,
    origin: 'flexledger/rome',
    logKey: 'flexledger/rome+ff19d1f9+AV+Czp89MnJJDdOYMLXvN67dySZNODGV1JTQgWJ5MbO0',
    chain: {
      chainId: Number(operator.chainId),
      genesisHash: await operator.genesisHash(),
      certifier: operator.senderAddress,
      anchorContract: await trusted(anchor),
      tokenContract: await trusted(token),
      agreementContract: await trusted(agreement),
    },
  };
});

const standing = async (): Promise<number[] | undefined> =>
  (await guardedNow(as(STRANGER))).challengeable?.map(({ index }) => index);

const passHour = (): Promise<void> => passTime(CHALLENGE_DELAY_S);

async function passTime(seconds: number): Promise<void> {
  for (const [method, ...params] of [['evm_increaseTime', seconds], ['evm_mine']]) {
    await fetch(anvil.rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
  }
}

describe('distributions', () => {
  it('within their hour are rejected by the guardian, and nobody is paid by them', async () => {
    expect(await token.newest()).toBeUndefined();
    await award(1);
    expect(await token.newest()).toMatchObject({ isRejected: false, isClaimable: false });
    await passHour();
    expect(await token.newest()).toMatchObject({ isRejected: false, isClaimable: true });
    for (const index of [2, 3, 4]) await award(index);
    expect(await standing()).toEqual([1, 2, 3]);
    const { told, txHash } = await rejectDistributions(as(guardianKey), { first: 2, last: 2 });
    expect(told[0]).toContain(
      `Distribution 2 of FlexToken ${token.address} is rejected: root ${root(3)}`,
    );
    expect(txHash).toMatch(/^0x[0-9a-f]{64}$/);
    expect(await standing()).toEqual([1, 3]);
    // All that are left, over the one that was rejected before.
    await rejectDistributions(as(guardianKey), undefined);
    expect(await standing()).toEqual([]);
    await passHour();
    expect(await token.newest()).toMatchObject({ isRejected: true, isClaimable: false });
    expect(await token.claimable()).toEqual({ root: root(1), index: 0 });
  });

  it('whose hour is over are not, and those that are open are named', async () => {
    await award(1);
    await passHour();
    await award(2);
    await expect(rejectDistributions(as(guardianKey), { first: 0, last: 0 })).rejects.toThrow(
      'can be rejected any more: their hour is over, or they were rejected before; open are 1',
    );
  });

  it('are not rejected by anybody else', async () => {
    await award(1);
    await expect(rejectDistributions(as(STRANGER), undefined)).rejects.toThrow(
      `is no guardian of FlexToken ${token.address}: that is ${new Wallet(guardianKey).address}`,
    );
    expect(await standing()).toEqual([0]);
  });
});

it('anchors from one on are rejected, and what stands is told', async () => {
  await anchor.anchor(10, digest(1));
  await anchor.anchor(20, digest(2));
  const open = async () => (await guardedNow(as(STRANGER))).anchors;
  expect(await open()).toMatchObject([
    { index: 0, size: 10, rootHex: digest(1) },
    { index: 1, size: 20, rootHex: digest(2) },
  ]);
  const [first] = await anchor.readAnchors();
  expect((await open())![0]!.untilS).toBe(first!.timestampS + REJECTION_WINDOW_S);
  const { told } = await rejectAnchors(as(guardianKey), 1);
  expect(told.at(-1)).toBe('The last one that stands is of 10 events.');
  expect((await open())!.map(({ index }) => index)).toEqual([0]);
  await passTime(REJECTION_WINDOW_S);
  expect(await open()).toEqual([]);
  await expect(rejectAnchors(as(guardianKey), 7)).rejects.toThrow('NoSuchAnchor');
});

it('a pause is of the guardian, and ended by the admin alone', async () => {
  await pause(as(guardianKey), 'token');
  await expect(award(1)).rejects.toThrow('EnforcedPause');
  const { contracts } = await guardedNow(as(STRANGER));
  expect(contracts.filter(({ isPaused }) => isPaused).map(({ contract }) => contract)).toEqual([
    'token',
  ]);
  await expect(pause(as(guardianKey), 'token')).rejects.toThrow('is paused already');
  await expect(unpause(as(guardianKey), 'token')).rejects.toThrow(
    `is not the admin of FlexToken ${token.address}: ${operator.senderAddress} is`,
  );
  await unpause(as(OPERATOR), 'token');
  await award(1);
});

it('nothing is sent to a contract without a guardian, to other code, or on another chain', async () => {
  await expect(pause(as(guardianKey), 'agreement')).rejects.toThrow('it has none');
  await expect(pause(as(guardianKey), 'access')).rejects.toThrow('names no contract for "access"');
  const { tokenContract } = trust.chain;
  const others: [Partial<TrustPolicy['chain']>, string][] = [
    [{ tokenContract: { ...tokenContract, codeHash: `0x${digest(1)}` } }, 'The code at'],
    [{ genesisHash: `0x${digest(1)}` }, 'not the one that the trust file pins'],
    [{ chainId: 1 }, 'not the one that the trust file pins, 1'],
  ];
  for (const [other, reason] of others) {
    const elsewhere = {
      ...as(guardianKey),
      trust: { ...trust, chain: { ...trust.chain, ...other } },
    };
    await expect(pause(elsewhere, 'token')).rejects.toThrow(reason);
  }
  expect((await guardedNow(as(STRANGER))).contracts.some(({ isPaused }) => isPaused)).toBe(false);
});

describe('the key', () => {
  const file = (name: string): string => path.join(folder, name);

  it('is in a file that its owner alone reads, and is not written over', () => {
    const account = makeGuardianKey(file('new.key'));
    expect(statSync(file('new.key')).mode & 0o777).toBe(0o600);
    expect(new Wallet(readGuardianKey(file('new.key'))).address).toBe(account);
    expect(() => makeGuardianKey(file('new.key'))).toThrow('cannot be written');
  });

  it('is refused where others can read it, and where it is none, without being shown', () => {
    makeGuardianKey(file('shown.key'));
    chmodSync(file('shown.key'), 0o644);
    expect(() => readGuardianKey(file('shown.key'))).toThrow('chmod 600');
    writeFileSync(file('no.key'), 'secret words\n', { mode: 0o600 });
    expect(() => readGuardianKey(file('no.key'))).toThrow('is not the private key of an account');
    expect(() => readGuardianKey(file('no.key'))).not.toThrow('secret');
  });
});
