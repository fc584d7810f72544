/** An account of a chain whose key is in a token: secp256k1, as every account of an EVM chain. */
import type { ChainSigner } from '@flexledger/contracts';
import { Signature, computeAddress, getBytes, hexlify, recoverAddress } from 'ethers';
import { type Pkcs11Key, tokenKey } from './pkcs11-tool';

/** The order of secp256k1 (SEC 2). Of the two values that sign, chains take the lower one (EIP-2). */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const COORDINATE_BYTES = 32;
/** Signed once to see that the token does; the digest of no transaction is known to be this. */
const TRIAL = `0x${'5a'.repeat(32)}`;

/**
 * The account of a key in a token, after one signature of it was found right.
 *
 * @param setting names the token, for messages
 * @throws TokenUnusable, also when it signs later
 */
export async function openPkcs11Account(place: Pkcs11Key, setting: string): Promise<ChainSigner> {
  const token = tokenKey(place, { purpose: 'an account', setting });
  const { x, y } = (await token.publicKey('secp256k1', 'EC:secp256k1')).export({ format: 'jwk' });
  const point = [x, y].map((part) =>
    Buffer.from(part!, 'base64url').toString('hex').padStart(64, '0'),
  );
  const address = computeAddress(`0x04${point.join('')}`);
  const sign = async (digest: string): Promise<Signature> => {
    // r and s, without any form around them.
    const bytes = await token.sign(getBytes(digest), [
      '--mechanism',
      'ECDSA',
      '--signature-format',
      'rs',
    ]);
    if (bytes.length !== 2 * COORDINATE_BYTES) {
      throw token.unusable(`a signature of it has ${bytes.length} bytes`);
    }
    const r = hexlify(bytes.subarray(0, COORDINATE_BYTES));
    const given = BigInt(hexlify(bytes.subarray(COORDINATE_BYTES)));
    const low = given > ORDER / 2n ? ORDER - given : given;
    const s = `0x${low.toString(16).padStart(64, '0')}`;
    for (const v of [27, 28] as const) {
      const signature = Signature.from({ r, s, v });
      if (isBy(address, digest, signature)) return signature;
    }
    throw token.unusable('what it signs is not by the public key that it shows');
  };
  await sign(TRIAL);
  return { address, sign };
}

function isBy(address: string, digest: string, signature: Signature): boolean {
  try {
    return recoverAddress(digest, signature) === address;
  } catch {
    return false; // there is no such point
  }
}
