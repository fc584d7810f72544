/** How one key of a Light Node names the next. */
import { type SignedKeyRotation, canonicalJson } from '@flexledger/domain';
import { type NodeKey, signMessage } from './signatures';

/**
 * The statement by which a node's key gives way to the next one, signed by both.
 *
 * @param at when it is signed, ISO 8601 UTC
 */
export function signKeyRotation(
  podId: string,
  { from, to, at }: { readonly from: NodeKey; readonly to: NodeKey; readonly at: string },
): SignedKeyRotation {
  const content = { podId, previousKey: from.publicKey, publicKey: to.publicKey, at };
  const signed = canonicalJson(content);
  return {
    content,
    previousProof: signMessage(from.privateKey, signed),
    proof: signMessage(to.privateKey, signed),
  };
}
