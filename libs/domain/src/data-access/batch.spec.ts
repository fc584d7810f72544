/** Batches of grants: one contract, each batch once and in its turn; leaves that nobody guesses. */
import { givenOf } from '../testing/decider-spec';
import { type DataAccessBatchEvent, dataAccessBatchDecider, dataAccessEntry } from './batch';

const given = givenOf(dataAccessBatchDecider);
const place = { txHash: '0xaa', blockNumber: 7 };
const contract = `0x${'11'.repeat(20)}`;
const named: DataAccessBatchEvent = {
  type: 'DataAccessContractNamed',
  data: { contract, ...place },
};
const batchOf = (batch: number) => ({ batch, count: 2, root: 'bb', contract, ...place });
const recorded = (batch: number): DataAccessBatchEvent => {
  return { type: 'DataAccessBatchRecorded', data: batchOf(batch) };
};
const name = { kind: 'nameContract', contract, ...place } as const;
const record = (batch: number) => ({ kind: 'recordBatch', ...batchOf(batch) }) as const;

it('stand in one contract, which is named once', () => {
  given().when(name).then(named);
  given(named).when(name).then();
  const other = `0x${'22'.repeat(20)}`;
  given(named)
    .when({ ...name, contract: other })
    .thenRefused('another-contract');
  given(named)
    .when({ ...record(0), contract: other })
    .thenRefused('another-contract');
});

it('follow one another, each once', () => {
  given(named).when(record(0)).then(recorded(0));
  given(named, recorded(0)).when(record(0)).then();
  given(named, recorded(0)).when(record(1)).then(recorded(1));
  given(named).when(record(1)).thenRefused('batch-out-of-order');
  given().when(record(0)).thenRefused('batch-out-of-order');
  given(named)
    .when({ ...record(0), count: 0 })
    .thenRefused('batch-out-of-order');
});

it('hold each change under its salt', () => {
  const data = {
    source: 'IT002E60000001',
    reader: 'aggregator:AGG2',
    owner: 'customer:IT002E60000001',
    dataSets: ['measurements'],
    salt: '0123456789abcdef0123456789abcdef',
  } as const;
  const entry = dataAccessEntry({ type: 'DataAccessGranted', data });
  expect(new TextDecoder().decode(entry)).toBe(
    '{"change":"granted","dataSets":["measurements"],"owner":"customer:IT002E60000001",' +
      '"reader":"aggregator:AGG2","salt":"0123456789abcdef0123456789abcdef","source":"IT002E60000001"}',
  );
});
