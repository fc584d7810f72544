/** The log's key in a token. */
import { verifyEd25519 } from '@flexledger/identity';
import type { LogSigner } from './log-signer';
import { type Pkcs11Key, tokenKey } from './pkcs11-tool';

/** Of a DER key of Ed25519, 44 bytes, the last ones are the key. */
const ED25519_KEY_BYTES = 32;
/** No checkpoint, and no statement of keys, is this text. */
const TRIAL = new TextEncoder().encode('flexledger: does the token sign?\n');

/**
 * The signer of a log by a key in a token, after one signature of it was found right.
 *
 * @param origin name of the log
 * @throws TokenUnusable, also when it signs later
 */
export async function openPkcs11Signer(origin: string, place: Pkcs11Key): Promise<LogSigner> {
  const token = tokenKey(place, { purpose: 'the log', setting: 'certifier.pkcs11' });
  const found = await token.publicKey('ed25519', 'EC:edwards25519');
  const der = found.export({ format: 'der', type: 'spki' });
  const publicKey = new Uint8Array(der.subarray(-ED25519_KEY_BYTES));
  const sign = async (message: Uint8Array): Promise<Uint8Array> => {
    const signature = await token.sign(message, ['--mechanism', 'EDDSA']);
    if (verifyEd25519(publicKey, message, signature)) return signature;
    throw token.unusable('what it signs is not by the public key that it shows');
  };
  await sign(TRIAL);
  return { key: { name: origin, publicKey }, sign };
}
