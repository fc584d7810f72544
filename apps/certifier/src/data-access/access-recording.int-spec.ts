/** Grants over a real log reach a chain that is silent at times: in batches, each once, each under its root. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type DataAccessBatch,
  type DataAccessChange,
  DATA_ACCESS_BATCHES_STREAM,
  currentVersionOf,
  dataAccessEntry,
  toHex,
} from '@flexledger/domain';
import {
  createProcessorRunner,
  memoryProcessorState,
  openSqliteEventStore,
} from '@flexledger/event-store';
import { sha256, uuidFrom } from '@flexledger/identity';
import { VirtualClock } from '@flexledger/runtime';
import type { AccessLedger } from './access-ledger';
import { createAccessRecording } from './access-recording';

const START_MS = Date.parse('2026-03-17T08:00:00Z');
const EVERY_S = 300;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-access-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

type Fault = 'silent' | 'deaf' | undefined;

/** A contract that takes each batch once, in its turn. */
function createChain() {
  const batches: { count: number; rootHex: string }[] = [];
  const deployed: string[] = [];
  let fault: Fault;
  const place = (n: number) => ({ txHash: `0x${n}`, blockNumber: n });
  const ledger: AccessLedger = {
    async deploy() {
      if (fault === 'silent') throw new Error('the chain is silent');
      deployed.push(`0xd${deployed.length}`);
      return { contract: deployed.at(-1)!, ...place(99) };
    },
    async standing(_, batch) {
      if (fault === 'silent') throw new Error('the chain is silent');
      const standing = batches[batch];
      return standing && { batch, ...standing, ...place(batch) };
    },
    async record(contract, { batch, count, rootHex }) {
      if (fault === 'silent') throw new Error('the chain is silent');
      if (contract !== deployed[0]) throw new Error(`there is no contract ${contract}`);
      if (batch > batches.length) throw new Error(`NotNext(${batch}, ${batches.length})`);
      if (batches[batch]) throw new Error(`BatchDiffers(${batch})`);
      batches[batch] = { count, rootHex };
      // The transaction was mined, and the power went before anybody heard of it.
      if (fault === 'deaf') throw new Error('the power is gone');
      return place(batch);
    },
  };
  return { ledger, batches, deployed, setFault: (now: Fault) => void (fault = now) };
}

/** One life of the certifier over the log in the folder. */
async function open(clock: VirtualClock, ledger: AccessLedger) {
  const store = openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock });
  const problems: string[] = [];
  const begun = await store.head();
  const onError = (error: unknown): void => void problems.push((error as Error).message);
  const common = { log: store, ledger, clock, timers: clock };
  const runner = createProcessorRunner({
    store,
    state: memoryProcessorState(clock),
    owner: 'test',
    clock,
    processors: [createAccessRecording({ ...common, batchEverySeconds: EVERY_S, onError })],
    startAfter: async () => begun,
    viewsReady: async () => {},
    onProblem: ({ error }) => onError(error),
  });
  const passing = async (seconds: number): Promise<void> => {
    await runner.drain();
    await clock.advanceTo(clock.nowMs() + seconds * 1_000, () => runner.drain());
  };
  const change = async (name: string, isRevoked = false): Promise<DataAccessChange> => {
    const id = uuidFrom(name);
    const of = { source: 'P1', reader: `aggregator:${name}`, owner: 'customer:P1', salt: name };
    const said: DataAccessChange = isRevoked
      ? { type: 'DataAccessRevoked', data: { ...of, reason: 'over' } }
      : { type: 'DataAccessGranted', data: { ...of, dataSets: ['measurements'] } };
    const caused = { correlationId: id, causationId: id, actor: 'customer:P1' };
    const occurredAt = new Date(clock.nowMs()).toISOString();
    const schemaVersion = currentVersionOf(said.type);
    await store.append('data-access-P1', 'any', [
      { id, schemaVersion, occurredAt, ...caused, ...said },
    ]);
    return said;
  };
  const recorded = async (): Promise<DataAccessBatch[]> => {
    const batches: DataAccessBatch[] = [];
    for await (const { type, data } of store.readStream(DATA_ACCESS_BATCHES_STREAM)) {
      if (type === 'DataAccessBatchRecorded') batches.push(data as DataAccessBatch);
    }
    return batches;
  };
  return { store, problems, passing, change, recorded };
}

