/**
 * Secrets and the issuer's key as files of the data folder, all for their owner only (mode 0600). The
 * secrets of the first clients stand once in `client-secrets.json`, to be handed out; the issuer never
 * reads it, so delete it when every party has its own. `clients.json` is of earlier releases, which read
 * their clients from it; it is taken over once.
 */
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { type Scope, type TokenKey, isScope, newTokenKey, partyOf } from '@flexledger/identity';

const CLIENTS_FILE = 'clients.json';
const SECRETS_FILE = 'client-secrets.json';
const KEY_FILE = 'token-key.json';

/** Parties of a small market, each of which gets a client by itself. */
export const DEFAULT_ACTORS: readonly string[] = [
  'dso',
  'tso',
  'aggregator:AGG1',
  'operator',
  'auditor',
];

/** Client id of an actor's first client: `aggregator-AGG1`; no colon, which HTTP Basic keeps. */
export function clientIdOf(actor: string): string {
  return actor.replaceAll(':', '-');
}

/**
 * The secret of a client that `handOutSecret` wrote down, for programs on the same machine.
 *
 * @throws Error when the file is gone or does not hold the client
 */
export function readClientSecret(dataDir: string, clientId: string): string {
  const file = path.join(dataDir, SECRETS_FILE);
  const secret = secretsIn(file)[clientId];
  if (secret !== undefined) return secret;
  throw new Error(`${file} holds no secret of client ${clientId}; it was handed out and removed.`);
}

/**
 * Adds a client's secret to the file to be handed out. One process at a time.
 *
 * @returns the file
 */
export function handOutSecret(dataDir: string, clientId: string, secret: string): string {
  const file = path.join(dataDir, SECRETS_FILE);
  const secrets = existsSync(file) ? secretsIn(file) : {};
  writePrivately(file, { ...secrets, [clientId]: secret });
  return file;
}

/** A client as an earlier release kept it. */
export interface FiledClient {
  readonly clientId: string;
  /** Party it speaks for: `dso`, `aggregator:AGG1`. */
  readonly actor: string;
  readonly scopes: readonly Scope[];
  /** As `hashClientSecret` gives it. */
  readonly secretHash: string;
}

/**
 * The clients that an earlier release left in the folder; none where there are none, or they were taken
 * over already.
 *
 * @throws Error when the file cannot be used, naming it and the remedy
 */
export function readClientsFile(dataDir: string): readonly FiledClient[] {
  const file = path.join(dataDir, CLIENTS_FILE);
  return existsSync(file) ? clientsIn(file) : [];
}

/** Says that what `readClientsFile` gave was taken over: the file stays beside, under another name. */
export function putClientsFileAside(dataDir: string): void {
  const file = path.join(dataDir, CLIENTS_FILE);
  if (existsSync(file)) renameSync(file, `${file}.imported`);
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

function clientsIn(file: string): FiledClient[] {
  const { clients } = (readPrivately(file) ?? {}) as { clients?: unknown };
  if (!Array.isArray(clients)) throw new Error(`${file} lacks the list "clients".`);
  return clients.map((client: unknown, index) => {
    const problem = clientProblem((client ?? {}) as Partial<FiledClient>);
    if (problem) throw new Error(`${file}: clients[${index}] ${problem}.`);
    return client as FiledClient;
  });
}

function clientProblem({ clientId, actor, scopes, secretHash }: Partial<FiledClient>): string {
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
  try {
    writeDurably(whole, document);
    linkSync(whole, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(whole, { force: true });
  }
  syncFolder(path.dirname(file));
}

/**
 * Writes a file for its owner only, whole or not at all, in the place of one that is there.
 *
 * @throws Error when the folder cannot be written
 */
export function writePrivately(file: string, content: unknown): void {
  const beside = `${file}.${process.pid}`;
  writeDurably(beside, content);
  // The mode above counts only for a new file.
  chmodSync(beside, 0o600);
  renameSync(beside, file);
  syncFolder(path.dirname(file));
}

/** On the disk when it returns, for its owner only. */
function writeDurably(file: string, document: unknown): void {
  const text = `${JSON.stringify(document, null, 2)}\n`;
  writeFileSync(file, text, { mode: 0o600, flush: true });
}

/** Makes a new name durable; Windows neither needs nor allows it. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
