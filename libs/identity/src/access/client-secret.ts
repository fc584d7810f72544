import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/**
 * Work of scrypt (RFC 7914): 4 MiB and some 15 ms a guess, enough since the secrets are 256 random
 * bits and no words. It stands in each hash, so it can rise.
 */
const COST = { N: 4_096, r: 8, p: 1 };
const KEY_BYTES = 32;

/** A secret of 256 random bits, base64url. */
export function newClientSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** `scrypt$N$r$p$salt$key`, salt and key base64url: all that is ever stored of a secret. */
export async function hashClientSecret(secret: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(secret, salt, COST);
  const { N, r, p } = COST;
  return ['scrypt', N, r, p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/**
 * True when `secret` is the one that was hashed, compared in constant time.
 *
 * @throws RangeError when the text is no hash of `hashClientSecret`
 */
export async function clientSecretMatches(secret: string, hash: string): Promise<boolean> {
  const [kind, N, r, p, salt, key] = hash.split('$');
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  if (kind !== 'scrypt' || !salt || !key || !Object.values(cost).every(Number.isSafeInteger)) {
    throw new RangeError('a stored client secret is not a scrypt hash; create the client again');
  }
  const expected = Buffer.from(key, 'base64url');
  const derived = await derive(secret, Buffer.from(salt, 'base64url'), cost);
  return expected.length === derived.length && timingSafeEqual(expected, derived);
}

function derive(secret: string, salt: Buffer, cost: typeof COST): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, KEY_BYTES, cost, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
