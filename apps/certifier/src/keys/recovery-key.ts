/**
 * The recovery key of a log, which is kept offline, and what is carried to it and back when a key of the log is to
 * be ended: a request by the machine of the log, a statement by the machine of the recovery key.
 */
import { randomBytes } from 'node:crypto';
import { fromHex, toHex } from '@flexledger/domain';
import { sha256 } from '@flexledger/identity';
import {
  CheckpointError,
  HASH_BYTES,
  parseVerifierKey,
  signCompromise,
  verifierKeyText,
} from '@flexledger/merkle-log';
import { seedSigner } from './seed-signer';

/** A recovery key as its file has it. */
export interface RecoveryKeyFile {
  readonly format: typeof RECOVERY_KEY_FORMAT;
  /** Under which it signs. */
  readonly name: string;
  /** Ed25519 seed, 32 bytes, hex. */
  readonly seed: string;
}

/** What the recovery key is asked to sign. */
export interface CompromiseRequest {
  readonly format: typeof COMPROMISE_REQUEST_FORMAT;
  readonly origin: string;
  /** Verifier key that is to be ended. */
  readonly key: string;
  /** Verifier key that is to follow. */
  readonly nextKey: string;
  /** Verifier key of the recovery key, as the log has named it. */
  readonly recoveryKey: string;
  /** The last checkpoint that is to be believed: its leaves, and their root in hex. */
  readonly size: number;
  readonly root: string;
}

const RECOVERY_KEY_FORMAT = 'flexledger/recovery-key@1';
export const COMPROMISE_REQUEST_FORMAT = 'flexledger/compromise-request@1';

/** A key, a request or a statement is none, or not of this log; the message says why, and what helps. */
export class StatementRefused extends Error {
  override readonly name = 'StatementRefused';
}

/** A key drawn at random for a log. */
export function makeRecoveryKey(origin: string): RecoveryKeyFile {
  const seed = randomBytes(32).toString('hex');
  return { format: RECOVERY_KEY_FORMAT, name: `${origin}/recovery`, seed };
}

/** By which it is named in the log. */
export function recoveryVerifierKey({ name, seed }: RecoveryKeyFile): string {
  return verifierKeyText(sha256, seedSigner(name, seed).key);
}

/**
 * The statement by which the recovery key ends a key of its log.
 *
 * @throws StatementRefused when key or request is none, or the request is for another recovery key
 */
export function signCompromiseRequest(request: unknown, file: unknown): string {
  const { name, seed } = recoveryKeyFrom(file);
  const recovery = seedSigner(name, seed);
  const { origin, key, nextKey, recoveryKey, size, root } = requestFrom(request);
  const own = verifierKeyText(sha256, recovery.key);
  if (own !== recoveryKey) {
    throw new StatementRefused(
      `The request is for the recovery key ${recoveryKey}; this one is ${own}. Take the file of that one.`,
    );
  }
  try {
    const keys = {
      ended: parseVerifierKey(sha256, key),
      next: parseVerifierKey(sha256, nextKey),
      recovery,
    };
    return signCompromise(sha256, { origin, size, root: fromHex(root) }, keys);
  } catch (error) {
    if (!(error instanceof CheckpointError || error instanceof RangeError)) throw error;
    throw new StatementRefused(`The request cannot be signed: ${error.message}.`);
  }
}

function recoveryKeyFrom(value: unknown): RecoveryKeyFile {
  const file = (value ?? {}) as Partial<RecoveryKeyFile>;
  const isOne =
    file.format === RECOVERY_KEY_FORMAT &&
    typeof file.name === 'string' &&
    /^[0-9a-f]{64}$/.test(file.seed ?? '');
  if (isOne) return file as RecoveryKeyFile;
  throw new StatementRefused(
    'The recovery key is none; name the file that "flexledger log recovery-key" has written.',
  );
}

function requestFrom(value: unknown): CompromiseRequest {
  const request = (value ?? {}) as Partial<CompromiseRequest>;
  const texts = [request.origin, request.key, request.nextKey, request.recoveryKey];
  const isOne =
    request.format === COMPROMISE_REQUEST_FORMAT &&
    texts.every((text) => typeof text === 'string') &&
    Number.isSafeInteger(request.size) &&
    request.size! >= 0 &&
    new RegExp(`^[0-9a-f]{${2 * HASH_BYTES}}$`).test(request.root ?? '');
  if (isOne) return request as CompromiseRequest;
  throw new StatementRefused(
    'The request is none; name the file that "flexledger log ask-compromise" has written.',
  );
}

/** What a request says, a line a thing, for whoever is to sign it. */
export function requestText(value: unknown): string {
  const { origin, key, nextKey, size, root } = requestFrom(value);
  return [
    `log        ${origin}`,
    `ends       ${key}`,
    `follows    ${nextKey}`,
    `believed   ${size} leaves, root ${toHex(fromHex(root))}`,
  ].join('\n');
}
