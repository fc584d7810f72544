/** Two batches of grants; what the chain holds must be their roots, and nothing else. */
import { type DataAccessChange, dataAccessEntry, toHex } from '@flexledger/domain';
import { merkleRoot } from '@flexledger/merkle-log';
import type { ChainAccessBatch } from '../chain-snapshot';
import { createFindings } from '../report';
import { WHOLE_LOG } from '../scope';
import { smallLog, tools } from '../testing/node-tools';
import { type SmallEvent, failuresOf, smallChain } from '../testing/small-log';
import { createAccessCheck } from './access';

const contract = `0x${'44'.repeat(20)}`;
const source = 'IT002E00000001';
const owner = `customer:${source}`;
const { sha256 } = tools;

const granted = (reader: string): DataAccessChange => ({
  type: 'DataAccessGranted',
  data: { source, reader, owner, dataSets: ['measurements'], salt: '00'.repeat(16) },
});
const revoked = (reader: string): DataAccessChange => ({
  type: 'DataAccessRevoked',
  data: { source, reader, owner, reason: 'over', salt: '11'.repeat(16) },
});
const first = [granted('aggregator:A'), granted('aggregator:B')];
const second = [revoked('aggregator:A')];

const rootOf = (changes: readonly DataAccessChange[]): string =>
  toHex(merkleRoot(sha256, changes.map(dataAccessEntry)));
const eventsOf = (changes: readonly DataAccessChange[]): SmallEvent[] =>
  changes.map((change) => ({ streamId: `data-access-${source}`, ...change }));
const batchOf = (batch: number, changes: readonly DataAccessChange[]): SmallEvent => {
  const place = { contract, txHash: `0x${batch}`, blockNumber: batch };
  const data = { batch, count: changes.length, root: rootOf(changes), ...place };
  return { streamId: 'data-access-batches', type: 'DataAccessBatchRecorded', data };
};
const named: SmallEvent = {
  streamId: 'data-access-batches',
  type: 'DataAccessContractNamed',
  data: { contract, txHash: '0x9', blockNumber: 0 },
};
const held = (batch: number, changes: readonly DataAccessChange[]): ChainAccessBatch => ({
  batch,
  count: changes.length,
  rootHex: rootOf(changes),
  txHash: `0x${batch}`,
});
const whole = [
  named,
  ...eventsOf(first),
  batchOf(0, first),
  ...eventsOf(second),
  batchOf(1, second),
];
const chain = [held(0, first), held(1, second)];

async function checked(
  events: readonly SmallEvent[],
  batches: readonly ChainAccessBatch[] | string,
) {
  const findings = createFindings('access');
  const access = new Map([[contract, batches]]);
  const check = createAccessCheck(smallChain({ access }), WHOLE_LOG, sha256, findings);
  const found = await failuresOf(check, smallLog(events));
  const failures = found.map(({ position, reason }) => [position, reason]);
  return { failures, note: findings.report().note };
}

it('accepts batches that hold what was granted and revoked', async () => {
  expect(await checked(whole, chain)).toEqual({ failures: [], note: undefined });
  expect((await checked([], [])).failures).toEqual([]);
});

it('tells what waits for its batch, and what the log has not recorded yet', async () => {
  const later = [...whole, ...eventsOf([granted('aggregator:C')])];
  expect(await checked(later, chain)).toEqual({
    failures: [],
    note: '1 grants and revocations wait to be recorded on the chain',
  });
  const third = held(2, [granted('aggregator:C')]);
  expect(await checked(later, [...chain, third])).toEqual({
    failures: [],
    note: 'batch 2 of grants stands on the chain, and not yet in the log',
  });
});

it('names the batch of a grant that was altered, left out, or slipped in', async () => {
  const other = eventsOf([granted('aggregator:X'), granted('aggregator:B')]);
  const altered = [named, ...other, ...whole.slice(3)];
  expect((await checked(altered, chain)).failures).toEqual([
    [3, expect.stringMatching(/^the grants in it have root [0-9a-f]{64}, not /)],
  ]);
  const without = whole.filter((_, index) => index !== 4);
  expect((await checked(without, chain)).failures).toEqual([
    [4, 'it has 1 grants, of which the log holds 0'],
  ]);
});

it('names a batch that is missing in the log, or on the chain, or stands there otherwise', async () => {
  const gap = whole.filter((event) => event !== whole[3]);
  expect((await checked(gap, chain)).failures).toContainEqual([
    4,
    'batch 0 of grants is missing before batch 1',
  ]);
  expect((await checked(whole, chain.slice(0, 1))).failures).toEqual([
    [5, 'the chain knows no batch 1 of grants'],
  ]);
  const otherwise = [held(0, second), chain[1]!];
  expect((await checked(whole, otherwise)).failures).toEqual([
    [3, expect.stringContaining('the chain holds batch 0 otherwise: 1 grants')],
  ]);
  const elsewhere = [{ ...chain[0]!, txHash: '0xee' }, chain[1]!];
  expect((await checked(whole, elsewhere)).failures).toEqual([
    [3, 'the chain holds it in transaction 0xee'],
  ]);
});

it('names what the chain holds beside the log, and a second contract', async () => {
  const beside = held(2, [granted('aggregator:NOBODY')]);
  expect((await checked(whole, [...chain, beside])).failures).toEqual([
    [
      undefined,
      'the chain holds a batch 2 of 1 grants that the log does not know, transaction 0x2',
    ],
  ]);
  const again = { ...named, data: { ...named.data, contract: '0x55' } };
  expect((await checked([...whole, again], chain)).failures).toEqual([
    [6, `grants are recorded in ${contract}; a second contract is named`],
  ]);
});

it('is not run without the chain, and says so', async () => {
  expect((await checked(whole, 'the chain is silent')).failures).toEqual([
    [undefined, 'not run: the chain is silent'],
  ]);
});
