/**
 * One customer who has all of the pay, so that every number can be counted by hand: a settlement of
 * 100, its correction to 60, which takes nothing back but carries 40, and another session of 100.
 */
import { buildDistribution, leafHash } from '@flexledger/merkle-log';
import { fromHex, settlementStream, toHex } from '@flexledger/domain';
import { awardDigest } from '@flexledger/identity';
import type { TokenState } from '../chain-snapshot';
import { createReplay } from '../replay';
import { createFindings } from '../report';
import { WHOLE_LOG } from '../scope';
import { smallLog, tools } from '../testing/node-tools';
import { type SmallEvent, failuresOf, smallChain } from '../testing/small-log';
import { createTokenCheck } from './tokens';

const podId = 'IT002E00000001';
const customerWallet = `0x${'11'.repeat(20)}`;
const aggregatorWallet = `0x${'22'.repeat(20)}`;
const tokenContract = `0x${'33'.repeat(20)}`;

const nextContract = `0x${'44'.repeat(20)}`;

const rootOf = (microEur: bigint): string =>
  buildDistribution([{ account: customerWallet, cumulativeMicroEur: microEur }]).root;

const computed = (sessionId: string, correction: number, paid: number): SmallEvent => ({
  streamId: settlementStream(sessionId),
  type: 'SettlementComputed',
  data: {
    sessionId,
    correction,
    part: { index: 0, of: 1 },
    rows: [{ podId, paidMicroEur: [paid], penaltyMicroEur: [0] }],
  },
});

interface Award {
  readonly sessionId: string;
  readonly correction: number;
  readonly amountMicroEur: number;
  readonly carriedMicroEur: number;
  readonly distributionRoot: string;
  readonly settlementLeaf?: string;
}
const FIRST: Award = {
  sessionId: 'A',
  correction: 0,
  amountMicroEur: 100,
  carriedMicroEur: 0,
  distributionRoot: rootOf(100n),
};
const CORRECTION: Award = { ...FIRST, correction: 1, amountMicroEur: 0, carriedMicroEur: 40 };
const NEXT: Award = {
  ...FIRST,
  sessionId: 'B',
  amountMicroEur: 60,
  distributionRoot: rootOf(160n),
};

const proof = ({ sessionId, correction }: Award) => ({
  txHash: `tx-${sessionId}-${correction}`,
  blockNumber: 1,
});
const awarded = (award: Award): SmallEvent => ({
  streamId: settlementStream(award.sessionId),
  type: 'TokensAwarded',
  data: { ...award, accounts: 1, ...proof(award) },
});
const published = (sessionId: string): SmallEvent => ({
  streamId: settlementStream(sessionId),
  type: 'SettlementPublished',
  data: { sessionId, correction: 0 },
});

const beginning: SmallEvent[] = [
  { streamId: 'certification', type: 'CertifierStarted', data: { tokenContract } },
  { streamId: 'pod', type: 'PodRegistered', data: { podId, wallet: customerWallet } },
  {
    streamId: 'agreement',
    type: 'AgreementProposed',
    data: {
      podId,
      aggregatorWallet,
      customerSharePerMille: 1_000,
      customerPenaltySharePerMille: 0,
    },
  },
  { streamId: 'agreement', type: 'AgreementAccepted', data: { podId } },
];

/** A log and the chain as its awards leave it. */
async function reasons(
  events: readonly SmallEvent[],
  awards: readonly Award[],
  { isNewestRejected = false } = {},
): Promise<[number | undefined, string][]> {
  const state = {
    totalSupplyMicroEur: awards.reduce((sum, award) => sum + BigInt(award.amountMicroEur), 0n),
    distributionRoot: awards.at(-1)!.distributionRoot,
    isNewestRejected,
    awards: awards.map((award) => ({
      sessionDigestHex: awardDigest(award.sessionId, award.correction),
      settlementLeafHex: award.settlementLeaf,
      root: award.distributionRoot,
      amountMicroEur: BigInt(award.amountMicroEur),
      ...proof(award),
    })),
  };
  const nothing = { totalSupplyMicroEur: 0n, distributionRoot: `0x${'0'.repeat(64)}`, awards: [] };
  const tokens = new Map<string, TokenState>([
    [tokenContract, state],
    [nextContract, nothing],
  ]);
  const chain = smallChain({ tokens });
  const replay = createReplay();
  const check = createTokenCheck(replay, chain, WHOLE_LOG, tools.sha256, createFindings('tokens'));
  const found = await failuresOf(check, smallLog([...beginning, ...events]), replay.take);
  return found.map(({ position, reason }) => [position, reason]);
}

