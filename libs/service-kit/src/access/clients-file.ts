/**
 * The parties' clients and the issuer's key as files of the data folder, all for their owner only
 * (mode 0600). `clients.json` is what the issuer reads and holds scrypt hashes. The secrets
 * themselves stand once in `client-secrets.json`, to be handed out; the issuer never reads it, so
 * delete it when every party has its own.
 */
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import {
  type OAuthClient,
  type TokenKey,
  hashClientSecret,
  isScope,
  newClientSecret,
  newTokenKey,
  partyOf,
  scopesOf,
} from '@flexledger/identity';
import { inTurn } from './turn-by-file';

const CLIENTS_FILE = 'clients.json';
const SECRETS_FILE = 'client-secrets.json';
const KEY_FILE = 'token-key.json';

/** Parties of a small market, each with one client. */
export const DEFAULT_ACTORS: readonly string[] = [
  'dso',
  'tso',
  'aggregator:AGG1',
  'operator',
  'auditor',
];

export interface OpenedClients {
  readonly clients: readonly OAuthClient[];
  /** Clients made just now; their secrets stand in `secretsFile`. */
  readonly created: readonly string[];
  readonly secretsFile: string;
}

/**
 * Opens the clients file. Each of `actors` that has no client gets one, with a random secret and
 * every scope of its role; a client that stands is left as it is.
 *
 * @throws Error when a file cannot be used, naming it and the remedy
 */
export async function openClients(
  dataDir: string,
  actors: readonly string[] = DEFAULT_ACTORS,
): Promise<OpenedClients> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const secretsFile = path.join(dataDir, SECRETS_FILE);
  const standing = clientsOf(dataDir);
  if (actors.every((actor) => hasClient(standing, actor))) {
    return { clients: standing, created: [], secretsFile };
  }
  // Several processes may begin at once: two files are written, which have to belong together.
  const turnFile = path.join(dataDir, 'clients.lock');
  return inTurn(turnFile, () => addClients(dataDir, actors));
}

async function addClients(dataDir: string, actors: readonly string[]): Promise<OpenedClients> {
  const secretsFile = path.join(dataDir, SECRETS_FILE);
  const standing = clientsOf(dataDir);
  const missing = actors.filter((actor) => !hasClient(standing, actor));
  if (missing.length === 0) return { clients: standing, created: [], secretsFile };
  const secrets = existsSync(secretsFile) ? secretsIn(secretsFile) : {};
  const added: OAuthClient[] = [];
  for (const actor of missing) {
    const client = clientIdOf(actor);
    const secret = newClientSecret();
    secrets[client] = secret;
    added.push({
      clientId: client,
      actor,
      scopes: scopesOf(partyOf(actor).role),
      secretHash: await hashClientSecret(secret),
    });
  }
  const clients = [...standing, ...added];
  // The secrets first: a crash between the two leaves clients to be made again, none without secret.
  writePrivately(secretsFile, secrets);
  writePrivately(path.join(dataDir, CLIENTS_FILE), { clients });
  return { clients, created: added.map(({ clientId }) => clientId), secretsFile };
}

function clientsOf(dataDir: string): readonly OAuthClient[] {
  const file = path.join(dataDir, CLIENTS_FILE);
  return existsSync(file) ? clientsIn(file) : [];
}

const hasClient = (clients: readonly OAuthClient[], actor: string): boolean =>
  clients.some((client) => client.actor === actor);

/** Client id of an actor's first client: `aggregator-AGG1`; no colon, which HTTP Basic keeps. */
export function clientIdOf(actor: string): string {
  return actor.replaceAll(':', '-');
}

/**
 * The secret of a client, from the file that `openClients` wrote; for our own command line and
 * simulators on the same machine.
 *
 * @throws Error when the file is gone or does not hold the client
 */
export function readClientSecret(dataDir: string, clientId: string): string {
  const file = path.join(dataDir, SECRETS_FILE);
  const secret = secretsIn(file)[clientId];
  if (secret !== undefined) return secret;
  throw new Error(`${file} holds no secret of client ${clientId}; it was handed out and removed.`);
}

/** The issuer's signing key, made on the first call; tokens then outlive a restart. */
export async function openTokenKey(dataDir: string): Promise<TokenKey> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = path.join(dataDir, KEY_FILE);
  if (existsSync(file)) {
    const key = readPrivately(file) as TokenKey;
    if (typeof key?.kid === 'string' && key.kty === 'EC' && typeof key.d === 'string') return key;
    throw new Error(`${file} holds no private signing key; remove it and a new one is made.`);
  }
  // Several processes may begin at once: the first one's key is that of all.
  writeOnce(file, await newTokenKey());
  return openTokenKey(dataDir);
}

function clientsIn(file: string): OAuthClient[] {
  const { clients } = (readPrivately(file) ?? {}) as { clients?: unknown };
  if (!Array.isArray(clients)) throw new Error(`${file} lacks the list "clients".`);
  return clients.map((client: unknown, index) => {
    const problem = clientProblem((client ?? {}) as Partial<OAuthClient>);
    if (problem) throw new Error(`${file}: clients[${index}] ${problem}.`);
    return client as OAuthClient;
  });
}

function clientProblem({ clientId, actor, scopes, secretHash }: Partial<OAuthClient>): string {
  if (typeof clientId !== 'string' || clientId === '') return 'has no clientId';
  if (typeof secretHash !== 'string') return `(${clientId}) has no secretHash`;
  const unknown = Array.isArray(scopes) ? scopes.find((scope) => !isScope(scope)) : 'none';
  if (unknown !== undefined) return `(${clientId}) has the unknown scope "${unknown}"`;
  try {
    partyOf(actor ?? '');
    return '';
  } catch (error) {
    return `(${clientId}): ${(error as Error).message}`;
  }
}

function secretsIn(file: string): Record<string, string> {
  return readPrivately(file) as Record<string, string>;
}

function readPrivately(file: string): unknown {
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) {
    throw new Error(`${file} is open to other users of this machine; run: chmod 600 ${file}`);
  }
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new Error(`${file} is not JSON; restore it, or remove it and a new one is made.`);
  }
}

/**
 * Writes a new file, whole or not at all; one that another process has made meanwhile stays as it is.
 *
 * @throws Error when the folder cannot be written
 */
export function writeOnce(file: string, document: unknown): void {
  const whole = `${file}.${process.pid}`;
  writeFileSync(whole, `${JSON.stringify(document, null, 2)}\n`, { mode: 0o600 });
  try {
    linkSync(whole, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(whole);
  }
}

function writePrivately(file: string, content: unknown): void {
  const beside = `${file}.new`;
  writeFileSync(beside, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  // The mode above counts only for a new file.
  chmodSync(beside, 0o600);
  renameSync(beside, file);
}
