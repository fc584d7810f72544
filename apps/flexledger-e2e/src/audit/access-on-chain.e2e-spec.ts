/**
 * Grants of data on the chain: the contract is deployed with the first of them, they stand there as one root a batch,
 * the audit computes it again, the trust file pins the contract, and a grant that is altered on the disk is named.
 */
import path from 'node:path';
import type { CheckName, TrustPolicy } from '@flexledger/audit';
import { auditLog, exportTrust } from '@flexledger/audit-cli';
import { type DataAccessChange, dataAccessEntry, podIdOf, toHex } from '@flexledger/domain';
import { sha256 } from '@flexledger/identity';
import { merkleRoot } from '@flexledger/merkle-log';
import Database from 'libsql';
import { type ServedDay, serveSimulatedDay } from '../testing/served-day';

const PODS = 4;
const customers = Array.from({ length: PODS }, (_, index) => `customer:${podIdOf(index)}`);
const BATCH_S = 300;

let served: ServedDay;
let trustBefore: TrustPolicy;
beforeAll(async () => {
  served = await serveSimulatedDay(PODS, customers);
});
afterAll(() => served.close());

const grant = (index: number, reader: string) =>
  served
    .as(customers[index]!)
    .put(`/api/v1/data-access/${podIdOf(index)}/readers/${reader}`, { dataSets: ['measurements'] });

async function changes(): Promise<DataAccessChange[]> {
  const found: DataAccessChange[] = [];
  const types = ['DataAccessGranted', 'DataAccessRevoked'];
  for await (const event of served.platform.store.readAll({ filter: { types } })) {
    found.push(event as unknown as DataAccessChange);
  }
  return found;
}

async function accessReport(trust?: TrustPolicy) {
  const report = await auditLog({ dataDir: served.dataDir, ...(trust && { trust }) });
  const of = (name: CheckName) => report.checks.find((check) => check.name === name)!;
  const failed = report.checks.filter(({ ok }) => !ok).map(({ name }) => name);
  return { access: of('access'), trust: of('trust'), failed };
}

it('stand there as one root a batch, in a contract that is deployed with the first', async () => {
  const { dataAccess } = served.platform.chain;
  expect(await dataAccess.named()).toBeUndefined();
  await grant(0, 'aggregator:NEW1');
  await grant(1, 'aggregator:NEW2');
  await served.pass(BATCH_S);
  const revocation = `/api/v1/data-access/${podIdOf(0)}/readers/aggregator:NEW1/revocation`;
  await served.as(customers[0]!).post(revocation, { reason: 'over' });
  await served.pass(BATCH_S);
  const contract = await dataAccess.at((await dataAccess.named())!);
  const rootOf = (some: readonly DataAccessChange[]): string =>
    toHex(merkleRoot(sha256, some.map(dataAccessEntry)));
  const all = await changes();
  expect(await contract.readBatches()).toMatchObject([
    { batch: 0, count: 2, rootHex: rootOf(all.slice(0, 2)) },
    { batch: 1, count: 1, rootHex: rootOf(all.slice(2)) },
  ]);
  // Nobody but the certifier is told that there are batches.
  const { body } = await served
    .as(customers[0]!)
    .get('/api/v1/events?types=DataAccessBatchRecorded');
  expect(body.items).toEqual([]);
});

it('hold in the audit, under a trust file that names the contract or says that it does not', async () => {
  await served.stop();
  const { access, failed } = await accessReport();
  expect([failed, access.count]).toEqual([[], 2]);
  const trust = await exportTrust({ dataDir: served.dataDir });
  const { accessContract, ...chain } = trust.chain;
  expect(accessContract?.workers).toHaveLength(1);
  const pinned = await accessReport(trust);
  expect([pinned.failed, pinned.trust.note]).toEqual([[], undefined]);
  trustBefore = { ...trust, chain };
  const before = await accessReport(trustBefore);
  expect(before.failed).toEqual([]);
  expect(before.trust.note).toMatch(/which the trust file does not name: it was made before/);
  const other = { ...accessContract!, address: `0x${'9'.repeat(40)}` };
  const forged = await accessReport({ ...trust, chain: { ...chain, accessContract: other } });
  expect(forged.failed).toEqual(['trust']);
});

it('that is altered on the disk is named with its batch', async () => {
  const database = new Database(path.join(served.dataDir, 'events.sqlite'));
  database
    .prepare(
      "UPDATE events SET data = replace(data, 'aggregator:NEW2', 'aggregator:NEW3') " +
        "WHERE type = 'DataAccessGranted'",
    )
    .run();
  database.close();
  const { access, failed } = await accessReport();
  expect(failed).toEqual(['hashes', 'inclusion', 'access']);
  expect(access.failures[0]!.reason).toMatch(/^the grants in it have root [0-9a-f]{64}, not /);
});
