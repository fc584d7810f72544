/** A folder of an earlier release: its clients go on with the secrets that were handed out. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { contextOf, openSqliteEventStore } from '@flexledger/event-store';
import { hashClientSecret, partyOf, scopesOf } from '@flexledger/identity';
import { wallClock } from '@flexledger/runtime';
import { type FiledClient, repositoryRoot } from '@flexledger/service-kit';
import { IDENTITY_POLICY } from '../policy';
import { openCredentialStore } from '../store/credential-store';
import { createAccounts } from './accounts';
import { createCredentials } from './credentials';
import { makeFirstAccounts } from './first-accounts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'first-accounts-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

/** A process of the operator. */
function open() {
  const log = openSqliteEventStore({ path: path.join(dataDir, 'events.sqlite'), clock: wallClock });
  const store = openCredentialStore(path.join(dataDir, 'identity.sqlite'), wallClock);
  const accounts = createAccounts({ store: log, clock: wallClock });
  const credentials = createCredentials(store, IDENTITY_POLICY);
  return {
    log,
    accounts,
    credentials,
    store,
    make: (actors: readonly string[] = ['operator', 'dso']) =>
      makeFirstAccounts({ dataDir, actors, accounts, credentials, store }),
    async close() {
      store.close();
      await log.close();
    },
  };
}

it('takes the clients over with their hashes, and gives new rights to who had all', async () => {
  const released = path.join(repositoryRoot(), 'infra/releases/0.1.0/day-20');
  const read = (name: string) => JSON.parse(readFileSync(path.join(released, name), 'utf8'));
  const { clients: made } = read('clients.json') as { clients: FiledClient[] };
  const secrets = read('client-secrets.json') as Record<string, string>;
  const secretHash = await hashClientSecret('handed out');
  const few = { actor: 'aggregator:OLD', scopes: ['results:read'] };
  const clients = [...made, { clientId: 'reader', ...few, secretHash }];
  const file = path.join(dataDir, 'clients.json');
  writeFileSync(file, JSON.stringify({ clients }), { mode: 0o600 });
  const process = open();
  expect((await process.make()).clients).toEqual([]);
  expect([existsSync(file), existsSync(`${file}.imported`)]).toEqual([false, true]);
  for (const { clientId, actor } of made) {
    const matches = process.credentials.clientSecretMatches(clientId, secrets[clientId]!);
    expect([clientId, await matches]).toEqual([clientId, true]);
    expect(await process.accounts.clientRights(clientId)).toMatchObject({
      party: actor,
      scopes: scopesOf(partyOf(actor).role),
    });
  }
  expect(await process.credentials.clientSecretMatches('reader', 'handed out')).toBe(true);
  expect(await process.accounts.clientRights('reader')).toMatchObject({
    party: 'aggregator:OLD',
    scopes: ['results:read'],
  });
  await process.close();
});

it('is done once by many who begin at once, and again changes nothing', async () => {
  const processes = [open(), open(), open()];
  const made = await Promise.all(processes.map((process) => process.make()));
  expect(made.flatMap(({ clients }) => clients).sort()).toEqual(['dso', 'operator']);
  // Whichever made it, all know where its password waits, and it is the one that counts.
  const passwordFile = path.join(dataDir, 'admin-password.json');
  for (const { administrator } of made) {
    expect(administrator).toEqual({ userId: 'admin', passwordFile });
  }
  const { password } = JSON.parse(readFileSync(passwordFile, 'utf8')) as { password: string };
  expect(await processes[0]!.credentials.passwordMatches('admin', password, 'here')).toBe(true);
  const head = await processes[0]!.log.head();
  await processes[1]!.make();
  expect(await processes[0]!.log.head()).toBe(head);
  for (const process of processes) await process.close();
});

describe('the first administrator’s password', () => {
  const file = () => path.join(dataDir, 'admin-password.json');
  const passwordIn = () =>
    (JSON.parse(readFileSync(file(), 'utf8')) as { password: string }).password;

  it('waits in its file, at whatever start, until that is deleted or another password counts', async () => {
    const first = open();
    expect((await first.make()).administrator).toBeDefined();
    const password = passwordIn();
    expect((await first.make()).administrator).toBeDefined();
    expect(passwordIn()).toBe(password);
    await first.credentials.setPassword('admin', 'another horse battery');
    expect((await first.make()).administrator).toBeUndefined();
    rmSync(file());
    expect((await first.make()).administrator).toBeUndefined();
    await first.close();
  });

  it('does not count before it stands there', async () => {
    const unwritable = open();
    mkdirSync(file());
    await expect(unwritable.make()).rejects.toThrow(/EISDIR|ENOTDIR|EEXIST|directory/);
    expect(unwritable.store.secretHash('user', 'admin')).toBeUndefined();
    rmdirSync(file());
    expect((await unwritable.make()).administrator).toBeDefined();
    expect(await unwritable.credentials.passwordMatches('admin', passwordIn(), 'here')).toBe(true);
    await unwritable.close();
  });
});

it('leaves a disabled client as it is, and repairs one whose secret was never stored', async () => {
  const process = open();
  await process.make();
  const by = (name: string) => contextOf(name, name, 'operator');
  const off = { kind: 'disableClient', clientId: 'dso', reason: 'lost' } as const;
  await process.accounts.client(off, by('off'));
  const party = { kind: 'registerParty', party: 'tso', name: 'TSO' } as const;
  await process.accounts.party(party, by('party'));
  const cutOff = { clientId: 'tso', party: 'tso', scopes: ['market:read'], redirectUris: [] };
  await process.accounts.client({ kind: 'registerClient', ...cutOff }, by('cut off'));
  expect((await process.make(['operator', 'dso', 'tso'])).clients).toEqual(['tso']);
  expect(await process.accounts.clientRights('dso')).toBeUndefined();
  expect(process.store.secretHash('client', 'tso')).toMatch(/^scrypt/);
  await process.close();
});
