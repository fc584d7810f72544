import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { sha256Hex } from '@flexledger/identity';
import { messageOf } from '@flexledger/runtime';
import { writeOnce } from '@flexledger/service-kit';

/** The platform's own secrets, in `keys.json` of the data folder, readable by its owner only. */
export interface PlatformKeys {
  /** Of the chain account that anchors and awards; 32 bytes hex. */
  readonly chainKey: string;
  /** Ed25519 seed that signs checkpoints; 32 bytes hex. */
  readonly checkpointKey: string;
  /** From which the tokens of MQTT clients are derived; 32 bytes hex. */
  readonly brokerSecret: string;
}

/** Where a data folder keeps them. */
export const keysFile = (dataDir: string): string => path.join(dataDir, 'keys.json');

const NAMES = ['chainKey', 'checkpointKey', 'brokerSecret'] as const;

/**
 * The keys of a data folder; made on first use, at random or, for a simulated day, from its seed.
 *
 * @throws Error when the file is there but is not such a file
 */
export function openKeys(dataDir: string, seed: number | undefined): PlatformKeys {
  const file = keysFile(dataDir);
  if (existsSync(file)) return readKeys(file);
  // The leading zero byte keeps every key below the order of its curve.
  const make = (name: string): string =>
    `00${seed === undefined ? randomBytes(31).toString('hex') : sha256Hex(`flexledger/${seed}/platform/${name}`).slice(2)}`;
  const keys = {
    chainKey: make('chainKey'),
    checkpointKey: make('checkpointKey'),
    brokerSecret: make('brokerSecret'),
  };
  // Several processes may begin at once: the first one's keys are those of all.
  writeOnce(file, keys);
  return readKeys(file);
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

/** The password by which a user signs in to the served log. */
export function logPassword(keys: PlatformKeys, user: string): string {
  return brokerToken(keys, `log/${user}`);
}

/** A one-time token by which a node enrols, the same for the same name. */
export function enrolmentToken(keys: PlatformKeys, podId: string, name: string): string {
  return brokerToken(keys, `enrolment/${podId}/${name}`);
}

function readKeys(file: string): PlatformKeys {
  let keys: Partial<PlatformKeys> | null;
  try {
    keys = JSON.parse(readFileSync(file, 'utf8')) as Partial<PlatformKeys> | null;
  } catch (error) {
    const reason = messageOf(error);
    throw new Error(`${file} cannot be read: ${reason}; restore the file from a backup.`, {
      cause: error,
    });
  }
  for (const name of NAMES) {
    if (typeof keys?.[name] !== 'string' || !/^[0-9a-f]{64}$/.test(keys[name])) {
      throw new Error(`${file}: ${name} is not 64 hex digits; restore the file from a backup.`);
    }
  }
  return keys as PlatformKeys;
}
