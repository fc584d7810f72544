/** Persons (D3.3 A.5.1): readable while their key stands, gone with it, and the log goes on holding. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { canonicalJson, eventHash } from '@flexledger/domain';
import { sha256 } from '@flexledger/identity';
import { wallClock } from '@flexledger/runtime';
import Database from 'libsql';
import { type IdentityTrial, serveIdentity } from '../testing/identity-trial';
import { createAccounts } from '../accounts/accounts';
import { IDENTITY_POLICY } from '../policy';
import { openCredentialStore } from '../store/credential-store';
import { createPersons } from './persons';
import { newPersonKey, seal, unseal } from './seal';

const NAME = 'Mario Rossi-Unmistakable';
const fields = {
  name: NAME,
  address: 'Via Appia 1',
  contact: 'm@r.it',
  podIds: ['IT1'],
  userId: 'u',
};

let trial: IdentityTrial;
beforeEach(async () => {
  trial = await serveIdentity({ personRetentionDays: 10 });
});
afterEach(async () => {
  expect(trial.problems).toEqual([]);
  await trial.close();
});

const { address, contact, podIds, userId } = fields;
const record = (id = 'p-1', actor = 'aggregator:AGG1') =>
  trial.call(actor, `PUT /api/v1/persons/${id}`, { name: NAME, address, contact, podIds, userId });
const read = (actor = 'aggregator:AGG1', id = 'p-1') =>
  trial.call(actor, `GET /api/v1/persons/${id}`);

/** All that the data folder and the log hold, as text. */
async function everything(): Promise<string> {
  let text = '';
  for await (const event of trial.log.readAll()) text += JSON.stringify(event);
  for (const file of ['identity.sqlite', 'identity.sqlite-wal']) {
    text += readFileSync(path.join(trial.dataDir, file), 'latin1');
  }
  return text;
}

it('are read by who keeps them, and by nobody else', async () => {
  expect((await record()).status).toBe(200);
  expect(await read()).toMatchObject({
    status: 200,
    body: { personId: 'p-1', holder: 'aggregator:AGG1', status: 'recorded', fields },
  });
  expect((await read('operator')).status).toBe(200);
  for (const stranger of ['aggregator:AGG2', 'dso', 'auditor']) {
    expect([stranger, (await read(stranger)).status]).toEqual([stranger, 403]);
  }
  expect((await read('operator', 'nobody')).status).toBe(404);
  const { body } = await trial.call('aggregator:AGG1', 'GET /api/v1/persons');
  expect(body.items).toEqual([
    { personId: 'p-1', holder: 'aggregator:AGG1', status: 'recorded', keptUntil: '2026-03-27' },
  ]);
  expect((await record('p-1', 'operator')).body.code).toBe('person-exists');
});

it('stand in the log without a word of them', async () => {
  await record();
  const text = await everything();
  expect(text).toContain('PersonRecorded');
  for (const word of [NAME, address, contact]) expect(text).not.toContain(word);
});

it('are gone once erased: key, fields and all, while every hash holds', async () => {
  await record();
  const store = new Database(path.join(trial.dataDir, 'identity.sqlite'));
  const { keyHex: key } = store.prepare('SELECT keyHex FROM persons').get() as { keyHex: string };
  store.close();
  expect(await everything()).toContain(key);
  const hashes = async () => {
    const all: [string, string][] = [];
    for await (const event of trial.log.readAll()) {
      const dataJson = canonicalJson(event.data);
      all.push([event.hash, eventHash(sha256, { ...event, dataJson })]);
    }
    return all;
  };
  const before = await hashes();
  expect((await trial.call('aggregator:AGG1', 'DELETE /api/v1/persons/p-1')).status).toBe(204);
  expect((await read()).body).toMatchObject({ status: 'erased', fields: null });
  expect(await everything()).not.toContain(key);
  const after = await hashes();
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after).toHaveLength(before.length + 1);
  for (const [stored, computed] of after) expect(computed).toBe(stored);
  expect((await record()).body.code).toBe('person-erased');
  expect((await trial.call('operator', 'DELETE /api/v1/persons/p-1')).status).toBe(204);
  expect((await trial.call('operator', 'DELETE /api/v1/persons/p-9')).status).toBe(404);
});

it('are erased by themselves when they were kept long enough', async () => {
  await record('old');
  const days = (count: number) => trial.clock.advanceTo(trial.clock.nowMs() + count * 86_400_000);
  await days(9);
  await record('new');
  await days(3);
  expect((await read('operator', 'old')).body.status).toBe('erased');
  expect((await read('operator', 'new')).body).toMatchObject({ status: 'recorded', fields });
});

it('are not erased when they were recorded anew since they were found to be over', async () => {
  await record('renewed');
  const listed = { personId: 'renewed', holder: 'aggregator:AGG1', status: 'recorded' };
  const problems: string[] = [];
  // The view as it was: the record seems to have been over for long.
  const stale = {
    find: async () => ({ items: [{ ...listed, keptUntil: '2020-01-01' }], next: null }),
  };
  const store = openCredentialStore(path.join(trial.dataDir, 'identity.sqlite'), wallClock);
  const persons = createPersons({
    accounts: createAccounts({ store: trial.log, clock: trial.clock }),
    store,
    documents: stale as never,
    caughtUp: async () => undefined,
    clock: trial.clock,
    policy: IDENTITY_POLICY,
  });
  const end = persons.keepRetention(trial.clock, (problem) => problems.push(problem));
  await trial.clock.advanceTo(trial.clock.nowMs() + 120_000);
  end();
  store.close();
  expect(problems).toEqual([]);
  expect((await read('aggregator:AGG1', 'renewed')).body).toMatchObject({
    status: 'recorded',
    fields,
  });
});

it('whose key a reader of the file keeps in its journal are told not to be erased yet', async () => {
  await record();
  const reader = new Database(path.join(trial.dataDir, 'identity.sqlite'), { readonly: true });
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM persons').get();
  const erase = () => trial.call('aggregator:AGG1', 'DELETE /api/v1/persons/p-1');
  const { status, headers, body } = await erase();
  expect([status, body.detail]).toEqual([503, expect.stringContaining('erase the record again')]);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  reader.exec('ROLLBACK');
  reader.close();
  expect((await erase()).status).toBe(204);
  expect((await read()).body.status).toBe('erased');
});

describe('a sealed record', () => {
  it('opens with its key for its person, and with nothing else', () => {
    const key = newPersonKey();
    const sealed = seal(fields, 'p-1', key);
    expect(unseal(sealed, 'p-1', key)).toEqual(fields);
    expect(() => unseal(sealed, 'p-2', key)).toThrow();
    expect(() => unseal(sealed, 'p-1', newPersonKey())).toThrow();
    const bytes = Buffer.from(sealed, 'base64url');
    bytes[20]! ^= 1;
    expect(() => unseal(bytes.toString('base64url'), 'p-1', key)).toThrow();
  });

  it('is another each time', () => {
    const key = newPersonKey();
    expect(seal(fields, 'p-1', key)).not.toBe(seal(fields, 'p-1', key));
  });
});