/** By the words of RFC 9162 (2.1.1): of one change its leaf, of two the node over their leaves. */
const rootOf = (changes: readonly DataAccessChange[]): string => {
  const [first, second] = changes.map((one) =>
    sha256(Buffer.concat([Buffer.of(0), dataAccessEntry(one)])),
  );
  return toHex(second ? sha256(Buffer.concat([Buffer.of(1), first!, second])) : first!);
};

it('what is granted within some minutes is recorded together, in a contract that is deployed once', async () => {
  const clock = new VirtualClock(START_MS);
  const chain = createChain();
  const { store, passing, change, recorded, problems } = await open(clock, chain.ledger);
  await passing(EVERY_S);
  expect(chain.deployed).toEqual([]);
  const first = [await change('A'), await change('B')];
  await passing(EVERY_S - 1);
  expect(chain.batches).toEqual([]);
  await passing(1);
  const second = [await change('A2', true)];
  await passing(EVERY_S);
  expect(chain.batches).toEqual([
    { count: 2, rootHex: rootOf(first) },
    { count: 1, rootHex: rootOf(second) },
  ]);
  expect(await recorded()).toMatchObject([
    { batch: 0, count: 2, root: rootOf(first), contract: '0xd0' },
    { batch: 1, count: 1, root: rootOf(second), contract: '0xd0' },
  ]);
  expect(chain.deployed).toHaveLength(1);
  expect(problems).toEqual([]);
  await store.close();
});

it('a silent chain delays batches and loses none, also over a restart', async () => {
  const clock = new VirtualClock(START_MS);
  const chain = createChain();
  chain.setFault('silent');
  const first = await open(clock, chain.ledger);
  const changes = [await first.change('A')];
  await first.passing(3 * EVERY_S);
  expect(first.problems).toEqual(new Array(3).fill('the chain is silent'));
  changes.push(await first.change('B'));
  await first.store.close();
  chain.setFault(undefined);
  const second = await open(new VirtualClock(clock.nowMs()), chain.ledger);
  await second.passing(EVERY_S);
  expect(await second.recorded()).toMatchObject([{ batch: 0, count: 2, root: rootOf(changes) }]);
  await second.store.close();
});

it('a batch that the chain took before anybody heard of it is recorded as it stands there', async () => {
  const clock = new VirtualClock(START_MS);
  const chain = createChain();
  const { store, passing, change, recorded, problems } = await open(clock, chain.ledger);
  const taken = await change('A');
  chain.setFault('deaf');
  await passing(EVERY_S);
  expect(problems).toEqual(['the power is gone']);
  chain.setFault(undefined);
  const later = await change('B');
  await passing(EVERY_S);
  expect(await recorded()).toMatchObject([
    { batch: 0, count: 1, root: rootOf([taken]) },
    { batch: 1, count: 1, root: rootOf([later]) },
  ]);
  expect(chain.batches).toHaveLength(2);
  await store.close();
});

it('a batch that somebody else recorded is told, and nothing is recorded behind it', async () => {
  const clock = new VirtualClock(START_MS);
  const chain = createChain();
  const { store, passing, change, recorded, problems } = await open(clock, chain.ledger);
  await change('A');
  chain.batches.push({ count: 1, rootHex: 'ab'.repeat(32) });
  await passing(EVERY_S);
  expect(problems).toEqual([
    expect.stringMatching(/^Contract 0xd0 holds batch 0 of grants with root abab.*somebody else/),
  ]);
  expect(await recorded()).toEqual([]);
  await store.close();
});

it('a contract that the log could not be told of is not deployed once more', async () => {
  const clock = new VirtualClock(START_MS);
  const chain = createChain();
  const { store, passing, change, recorded, problems } = await open(clock, chain.ledger);
  const changes = [await change('A')];
  const append = jest.spyOn(store, 'append').mockRejectedValue(new Error('the disk is full'));
  await passing(3 * EVERY_S);
  expect(problems).toEqual(new Array(3).fill('the disk is full'));
  append.mockRestore();
  await passing(EVERY_S);
  expect(chain.deployed).toHaveLength(1);
  expect(await recorded()).toMatchObject([{ batch: 0, root: rootOf(changes), contract: '0xd0' }]);
  await store.close();
});
