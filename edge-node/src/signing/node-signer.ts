import { type NodeKey, signMessage, type SigningPool } from '@flexledger/identity';

/** Signs in a Light Node's name: ECDSA P-256 with SHA-256 over the message, r and s as 64 bytes hex. */
export interface NodeSigner {
  /** SEC 1 uncompressed point, hex; the platform knows it from the enrolment. */
  readonly publicKey: string;
  sign(message: string): Promise<string>;
}

/** Signs with the platform's cryptography and a random nonce, for a node of its own. */
export function nodeSigner(key: NodeKey): NodeSigner {
  return {
    publicKey: key.publicKey,
    sign: async (message) => signMessage(key.privateKey, message),
  };
}

/** Signs in the threads of a pool, equal messages alike, for the nodes of a simulated fleet. */
export function pooledSigner(key: NodeKey, pool: SigningPool): NodeSigner {
  return { publicKey: key.publicKey, sign: (message) => pool.sign(key.privateKey, message) };
}
