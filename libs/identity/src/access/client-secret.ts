import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/**
 * Work of scrypt (RFC 7914) for a client's secret: 4 MiB and some 15 ms a guess, enough since those are
 * 256 random bits and no words. It stands in each hash, so it can rise.
 */
const SECRET_COST = { N: 4_096, r: 8, p: 1 };
/** For a password, which is made of words: 32 MiB and some 100 ms a guess. */
const PASSWORD_COST = { N: 32_768, r: 8, p: 1 };
const MEMORY_MAX_BYTES = 64 * 1_024 * 1_024;
const KEY_BYTES = 32;

/** A secret of 256 random bits, base64url. */
export function newClientSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** `scrypt$N$r$p$salt$key`, salt and key base64url: all that is ever stored of a secret. */
export function hashClientSecret(secret: string): Promise<string> {
  return hash(secret, SECRET_COST);
}

/** As `hashClientSecret`, of a password: a guess costs more. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, PASSWORD_COST);
}

/**
 * Tells a password from others without keeping it: the same password and key give the same mark, 64 hex
 * digits. A guess costs as much as of its hash, and needs the key.
 */
export async function passwordMark(password: string, key: string): Promise<string> {
  return (await derive(password, Buffer.from(key), PASSWORD_COST)).toString('hex');
}

async function hash(secret: string, cost: typeof SECRET_COST): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(secret, salt, cost);
  const { N, r, p } = cost;
  return ['scrypt', N, r, p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/**
 * True when a secret or password is the one that was hashed, compared in constant time.
 *
 * @throws RangeError when the text is no hash of these
 */
export async function secretMatches(secret: string, hash: string): Promise<boolean> {
  const [kind, N, r, p, salt, key] = hash.split('$');
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  if (kind !== 'scrypt' || !salt || !key || !Object.values(cost).every(Number.isSafeInteger)) {
    throw new RangeError(
      'a stored secret is not a scrypt hash; rotate the secret or set the password anew',
    );
  }
  const expected = Buffer.from(key, 'base64url');
  const derived = await derive(secret, Buffer.from(salt, 'base64url'), cost);
  return expected.length === derived.length && timingSafeEqual(expected, derived);
}

function derive(secret: string, salt: Buffer, cost: typeof SECRET_COST): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { ...cost, maxmem: MEMORY_MAX_BYTES };
    scrypt(secret, salt, KEY_BYTES, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
