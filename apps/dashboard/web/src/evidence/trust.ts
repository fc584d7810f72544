/** What a bundle is checked against: a trust file that somebody keeps, or the key that this browser met first. */
import {
  type BundleTrust,
  TRUST_DEFAULTS,
  TRUST_FORMAT,
  type TrustPolicy,
} from '@flexledger/audit';
import { NOTE_KEY_TYPES, parseVerifierKey, verifierKeyText } from '@flexledger/merkle-log';
import { sha256 } from '@noble/hashes/sha2';
import { fromHex } from '../audit/hex';
import type { MetLog } from '../audit/verify';

/** No chain is pinned by it, and no witness asked for. */
export function trustIn({ key: { origin, publicKey }, recoveryKey }: MetLog): BundleTrust {
  const logKey = verifierKeyText(sha256, { name: origin, publicKey: fromHex(publicKey) });
  return { ...TRUST_DEFAULTS, origin, logKey, ...(recoveryKey !== undefined && { recoveryKey }) };
}

/** Reads a trust file. @throws Error saying what is wrong with it */
export function readTrust(text: string): BundleTrust {
  const value = JSON.parse(text) as Partial<TrustPolicy> | null;
  if (value?.format !== TRUST_FORMAT) throw new Error(`its format is not ${TRUST_FORMAT}`);
  const { origin, logKey, witnesses, clockSkewSeconds, anchoredWithinSeconds } = value;
  if (typeof origin !== 'string' || typeof logKey !== 'string') {
    throw new Error('it names no log and key');
  }
  parseVerifierKey(sha256, logKey);
  if (value.recoveryKey !== undefined) parseVerifierKey(sha256, String(value.recoveryKey));
  const { quorum, keys } = witnesses ?? {};
  if (!Number.isSafeInteger(quorum) || !Array.isArray(keys))
    throw new Error('it names no witnesses');
  for (const key of keys) parseVerifierKey(sha256, String(key), NOTE_KEY_TYPES.cosignature);
  if (quorum! > keys.length) {
    throw new Error(`it asks for ${quorum} of ${keys.length} witnesses, which nobody can meet`);
  }
  if (typeof clockSkewSeconds !== 'number' || typeof anchoredWithinSeconds !== 'number') {
    throw new Error('it says not how far clocks may lie apart');
  }
  return value as TrustPolicy;
}
