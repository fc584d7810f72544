/** Batches of grants on the chain: one after another, each once, by the recorder alone. Method: a real anvil. */
import { Wallet } from 'ethers';
import { type Anvil, startAnvil } from './anvil';
import { type Chain, connectChain } from './chain';
import { contractAt } from './contract';
import { type DataAccess, dataAccessAt, deployDataAccess } from './data-access';
import { readDuties } from './duties';
import { dataAccessArtefact } from './generated/data-access';

const keyOf = (digits: string): string => `0x${digits.repeat(32)}`;
const rootHexOf = (index: number): string => index.toString(16).padStart(64, '0');
const NOW_MS = Date.parse('2026-03-17T10:00:00Z');

let anvil: Anvil;
let operator: Chain;
let guardian: Chain;
let access: DataAccess;

beforeAll(async () => {
  const fundedAddresses = ['01', '02'].map((digits) => new Wallet(keyOf(digits)).address);
  anvil = await startAnvil({ fundedAddresses, genesisTimestampS: NOW_MS / 1_000 - 3_600 });
  const options = { rpcUrl: anvil.rpcUrl, timeoutMs: 5_000, ownDevelopmentChain: true };
  operator = await connectChain({ ...options, privateKey: keyOf('01') });
  guardian = await connectChain({ ...options, privateKey: keyOf('02') });
});
beforeEach(async () => {
  const duties = { guardian: guardian.senderAddress };
  access = (await deployDataAccess(operator, duties)).contract;
});
afterAll(() => anvil.stop());

const batch = (index: number, count = 3) => ({
  batch: index,
  count,
  rootHex: rootHexOf(index + 1),
});

it('follow one another, and are told with their transactions', async () => {
  const [first, second] = [await access.record(batch(0)), await access.record(batch(1, 1))];
  expect(await access.batchCount()).toBe(2);
  const placeOf = ({ txHash, blockNumber }: typeof first) => ({ txHash, blockNumber });
  expect(await access.readBatches()).toEqual([
    { ...batch(0), ...placeOf(first) },
    { ...batch(1, 1), ...placeOf(second) },
  ]);
});

it('are never left out, empty or altered, and recorded once when they are sent again', async () => {
  await expect(access.record(batch(1))).rejects.toMatchObject({ reason: 'NotNext(1, 0)' });
  await expect(access.record(batch(0, 0))).rejects.toMatchObject({ errorName: 'EmptyBatch' });
  await access.record(batch(0));
  await access.record(batch(0));
  const differs = { errorName: 'BatchDiffers' };
  await expect(access.record(batch(0, 4))).rejects.toMatchObject(differs);
  const other = { ...batch(0), rootHex: rootHexOf(9) };
  await expect(access.record(other)).rejects.toMatchObject(differs);
  expect(await access.readBatches()).toHaveLength(1);
  await access.record(batch(1));
});

it('cost the same, whatever the number of their changes', async () => {
  await access.record(batch(0));
  const gas = [(await access.record(batch(1, 1))).gasUsed];
  gas.push((await access.record(batch(2, 10_000))).gasUsed);
  expect(Number(gas[1]! - gas[0]!)).toBeLessThan(100);
  expect(Number(gas[1])).toBeLessThan(120_000);
});

it('are a matter of the recorder alone, whom the guardian stops', async () => {
  const asGuardian = await dataAccessAt(guardian, access.address);
  const unauthorised = { errorName: 'AccessControlUnauthorizedAccount' };
  await expect(asGuardian.record(batch(0))).rejects.toMatchObject(unauthorised);
  const raw = await contractAt(guardian, [dataAccessArtefact], access.address);
  await raw.send('pause', []);
  await expect(access.record(batch(0))).rejects.toMatchObject({ errorName: 'EnforcedPause' });
  expect(await readDuties(operator, access.address)).toEqual({
    admin: operator.senderAddress,
    workers: [operator.senderAddress],
    guardians: [guardian.senderAddress],
  });
});
