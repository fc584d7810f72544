/** Agreements over a real log are certified on a chain that is silent at times, each step once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type AgreementTerms, agreementStream } from '@flexledger/domain';
import {
  type SqliteEventStore,
  contextOf,
  createProcessorRunner,
  memoryProcessorState,
  openSqliteEventStore,
} from '@flexledger/event-store';
import { VirtualClock } from '@flexledger/runtime';
import { createAgreements } from './agreements';
import { agreementDigest } from '@flexledger/identity';
import type { AgreementLedger } from './agreement-ledger';
import { createAgreementCertification } from './certification-process';

const START_MS = Date.parse('2026-03-17T08:00:00Z');
const MINUTE_MS = 60_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-agreements-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const termsOf = (index: number): AgreementTerms => ({
  podId: `IT002E0000000${index}`,
  aggregatorId: 'AGG1',
  customerSharePerMille: 700,
  customerPenaltySharePerMille: 100 + index,
  aggregatorWallet: `0x${'ab'.repeat(20)}`,
});

/** A contract that takes two agreements a transaction, and certifies none twice. */
function createChain() {
  const sent: string[][] = [];
  const known = new Map<string, string>();
  let fault: 'silent' | 'deaf' | undefined;
  const ledger: AgreementLedger = {
    address: `0x${'a9'.repeat(20)}`,
    atOnce: 2,
    async record(step, digests) {
      if (fault === 'silent') throw new Error('the chain is silent');
      const missing = digests.filter((digest) => !known.has(`${step}/${digest}`));
      if (missing.length > 0) {
        sent.push(missing.map((digest) => `${step}/${digest}`));
        const txHash = `0x${String(sent.length).padStart(64, '0')}`;
        for (const digest of missing) known.set(`${step}/${digest}`, txHash);
      }
      // The transaction was mined, and the power went before anybody heard of it.
      if (fault === 'deaf') throw new Error('the power is gone');
      return new Map(digests.map((digest) => [digest, known.get(`${step}/${digest}`)!]));
    },
  };
  return { ledger, sent, setFault: (now: typeof fault) => void (fault = now) };
}

/** One life of the market over the log in the folder. */
async function open(clock: VirtualClock, ledger: AgreementLedger) {
  const store = await openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock });
  const agreements = createAgreements({ store, clock });
  const problems: string[] = [];
  const certification = createAgreementCertification({
    store,
    agreements,
    ledger,
    clock,
    timers: clock,
    onError: (error) => void problems.push((error as Error).message),
  });
  const begun = await store.head();
  const runner = createProcessorRunner({
    store,
    state: memoryProcessorState(clock),
    owner: 'test',
    clock,
    processors: [certification],
    startAfter: async () => begun,
    viewsReady: async () => {},
    onProblem: ({ error }) => void problems.push((error as Error).message),
  });
  const passing = async (minutes: number): Promise<void> => {
    await runner.drain();
    await clock.advanceTo(clock.nowMs() + minutes * MINUTE_MS, () => runner.drain());
  };
  const sign = async (...indexes: number[]): Promise<void> => {
    await agreements.propose(indexes.map(termsOf));
    await agreements.accept(indexes.map(termsOf));
  };
  const end = (index: number): Promise<void> => {
    const { podId } = termsOf(index);
    const command = { kind: 'endAgreement', podId, reason: 'moved' } as const;
    return agreements.handle(command, contextOf(`end/${podId}`, podId, 'test'));
  };
  return { store, problems, passing, sign, end };
}

/** What the log says of a PoD's agreement, and the digest it should be certified by. */
async function logOf(store: SqliteEventStore, index: number) {
  const types: string[] = [];
  const digests = new Set<unknown>();
  let acceptedHash = '';
  for await (const { type, data, hash } of store.readStream(
    agreementStream(termsOf(index).podId),
  )) {
    types.push(type.replace('Agreement', ''));
    if (type === 'AgreementAccepted') acceptedHash = hash;
    if (type.endsWith('Certified')) digests.add((data as { termsDigest: string }).termsDigest);
  }
  return { types, digests: [...digests], expected: agreementDigest(termsOf(index), acceptedHash) };
}

it('what is accepted is certified, a few at a time, and so is its end', async () => {
  const clock = new VirtualClock(START_MS);
  const chain = createChain();
  const { store, passing, sign, end, problems } = await open(clock, chain.ledger);
  await sign(1, 2, 3);
  await passing(1);
  expect(chain.sent.map((batch) => batch.length)).toEqual([2, 1]);
  await end(2);
  await passing(1);
  for (const index of [1, 3]) {
    const { types, digests, expected } = await logOf(store, index);
    expect(types).toEqual(['Proposed', 'Accepted', 'Certified']);
    expect(digests).toEqual([expected]);
  }
  const { types, digests, expected } = await logOf(store, 2);
  expect(types).toEqual(['Proposed', 'Accepted', 'Certified', 'Ended', 'EndCertified']);
  expect(digests).toEqual([expected]);
  expect(chain.sent.at(-1)).toEqual([`ended/${expected}`]);
  expect(problems).toEqual([]);
  await store.close();
});

it('a silent chain delays certificates and loses none, also over a restart', async () => {
  const clock = new VirtualClock(START_MS);
  const chain = createChain();
  chain.setFault('silent');
  const first = await open(clock, chain.ledger);
  await first.sign(1);
  await first.passing(12);
  expect(first.problems).toEqual(new Array(3).fill('the chain is silent'));
  await first.end(1);
  await first.sign(1);
  await first.store.close();
  chain.setFault(undefined);
  const later = new VirtualClock(clock.nowMs());
  const { store, passing } = await open(later, chain.ledger);
  await passing(1);
  expect((await logOf(store, 1)).types).toEqual([
    ...['Proposed', 'Accepted', 'Ended', 'Proposed', 'Accepted'],
    ...['Certified', 'EndCertified', 'Certified'],
  ]);
  expect(chain.sent.map(([step]) => step!.split('/')[0])).toEqual([
    'certified',
    'ended',
    'certified',
  ]);
  await store.close();
});

it('what the chain holds already is not sent again', async () => {
  const clock = new VirtualClock(START_MS);
  const chain = createChain();
  chain.setFault('deaf');
  const { store, passing, sign, problems } = await open(clock, chain.ledger);
  await sign(1);
  await passing(1);
  expect(problems).toEqual(['the power is gone']);
  chain.setFault(undefined);
  await sign(2);
  await passing(5);
  expect(chain.sent.map((batch) => batch.length)).toEqual([1, 1]);
  for (const index of [1, 2]) {
    expect((await logOf(store, index)).types).toEqual(['Proposed', 'Accepted', 'Certified']);
  }
  await store.close();
});
