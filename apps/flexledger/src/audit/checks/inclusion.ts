/**
 * Every event is in the log as it is anchored: its contents, hashed anew, with the sibling hashes
 * from its leaf up, lead to the root of the last anchored checkpoint (RFC 9162, 2.1.3).
 */
import { sha256 } from '@flexledger/identity';
import { type MerkleTree, leafHash, verifyInclusion } from '@flexledger/merkle-log';
import { CERTIFICATION_STREAM } from '@flexledger/domain';
import type { LoggedOf } from '../logged-event';
import type { Findings, Subject } from '../report';

export interface InclusionCheck {
  /** An event that is to be proved; `contentHash` is that of its contents now, hex. */
  see(event: Subject, contentHash: string, storedHash: string): void;
  certified(event: LoggedOf<'CheckpointSealed' | 'CheckpointAnchored' | 'AnchorFailed'>): void;
  end(): void;
}

/** Proofs in one audit; of a larger log every n-th event is proved, beside those that do not hold. */
const PROOFS_AT_MOST = 200_000;
