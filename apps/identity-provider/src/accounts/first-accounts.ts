/**
 * Who there is when a platform is served first: the usual parties, each with a client whose secret is
 * handed out in a file, an app for the command line and one for the screens, and one administrator whose password waits in
 * another until it is taken.
 * What an earlier release kept in `clients.json` is taken over with its hashes, so that secrets that were
 * handed out go on working. Doing it again changes nothing; one process does it at a time.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type CommandContext, contextOf } from '@flexledger/event-store';
import { SCOPES, type Scope, partyOf, scopesOf, secretMatches } from '@flexledger/identity';
import {
  type FiledClient,
  clientIdOf,
  handOutSecret,
  inTurn,
  putClientsFileAside,
  readClientsFile,
  writePrivately,
} from '@flexledger/service-kit';
import { type Accounts, scopesOfParty } from './accounts';
import type { Credentials } from './credentials';
import type { CredentialStore } from '../store/credential-store';

/** What was made just now. */
export interface FirstAccounts {
  /** Clients, whose secrets stand in `secretsFile`. */
  readonly clients: readonly string[];
  readonly secretsFile: string;
  /**
   * The first administrator, as long as its first password waits in a file for the owner of the data
   * folder; who has taken it deletes the file. The file is written before the password counts, so that
   * no start that fails loses it.
   */
  readonly administrator?: { readonly userId: string; readonly passwordFile: string };
}

export interface FirstAccountsOptions {
  readonly dataDir: string;
  /** Parties that get a client when they have none. */
  readonly actors: readonly string[];
  readonly accounts: Accounts;
  readonly credentials: Credentials;
  readonly store: CredentialStore;
}

/** The first administrator. */
const ADMINISTRATOR = 'admin';
const PASSWORD_FILE = 'admin-password.json';
/** The app by which people sign in at a terminal. */
export const TERMINAL_CLIENT = 'flexledger-cli';
/** The screens, which a browser runs; where they are is where the issuer is served. */
export const SCREENS_CLIENT = 'flexledger-screens';
const ACTOR = 'platform:identity';
const NAMES: Readonly<Record<string, string>> = {
  dso: 'Distribution system operator',
  tso: 'Transmission system operator',
  operator: 'Market administrator',
  auditor: 'Market authority',
};
/** Scopes that roles have got since release 0.1.0: a client that had all of its role then, has all now. */
const SINCE_FILES: readonly Scope[] = [
  'pods:qualify',
  'settlements:dispute',
  'availability:write',
  'processors:read',
  'parties:read',
  'parties:write',
  'users:write',
  'persons:read',
  'persons:write',
  'access:read',
];

export function makeFirstAccounts(options: FirstAccountsOptions): Promise<FirstAccounts> {
  return inTurn(path.join(options.dataDir, 'identity.lock'), () => make(options));
}

async function make(options: FirstAccountsOptions): Promise<FirstAccounts> {
  const { dataDir, actors, accounts, credentials, store } = options;
  for (const client of readClientsFile(dataDir)) await takeOver(client, options);
  putClientsFileAside(dataDir);
  const clients: string[] = [];
  for (const actor of actors) {
    const clientId = clientIdOf(actor);
    await register({ clientId, party: actor, scopes: scopesOfParty(actor) }, accounts);
    // One whose secret was lost between two steps gets another.
    if (store.secretHash('client', clientId) !== undefined) continue;
    await credentials.newSecret(clientId, (secret) => handOutSecret(dataDir, clientId, secret));
    clients.push(clientId);
  }
  for (const clientId of [TERMINAL_CLIENT, SCREENS_CLIENT]) {
    await register({ clientId, party: null, scopes: everyScope }, accounts);
  }
  const administrator = await makeAdministrator(options);
  const secretsFile = path.join(dataDir, 'client-secrets.json');
  return { clients, secretsFile, ...(administrator && { administrator }) };
}

async function takeOver(
  { clientId, actor, scopes, secretHash }: FiledClient,
  { accounts, store }: FirstAccountsOptions,
): Promise<void> {
  const all = scopesOf(partyOf(actor).role);
  const hadAll = all.every((scope) => scopes.includes(scope) || SINCE_FILES.includes(scope));
  await register({ clientId, party: actor, scopes: hadAll ? all : scopes }, accounts);
  if (store.secretHash('client', clientId) === undefined) {
    store.putSecretHash('client', clientId, secretHash);
  }
}

async function register(
  client: {
    readonly clientId: string;
    readonly party: string | null;
    readonly scopes: readonly Scope[];
  },
  accounts: Accounts,
): Promise<void> {
  const { clientId, party } = client;
  if (party !== null && (await accounts.partyState(party)).status === 'none') {
    const isCustomer = party.startsWith('customer:');
    const name = isCustomer ? null : (NAMES[party] ?? party);
    await accounts.party({ kind: 'registerParty', party, name }, context(`party/${party}`));
  }
  if ((await accounts.clientState(clientId)).status !== 'none') return;
  await accounts.client(
    { kind: 'registerClient', ...client, redirectUris: [] },
    context(`client/${clientId}`),
  );
}

async function makeAdministrator({
  dataDir,
  accounts,
  credentials,
  store,
}: FirstAccountsOptions): Promise<FirstAccounts['administrator']> {
  const userId = ADMINISTRATOR;
  const passwordFile = path.join(dataDir, PASSWORD_FILE);
  const hash = store.secretHash('user', userId);
  if (hash !== undefined) {
    return (await holdsPassword(passwordFile, hash)) ? { userId, passwordFile } : undefined;
  }
  if ((await accounts.userState(userId)).status === 'none') {
    if ((await accounts.partyState('operator')).status === 'none') return undefined;
    await accounts.user(
      { kind: 'createUser', userId, party: 'operator', roles: ['market-administrator'] },
      context(`user/${userId}`),
    );
  }
  await credentials.setPassword(userId, undefined, (password) =>
    writePrivately(passwordFile, { userId, password }),
  );
  return { userId, passwordFile };
}

/** Whether a file is there and holds the password that counts; it may have been changed since. */
async function holdsPassword(file: string, hash: string): Promise<boolean> {
  if (!existsSync(file)) return false;
  try {
    const { password } = JSON.parse(readFileSync(file, 'utf8')) as { password?: unknown };
    return typeof password === 'string' && (await secretMatches(password, hash));
  } catch {
    // What cannot be read tells nobody a password.
    return false;
  }
}

const everyScope = Object.keys(SCOPES) as Scope[];

const context = (step: string): CommandContext =>
  contextOf(`identity/first/${step}`, 'identity/first', ACTOR);
