/** A chain that ends before its log is brought to where the log says it is, transaction by transaction. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TransactionReceipt, chainFile } from '@flexledger/contracts';
import { type SqliteEventStore, openSqliteEventStore } from '@flexledger/event-store';
import { awardDigest, sha256Hex, uuidFrom } from '@flexledger/identity';
import { VirtualClock } from '@flexledger/runtime';
import { type PlatformChain, hostChain } from './chain';
import { openKeys } from './keys';

const clock = new VirtualClock(Date.UTC(2026, 2, 17, 10));
const TERMS = ['11', '22', '33'].map((byte) => byte.repeat(32));
const ROOT = `0x${'cc'.repeat(32)}`;

let dataDir: string;
let log: SqliteEventStore;
let problems: string[];
let chain: PlatformChain | undefined;
beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'restore-chain-'));
  log = openSqliteEventStore({ path: path.join(dataDir, 'events.sqlite'), clock });
  problems = [];
});
afterEach(async () => {
  await chain?.stop();
  await log.close();
  rmSync(dataDir, { recursive: true });
});

async function open(): Promise<PlatformChain> {
  const setting = { dataDir, keys: openKeys(dataDir, 1), log, clock, duties: {} };
  const onProblem = (problem: string): void => void problems.push(problem);
  return (chain = await hostChain(setting, { isLasting: true, onProblem }));
}

let count = 0;
async function record(type: string, data: object): Promise<void> {
  const id = uuidFrom(`event ${(count += 1)}`);
  const context = { correlationId: id, causationId: id, actor: 'platform:certifier' };
  const occurredAt = '2026-03-17T10:00:00.000Z';
  await log.append('certification', 'any', [
    { id, type, schemaVersion: 1, occurredAt, ...context, data },
  ]);
}

/** What the contracts hold, hashes of the transactions included. */
async function heldBy(one: PlatformChain) {
  const { anchorContract, tokenContract, agreementContract, dataAccess } = one;
  const anchors = await anchorContract.readAnchors();
  return {
    grants: await (await dataAccess.at(accessContract)).readBatches(),
    anchors: anchors.map(({ size, rootHex }) => ({ size, rootHex })),
    awards: await tokenContract.readAwards(),
    agreements: await agreementContract.readChanges(),
  };
}

/** Where grants of data are recorded. */
let accessContract = '';

async function marketAtWork(one: PlatformChain): Promise<void> {
  const { anchorContract, tokenContract, agreementContract } = one;
  const root = sha256Hex('root');
  await record('CertifierStarted', {
    anchorContract: anchorContract.address,
    tokenContract: tokenContract.address,
    agreementContract: agreementContract.address,
  });
  const first = await anchorContract.anchor(10, root);
  await record('CheckpointAnchored', { size: 10, root, ...placeOf(first) });
  await one.sending.sent();
  copyFileSync(chainFile(dataDir), path.join(dataDir, 'older'));

  const certified = await agreementContract.certify(TERMS);
  for (const termsDigest of TERMS) {
    await record('AgreementCertified', {
      podId: 'P',
      acceptance: root,
      termsDigest,
      ...hashOf(certified),
    });
  }
  const settlementLeaf = '55'.repeat(32);
  const settled = { sessionDigestHex: awardDigest('S1', 0), settlementLeafHex: settlementLeaf };
  const award = { ...settled, root: ROOT, amountMicroEur: 7n };
  const awarded = await tokenContract.award(award);
  const second = await anchorContract.anchor(20, root);
  // In the log as it comes, not as the chain has it.
  await record('CheckpointAnchored', { size: 20, root, ...placeOf(second) });
  const sums = { amountMicroEur: 7, accounts: 1, distributionRoot: ROOT };
  const recorded = { sessionId: 'S1', correction: 0, settlementLeaf, ...sums, ...placeOf(awarded) };
  await record('TokensAwarded', recorded);
  const { contract: access, receipt } = await one.dataAccess.deploy();
  accessContract = access.address;
  const named = { contract: accessContract, ...placeOf(receipt) };
  await record('DataAccessContractNamed', named);
  const batch = { batch: 0, count: 2 };
  const granted = await access.record({ ...batch, rootHex: root });
  const recordedBatch = { ...batch, root, contract: accessContract, ...placeOf(granted) };
  await record('DataAccessBatchRecorded', recordedBatch);
  const ended = await agreementContract.end(TERMS.slice(0, 1));
  const end = { podId: 'P', acceptance: root, termsDigest: TERMS[0], ...hashOf(ended) };
  await record('AgreementEndCertified', end);
  await one.sending.sent();
}

const placeOf = ({ txHash, blockNumber }: TransactionReceipt) => ({ txHash, blockNumber });
const hashOf = ({ txHash }: { txHash: string }): { txHash: string } => ({ txHash });

it('that was put back to an older state holds again what the log recorded, by the same transactions', async () => {
  const before = await open();
  await marketAtWork(before);
  const held = await heldBy(before);
  expect(held.anchors).toHaveLength(2);
  await before.stop();

  copyFileSync(path.join(dataDir, 'older'), chainFile(dataDir));
  const after = await open();
  expect(await heldBy(after)).toEqual(held);
  expect(problems).toEqual([
    'The chain lacked 6 transactions that the log had recorded; they are sent again.',
  ]);
  await after.stop();

  // It is saved with them.
  problems = [];
  expect(await heldBy(await open())).toEqual(held);
  expect(problems).toEqual([]);
});
