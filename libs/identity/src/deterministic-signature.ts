import * as crypto from 'node:crypto';

/**
 * ECDSA P-256 with SHA-256 and the deterministic nonce of RFC 6979: equal keys and messages give
 * equal signatures, so that a simulated fleet writes the same log on every machine. Real nodes use
 * `signMessage`, because the arithmetic below does not take constant time.
 *
 * @param privateKey 32 bytes hex
 * @param message text as UTF-8
 * @returns r and s, 64 bytes, hex
 */
export const signMessageDeterministic: (
  privateKey: string,
  message: string | Uint8Array,
) => string = deterministicSigner(crypto);

/**
 * Makes the signing function. It is self-contained, the crypto module comes in as an argument, because
 * `signing-pool.ts` hands its source text to worker threads; nothing outside it may be named inside.
 *
 * The scalar multiplication, which is nearly all of the work, is OpenSSL's: setting a private key k
 * on an ECDH object computes the point k·G. That makes it five times as fast as one in JavaScript.
 */
export function deterministicSigner(
  nodeCrypto: Pick<typeof crypto, 'createECDH' | 'createHash' | 'createHmac'>,
): (privateKey: string, message: string | Uint8Array) => string {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const curve = nodeCrypto.createECDH('prime256v1');

  const toNumber = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`);
  const toHex = (value: bigint): string => value.toString(16).padStart(64, '0');
  const hmac = (key: Buffer, ...parts: (Buffer | Uint8Array)[]): Buffer => {
    const mac = nodeCrypto.createHmac('sha256', key);
    for (const part of parts) mac.update(part);
    return mac.digest();
  };

  /** Extended Euclid; `order` is prime, so every number from 1 to order - 1 has an inverse. */
  const inverse = (value: bigint): bigint => {
    let [previous, current] = [0n, 1n];
    let [divisor, rest] = [order, value];
    while (rest !== 0n) {
      const quotient = divisor / rest;
      [previous, current] = [current, previous - quotient * current];
      [divisor, rest] = [rest, divisor - quotient * rest];
    }
    return previous < 0n ? previous + order : previous;
  };

  return (privateKey, message) => {
    const secret = Buffer.from(privateKey, 'hex');
    const d = secret.length === 32 ? toNumber(secret) : 0n;
    if (d <= 0n || d >= order) {
      throw new RangeError('A P-256 private key must be 32 bytes, above 0 and below the order');
    }
    const z = toNumber(nodeCrypto.createHash('sha256').update(message).digest());
    // RFC 6979, section 3.2, steps b to g; bits2octets is z mod order.
    const seed = Buffer.concat([secret, Buffer.from(toHex(z % order), 'hex')]);
    let value: Buffer = Buffer.alloc(32, 1);
    let key: Buffer = hmac(Buffer.alloc(32), value, Uint8Array.of(0), seed);
    value = hmac(key, value);
    key = hmac(key, value, Uint8Array.of(1), seed);
    value = hmac(key, value);
    // Step h. A second turn has a chance of 2^-32.
    for (;;) {
      value = hmac(key, value);
      const k = toNumber(value);
      if (k > 0n && k < order) {
        curve.setPrivateKey(value);
        const r = toNumber(curve.getPublicKey().subarray(1, 33)) % order;
        const s = (inverse(k) * ((z + r * d) % order)) % order;
        if (r !== 0n && s !== 0n) return toHex(r) + toHex(s);
      }
      key = hmac(key, value, Uint8Array.of(0));
      value = hmac(key, value);
    }
  };
}
