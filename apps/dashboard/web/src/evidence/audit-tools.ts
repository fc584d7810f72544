/** What an audit needs of a machine, as a browser has it. */
import type { AuditTools } from '@flexledger/audit';
import { loadHighsSolver } from '@flexledger/solver';
import { ed25519 } from '@noble/curves/ed25519';
import { sha256 } from '@noble/hashes/sha2';

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** Keys of nodes as the browser holds them: each signs a packet every quarter-hour. */
const keys = new Map<string, Promise<CryptoKey>>();

export const browserTools: AuditTools = {
  sha256,
  loadSolver: loadHighsSolver,
  async verifyP256(publicKey, message, signature) {
    try {
      const key = await p256Key(publicKey);
      return await crypto.subtle.verify(ECDSA, key, copy(signature), copy(message));
    } catch {
      return false;
    }
  },
  verifyEd25519(publicKey, message, signature) {
    try {
      return ed25519.verify(signature, message, publicKey);
    } catch {
      return false;
    }
  },
};

function p256Key(publicKey: Uint8Array): Promise<CryptoKey> {
  const name = publicKey.join();
  const known = keys.get(name);
  if (known) return known;
  const read = crypto.subtle.importKey('raw', copy(publicKey), ECDSA, false, ['verify']);
  keys.set(name, read);
  return read;
}

/** On memory of its own, which Web Cryptography asks for. */
const copy = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes);
