import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ed25519KeyFrom, sha256Hex } from '@flexledger/identity';
import { messageOf } from '@flexledger/runtime';
import { writeOnce, writePrivately } from '@flexledger/service-kit';

/** The platform's own secrets, in `keys.json` of the data folder, readable by its owner only. */
export interface PlatformKeys {
  /** Of the chain account that anchors and awards; 32 bytes hex. */
  readonly chainKey: string;
  /** Ed25519 seed that signs checkpoints; 32 bytes hex. */
  readonly checkpointKey: string;
  /** The one that the log may still be signed with, to hand over to `checkpointKey`. */
  readonly checkpointKeyBefore?: string;
  /** From which the tokens of MQTT clients and, apart from them, the salts of settled rows are derived; 32 bytes hex. */
  readonly brokerSecret: string;
}

/** Where a data folder keeps them. */
export const keysFile = (dataDir: string): string => path.join(dataDir, 'keys.json');

/** Where a simulated day that is served keeps those that follow from no seed. */
const servedKeysFile = (dataDir: string): string => path.join(dataDir, 'served-keys.json');

/** Where a key of the log waits that is to follow one that is to be ended. */
const nextKeyFile = (dataDir: string): string => path.join(dataDir, 'next-key.json');

const NAMES = ['chainKey', 'checkpointKey', 'brokerSecret'] as const;
type Name = (typeof NAMES)[number];

/**
 * The keys of a data folder; made on first use, at random or, for a simulated day, from its seed.
 *
 * @throws Error when the file is there but is not such a file
 */
export function openKeys(dataDir: string, seed: number | undefined): PlatformKeys {
  const file = keysFile(dataDir);
  if (existsSync(file)) return readKeys(file, NAMES);
  const make = (name: Name): string => (seed === undefined ? randomKey() : keyOfSeed(seed, name));
  const keys = {
    chainKey: make('chainKey'),
    checkpointKey: make('checkpointKey'),
    brokerSecret: make('brokerSecret'),
  };
  // Several processes may begin at once: the first one's keys are those of all.
  writeOnce(file, keys);
  return readKeys(file, NAMES);
}

/**
 * The keys of a data folder that is served. Those of a simulated day follow from its seed, so that anybody
 * can compute them: others take their place. The account on the chain stays the day's: its contracts obey
 * it, and who does not own the folder does not reach the embedded chain.
 *
 * @param daySeed of the day that was simulated in the folder
 * @throws Error as `openKeys`
 */
export function openServedKeys(dataDir: string, daySeed: number | undefined): PlatformKeys {
  const keys = openKeys(dataDir, undefined);
  if (daySeed === undefined || keys.brokerSecret !== keyOfSeed(daySeed, 'brokerSecret'))
    return keys;
  const file = servedKeysFile(dataDir);
  if (!existsSync(file)) {
    writeOnce(file, { checkpointKey: randomKey(), brokerSecret: randomKey() });
  }
  const served = readKeys(file, ['checkpointKey', 'brokerSecret']);
  return { ...keys, ...served, checkpointKeyBefore: keys.checkpointKey };
}

/**
 * The seed of the key that is to follow the log's, made at random where there is none yet; 32 bytes hex.
 *
 * @throws Error when the file is there but is not such a file
 */
export function openNextKey(dataDir: string): string {
  const file = nextKeyFile(dataDir);
  if (!existsSync(file)) writeOnce(file, { checkpointKey: randomKey() });
  return readKeys(file, ['checkpointKey']).checkpointKey;
}

/**
 * The key that was to follow is the log's from the next start on; nothing is done where another one follows, as one in
 * a token.
 *
 * @param publicKey Ed25519, hex, of the key that follows
 * @throws Error as `openNextKey`
 */
