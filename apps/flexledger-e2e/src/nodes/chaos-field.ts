/** The nodes of a chaos, and the platform's user: what all processes know of them. */
import { podIdOf } from '@flexledger/domain';
import { type NodeKey, nodeKeyFrom, sha256Hex } from '@flexledger/identity';

/** As whom the access layer signs in to the broker. */
export const PLATFORM = { username: 'platform', token: 'of the platform' };

export interface FieldNode {
  readonly podId: string;
  readonly key: NodeKey;
  /** With what it signs in to the broker. */
  readonly token: string;
}

export function fieldNode(index: number): FieldNode {
  const podId = podIdOf(index);
  return { podId, key: nodeKeyFrom(sha256Hex(`chaos/${podId}`)), token: `of ${podId}` };
}
