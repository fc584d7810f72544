import { LRUCache } from 'lru-cache';
import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as cryptoSign,
  verify as cryptoVerify,
} from 'node:crypto';

/**
 * Signatures of Light Nodes and checkpoints. A node signs with ECDSA on P-256 (FIPS 186-5), the curve
 * of secure elements. What is signed is always the message itself, hashed with SHA-256 by the
 * algorithm; so the signature of a packet's canonical `inputData` is the signature of its `hash`.
 * Keys and signatures are lower-case hex without prefix. Checkpoints are signed with Ed25519
 * (RFC 8032), as C2SP tlog-checkpoint wants it.
 */

/** A Light Node's key pair. */
export interface NodeKey {
  /** 32 bytes, hex. */
  readonly privateKey: string;
  /** SEC 1 uncompressed point, 65 bytes, hex. */
  readonly publicKey: string;
}

/** A checkpoint signer's key pair. */
export interface Ed25519Key {
  /** 32 bytes, hex (the seed of RFC 8032). */
  readonly privateKey: string;
  /** 32 bytes, hex. */
  readonly publicKey: string;
}

/** A new key pair from the system's random source. */
export function generateNodeKey(): NodeKey {
  const ecdh = createECDH('prime256v1');
  ecdh.generateKeys();
  return {
    privateKey: ecdh.getPrivateKey('hex').padStart(64, '0'),
    publicKey: ecdh.getPublicKey('hex'),
  };
}

/**
 * The key pair of a private key.
 *
 * @param privateKey 32 bytes hex, from 1 to the order of P-256 less 1
 * @throws RangeError when it is not such a number
 */
export function nodeKeyFrom(privateKey: string): NodeKey {
  const ecdh = createECDH('prime256v1');
  try {
    ecdh.setPrivateKey(bytesOf(privateKey, 32, 'A P-256 private key'));
  } catch (error) {
    throw new RangeError('A P-256 private key must be 32 bytes, above 0 and below the order', {
      cause: error,
    });
  }
  return { privateKey, publicKey: ecdh.getPublicKey('hex') };
}

/** ECDSA P-256 with SHA-256 over `message` (text as UTF-8), random nonce; r and s, 64 bytes hex. */
export function signMessage(privateKey: string, message: string | Uint8Array): string {
  const key = cached(signingKeys, privateKey, importNodePrivateKey);
  return cryptoSign('sha256', asBytes(message), { key, dsaEncoding: 'ieee-p1363' }).toString('hex');
}

/** Whether `signature` is the key's over `message`; anything malformed is not. Never throws. */
export function verifyMessage(
  publicKey: string,
  message: string | Uint8Array,
  signature: string,
): boolean {
  if (!isHex(publicKey, 65) || !isHex(signature, 64)) return false;
  try {
    const key = cached(verifyingKeys, publicKey, importNodePublicKey);
    const given = Buffer.from(signature, 'hex');
    return cryptoVerify('sha256', asBytes(message), { key, dsaEncoding: 'ieee-p1363' }, given);
  } catch {
    return false; // a point that is not on the curve
  }
}

/**
 * The Ed25519 key pair of a seed.
 *
 * @param seed 32 bytes, hex
 * @throws RangeError when it is not 32 bytes
 */
export function ed25519KeyFrom(seed: string): Ed25519Key {
  const privateKey = importEd25519Seed(seed);
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return {
    privateKey: seed,
    publicKey: spki.subarray(ED25519_SPKI_PREFIX.length).toString('hex'),
  };
}

/** Ed25519 signature over `message`, 64 bytes; the same for equal input. */
export function signEd25519(privateKey: string, message: Uint8Array): Uint8Array {
  return cryptoSign(null, message, cached(sealingKeys, privateKey, importEd25519Seed));
}

/**
 * Whether `signature` (64 bytes) is the key's (32 bytes) over `message`; anything malformed is not. Never
 * throws.
 */
export function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  try {
    const spki = Buffer.concat([ED25519_SPKI_PREFIX, publicKey]);
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    return cryptoVerify(null, message, key, signature);
  } catch {
    return false;
  }
}

/** What stands in DER before the 32 bytes of an Ed25519 seed (RFC 8410, section 7). */
const ED25519_PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
/** What stands in DER before the 32 bytes of an Ed25519 public key (RFC 8410, section 4). */
const ED25519_SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
/** What stands in DER before an uncompressed point on P-256 (RFC 5480). */
const P256_SPKI_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');

/** Imported keys are kept, those used last: an import costs as much as half a verification. */
const KEPT_KEYS = 8_192;
const verifyingKeys = new LRUCache<string, KeyObject>({ max: KEPT_KEYS });
const signingKeys = new LRUCache<string, KeyObject>({ max: KEPT_KEYS });
/** Of a log or two. */
const sealingKeys = new LRUCache<string, KeyObject>({ max: 16 });

function cached(
  keys: LRUCache<string, KeyObject>,
  name: string,
  create: (name: string) => KeyObject,
): KeyObject {
  let key = keys.get(name);
  if (!key) {
    key = create(name);
    keys.set(name, key);
  }
  return key;
}

function importNodePublicKey(publicKey: string): KeyObject {
  const spki = Buffer.concat([P256_SPKI_PREFIX, Buffer.from(publicKey, 'hex')]);
  return createPublicKey({ key: spki, format: 'der', type: 'spki' });
}

function importNodePrivateKey(privateKey: string): KeyObject {
  const point = Buffer.from(nodeKeyFrom(privateKey).publicKey, 'hex');
  const part = (from: number): string => point.subarray(from, from + 32).toString('base64url');
  const d = Buffer.from(privateKey, 'hex').toString('base64url');
  const key = { kty: 'EC', crv: 'P-256', d, x: part(1), y: part(33) };
  return createPrivateKey({ key, format: 'jwk' });
}

function importEd25519Seed(seed: string): KeyObject {
  const key = Buffer.concat([ED25519_PKCS8_PREFIX, bytesOf(seed, 32, 'An Ed25519 seed')]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

function bytesOf(hex: string, length: number, what: string): Buffer {
  if (!isHex(hex, length))
    throw new RangeError(`${what} must be ${length} bytes in lower-case hex`);
  return Buffer.from(hex, 'hex');
}

function isHex(text: string, bytes: number): boolean {
  return text.length === 2 * bytes && /^[0-9a-f]*$/.test(text);
}

function asBytes(message: string | Uint8Array): Uint8Array {
  return typeof message === 'string' ? Buffer.from(message) : message;
}