export function putNextKeyInPlace(dataDir: string, publicKey: string): void {
  const waiting = nextKeyFile(dataDir);
  if (!existsSync(waiting)) return;
  const next = readKeys(waiting, ['checkpointKey']);
  if (ed25519KeyFrom(next.checkpointKey).publicKey !== publicKey) return;
  const served = servedKeysFile(dataDir);
  const file = existsSync(served) ? served : keysFile(dataDir);
  const kept = JSON.parse(readFileSync(file, 'utf8')) as object;
  writePrivately(file, { ...kept, checkpointKey: next.checkpointKey });
  rmSync(waiting);
}

// The leading zero byte keeps every key below the order of its curve.
function randomKey(): string {
  return `00${randomBytes(31).toString('hex')}`;
}

function keyOfSeed(seed: number, name: Name): string {
  return `00${sha256Hex(`flexledger/${seed}/platform/${name}`).slice(2)}`;
}

/** An MQTT client's token: only who knows the secret can make it. */
export function brokerToken(keys: PlatformKeys, client: string): string {
  return sha256Hex(`${keys.brokerSecret}/${client}`);
}

/**
 * The broker password of a PoD's node. The first one's has stood since release 0.1.0; each that takes
 * its place has another, so that the one before it stays out.
 */
export function nodeToken(keys: PlatformKeys, podId: string, enrolments: number): string {
  return brokerToken(keys, enrolments === 1 ? podId : `${podId}/${enrolments}`);
}

/** The broker password of another organisation's user. */
export function carrierToken(keys: PlatformKeys, username: string): string {
  return brokerToken(keys, `carrier/${username}`);
}

/**
 * From which the market makes the salts of settled rows. Derived otherwise than the passwords, so that no name of
 * an MQTT client leads to it; rows that were settled before have their salts in the log.
 */
export function rowSaltKey(keys: PlatformKeys): string {
  return createHmac('sha256', keys.brokerSecret)
    .update('flexledger/settlement/salts')
    .digest('hex');
}

/** The password of a phasor measurement unit or data server at the broker. */
export function sourceToken(keys: PlatformKeys, username: string): string {
  return brokerToken(keys, `source/${username}`);
}

/** The password of an aggregator's systems at the broker. */
export function aggregatorToken(keys: PlatformKeys, aggregatorId: string): string {
  return brokerToken(keys, `aggregator/${aggregatorId}`);
}

/**
 * Writes the passwords of users of the broker into `carrier-secrets.json`, `source-secrets.json` or
 * `aggregator-secrets.json`, to be handed over: of other organisations, of those who measure, of those who bring time series.
 */
export function handOutSecrets(
  dataDir: string,
  whose: 'carrier' | 'source' | 'aggregator',
  users: readonly { readonly username: string; readonly token: string }[],
): void {
  const secrets = Object.fromEntries(users.map(({ username, token }) => [username, token]));
  writePrivately(path.join(dataDir, `${whose}-secrets.json`), secrets);
}

/** The password by which a user signs in to the served log. */
export function logPassword(keys: PlatformKeys, user: string): string {
  return brokerToken(keys, `log/${user}`);
}

/** A one-time token by which a node enrols, the same for the same name. */
export function enrolmentToken(keys: PlatformKeys, podId: string, name: string): string {
  return brokerToken(keys, `enrolment/${podId}/${name}`);
}

function readKeys<Of extends Name>(file: string, names: readonly Of[]): Record<Of, string> {
  let keys: Partial<Record<Of, string>> | null;
  try {
    keys = JSON.parse(readFileSync(file, 'utf8')) as Partial<Record<Of, string>> | null;
  } catch (error) {
    const reason = messageOf(error);
    throw new Error(`${file} cannot be read: ${reason}; restore the file from a backup.`, {
      cause: error,
    });
  }
  for (const name of names) {
    if (typeof keys?.[name] !== 'string' || !/^[0-9a-f]{64}$/.test(keys[name])) {
      throw new Error(`${file}: ${name} is not 64 hex digits; restore the file from a backup.`);
    }
  }
  return keys as Record<Of, string>;
}
