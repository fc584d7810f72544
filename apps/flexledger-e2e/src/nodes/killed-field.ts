/** The nodes of a platform that is killed: what both sides know of them. */
import { podIdOf } from '@flexledger/domain';
import { type NodeKey, nodeKeyFrom, sha256Hex } from '@flexledger/identity';

export interface FieldNode {
  readonly podId: string;
  readonly key: NodeKey;
  /** With what it signs in to the broker. */
  readonly token: string;
}

export function fieldNode(index: number): FieldNode {
  const podId = podIdOf(index);
  return { podId, key: nodeKeyFrom(sha256Hex(`killed/${podId}`)), token: `of ${podId}` };
}
