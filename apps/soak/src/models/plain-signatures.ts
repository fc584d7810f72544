import {
  type NodeKey,
  type VerifyingPool,
  signMessageDeterministic,
  verifyMessage,
} from '@flexledger/identity';
import type { NodeSigner } from '@flexledger/edge-node';

/** Checks signatures in this thread: no other one, whose moment nobody could draw again. */
export const verifyingHere: VerifyingPool = {
  isBy: async (publicKey, message, signature) => verifyMessage(publicKey, message, signature),
  areBy: async (publicKey, signed) =>
    signed.map(([message, signature]) => verifyMessage(publicKey, message, signature)),
  close: async () => {},
};

/** Signs in this thread, equal messages alike. */
export function signingHere({ publicKey, privateKey }: NodeKey): NodeSigner {
  return { publicKey, sign: async (message) => signMessageDeterministic(privateKey, message) };
}
