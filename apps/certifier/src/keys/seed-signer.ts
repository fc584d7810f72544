import { fromHex } from '@flexledger/domain';
import { ed25519KeyFrom, signEd25519 } from '@flexledger/identity';
import type { NoteSigner } from '@flexledger/merkle-log';

/**
 * The signer of notes by a key whose seed is at hand.
 *
 * @param name under which it signs
 * @param seed of Ed25519, 32 bytes, hex
 */
export function seedSigner(name: string, seed: string): NoteSigner {
  const { publicKey, privateKey } = ed25519KeyFrom(seed);
  return {
    key: { name, publicKey: fromHex(publicKey) },
    sign: (message) => signEd25519(privateKey, message),
  };
}