/** The whole story, with the awards as given. */
const story = (first: Award, correction: Award, next: Award): SmallEvent[] => [
  computed('A', 0, 100),
  awarded(first),
  published('A'),
  computed('A', 1, 60),
  awarded(correction),
  computed('B', 0, 100),
  awarded(next),
];

it('accepts awards that carry forward what a correction took off', async () => {
  expect(await reasons(story(FIRST, CORRECTION, NEXT), [FIRST, CORRECTION, NEXT])).toEqual([]);
});

it('names an award that forgets what was carried', async () => {
  const generous = { ...NEXT, amountMicroEur: 100, distributionRoot: rootOf(200n) };
  const found = await reasons(story(FIRST, CORRECTION, generous), [FIRST, CORRECTION, generous]);
  expect(found).toEqual([[10, 'it awards 100 micro-euro and carries 0; due were 60 and 0']]);
});

it('names an award under another root, or for more accounts', async () => {
  const foreign = { ...FIRST, distributionRoot: rootOf(1n) };
  expect(await reasons([computed('A', 0, 100), awarded(foreign)], [foreign])).toEqual([
    [5, `the root over all awards so far is ${rootOf(100n)}, recorded is ${rootOf(1n)}`],
  ]);
  const { data, ...event } = awarded(FIRST);
  const many = { ...event, data: { ...data, accounts: 2 } };
  expect(await reasons([computed('A', 0, 100), many], [FIRST])).toEqual([
    [5, 'it counts 2 accounts, the awards so far reach 1'],
  ]);
});

it('names an award for another settlement than its session’s, in the log or on the chain', async () => {
  const settlement = computed('A', 0, 100);
  const { hash } = smallLog([...beginning, settlement]).at(-1)!;
  const leaf = toHex(leafHash(tools.sha256, fromHex(hash)));
  const [true_, false_] = [leaf, 'ab'.repeat(32)].map((settlementLeaf) => ({
    ...FIRST,
    settlementLeaf,
  })) as [Award, Award];
  expect(await reasons([settlement, awarded(true_)], [true_])).toEqual([]);
  expect(await reasons([settlement, awarded(true_)], [false_])).toEqual([
    [5, expect.stringContaining(`holds it for a settlement with leaf ${false_.settlementLeaf!}`)],
  ]);
  const [inLog] = await reasons([settlement, awarded(false_)], [true_]);
  expect(inLog).toEqual([5, expect.stringContaining(`that of its session has ${leaf}`)]);
});

it('names an award that was not due', async () => {
  const log = [computed('A', 0, 100), computed('B', 0, 100), awarded(NEXT)];
  expect(await reasons(log, [NEXT])).toContainEqual([6, 'due before it was settlement 0 of A']);
  const twice = [computed('A', 0, 100), awarded(FIRST), awarded(FIRST)];
  expect(await reasons(twice, [FIRST])).toContainEqual([6, 'due before it was no award']);
});

it('names a settlement that was published before its award', async () => {
  const log = [computed('A', 0, 100), published('A'), awarded(FIRST)];
  expect(await reasons(log, [FIRST])).toEqual([[5, 'it was published before its award']]);
});

it('names an award that the chain holds otherwise, or not at all', async () => {
  const log = [computed('A', 0, 100), awarded(FIRST)];
  const [[position, reason]] = (await reasons(log, [
    { ...FIRST, amountMicroEur: 99, distributionRoot: rootOf(99n) },
  ])) as [[number, string]];
  expect(position).toBe(5);
  expect(reason).toMatch(/^the chain holds it as 99 micro-euro, root 0x/);
  expect(await reasons(log, [NEXT])).toContainEqual([5, 'the chain knows no such award']);
});

it('a contract that the log has gone on from, and whose newest distribution was rejected, pays that nowhere', async () => {
  const first = [computed('A', 0, 100), awarded(FIRST), published('A')];
  const change: SmallEvent[] = [
    {
      streamId: 'certification',
      type: 'ContractsChanged',
      data: {
        former: { tokenContract },
        next: { tokenContract: { address: nextContract } },
      },
    },
    {
      streamId: 'certification',
      type: 'CertifierStarted',
      data: { tokenContract: nextContract },
    },
  ];
  const rejected = { isNewestRejected: true };
  expect(await reasons([...first, ...change], [FIRST])).toEqual([]);
  expect(await reasons(first, [FIRST], rejected)).toEqual([]);
  const found = await reasons([...first, ...change], [FIRST], rejected);
  expect(found.map(([, reason]) => reason)).toEqual([
    `the newest distribution of ${tokenContract}, which the log has gone on from, is rejected: what it gave is paid nowhere`,
  ]);
});
