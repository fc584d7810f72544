/** A wallet is given the proof that the contract takes now, not that of an award that can still be challenged. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AwardBookEvent } from '@flexledger/domain';
import { type SqliteEventStore, openSqliteEventStore } from '@flexledger/event-store';
import { uuidFrom } from '@flexledger/identity';
import { distributionOf, verifyClaim } from '@flexledger/merkle-log';
import { VirtualClock } from '@flexledger/runtime';
import { type AwardsOfLog, createAwardsOfLog } from './awards-of-log';
import { claimOf } from './wallet-claim';

const [CUSTOMER, AGGREGATOR] = ['a1', 'b2'].map((byte) => `0x${byte.repeat(20)}`) as [
  string,
  string,
];
const NONE = `0x${'0'.repeat(64)}`;

let folder: string;
let log: SqliteEventStore;
let awards: AwardsOfLog;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'wallet-claim-'));
  const clock = new VirtualClock(0);
  log = openSqliteEventStore({ path: path.join(folder, 'events.sqlite'), clock });
  awards = createAwardsOfLog(log);
});
afterEach(async () => {
  await log.close();
  rmSync(folder, { recursive: true });
});

let count = 0;
async function record(...events: readonly AwardBookEvent[]): Promise<void> {
  for (const { type, data } of events) {
    const id = uuidFrom(`event ${(count += 1)}`);
    const context = { correlationId: id, causationId: id, actor: 'platform:market' };
    const occurredAt = '2026-03-17T10:00:00.000Z';
    const event = { id, type, schemaVersion: 1, occurredAt, ...context, data };
    await log.append('market', 'any', [event]);
  }
}

/** The customer of PoD A keeps seven tenths of what it is paid. */
async function withContract(): Promise<void> {
  const details = { aggregatorId: 'AGG1', customerKind: 'household', pvPeakW: 0 } as const;
  const sizes = { contractedPowerW: 3_000, annualEnergyKwh: 2_000 };
  const shares = { customerSharePerMille: 700, customerPenaltySharePerMille: 0 };
  const terms = { podId: 'A', aggregatorId: 'AGG1', aggregatorWallet: AGGREGATOR, ...shares };
  await record(
    { type: 'PodRegistered', data: { podId: 'A', ...details, ...sizes, wallet: CUSTOMER } },
    { type: 'AgreementProposed', data: terms },
    { type: 'AgreementAccepted', data: { podId: 'A' } },
  );
}

/** Pays PoD A in a session and awards it. @returns the root of the distribution after it */
async function awarded(sessionId: string, paidMicroEur: number): Promise<string> {
  const sold = { podId: 'A', aggregatorId: 'AGG1', offerId: `${sessionId}/A`, direction: 'up' };
  const settled = { acceptedW: [1], priceMicroEurPerKwh: [1], baselineW: [0], measuredW: [0] };
  const sums = { deliveredW: [0], paidMicroEur: [paidMicroEur], penaltyMicroEur: [0] };
  const rows = [{ ...sold, ...settled, ...sums }];
  const settlement = { sessionId, correction: 0, part: { index: 0, of: 1 }, inputDigest: '', rows };
  await record({ type: 'SettlementComputed', data: settlement } as unknown as AwardBookEvent);
  const due = (await awards.book()).due()!;
  const { root } = distributionOf(due.cumulative);
  const { amountMicroEur, cumulative } = due;
  const sumsOfAward = { amountMicroEur, accounts: cumulative.size };
  const mined = { distributionRoot: root, txHash: '0x', blockNumber: 1 };
  await record({
    type: 'TokensAwarded',
    data: { sessionId, correction: 0, ...sumsOfAward, ...mined },
  });
  return root;
}

const claimAt = (root: string) => {
  const tokens = { address: '0x70', claimable: async () => ({ root, index: 3 }) };
  return claimOf(CUSTOMER, { awards, tokens });
};

it('has nothing to claim before the first award is claimable, and is told what it was awarded', async () => {
  await withContract();
  expect(await claimAt(NONE)).toMatchObject({ awardedMicroEur: 0, cumulativeMicroEur: 0 });
  await awarded('S1', 1_000);
  expect(await claimAt(NONE)).toMatchObject({
    distributionRoot: null,
    distributionIndex: null,
    cumulativeMicroEur: 0,
    awardedMicroEur: 700,
    proof: [],
  });
});

it('is given the proof of the award that is claimable, while later ones are challenged', async () => {
  await withContract();
  const first = await awarded('S1', 1_000);
  const second = await awarded('S2', 500);
  await awarded('S3', 100);
  for (const [root, cumulativeMicroEur] of [
    [first, 700],
    [second, 1_050],
    [first, 700],
  ] as const) {
    const claim = await claimAt(root);
    expect(claim).toMatchObject({
      distributionRoot: root,
      distributionIndex: 3,
      cumulativeMicroEur,
    });
    expect(claim).toMatchObject({ awardedMicroEur: 1_120, earnedMicroEur: 1_120 });
    const { proof } = claim;
    const shown = { account: CUSTOMER, cumulativeMicroEur: BigInt(cumulativeMicroEur), proof };
    expect(verifyClaim(root, shown)).toBe(true);
  }
});

it('has nothing to claim by a root that no award of the log has', async () => {
  await withContract();
  await awarded('S1', 1_000);
  expect(await claimAt(`0x${'ab'.repeat(32)}`)).toMatchObject({ cumulativeMicroEur: 0, proof: [] });
});

it('is told of a wallet that was never awarded anything', async () => {
  await withContract();
  const root = await awarded('S1', 1_000);
  const tokens = { address: '0x70', claimable: async () => ({ root, index: 3 }) } as never;
  expect(await claimOf(`0x${'c3'.repeat(20)}`, { awards, tokens })).toMatchObject({
    cumulativeMicroEur: 0,
    awardedMicroEur: 0,
    proof: [],
  });
});

it('is given the proof of each contract where the log has gone on to another', async () => {
  await withContract();
  const inFormer = await awarded('S1', 1_000);
  const contracts = {
    former: { tokenContract: '0x70' },
    next: { tokenContract: { address: '0x71' } },
  };
  await record({ type: 'ContractsChanged', data: contracts } as unknown as AwardBookEvent);
  const inNext = await awarded('S2', 500);
  for (const [root, cumulativeMicroEur] of [
    [inNext, 350],
    [inFormer, 700],
    [inNext, 350],
  ] as const) {
    const claim = await claimAt(root);
    expect(claim).toMatchObject({ distributionRoot: root, cumulativeMicroEur });
    expect(claim).toMatchObject({ awardedMicroEur: 1_050, earnedMicroEur: 1_050 });
    const { proof } = claim;
    const shown = { account: CUSTOMER, cumulativeMicroEur: BigInt(cumulativeMicroEur), proof };
    expect(verifyClaim(root, shown)).toBe(true);
  }
});
