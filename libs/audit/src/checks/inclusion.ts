/**
 * Every event is in the log as it was anchored: its contents, hashed anew, lead with the sibling
 * hashes from its leaf up to the root of the last anchored checkpoint (RFC 9162, 2.1.3). What came
 * after that checkpoint is not covered yet, which is told and is no failure.
 */
import { type Sha256, fromHex, toHex } from '@flexledger/domain';
import { leafHash, verifyInclusion } from '@flexledger/merkle-log';
import type { CertifiedLeaves } from '../leaves';
import type { EventCheck, LoggedEvent, LoggedOf } from '../logged-event';
import type { Findings, Subject } from '../report';
import type { ExaminedRow } from './hashes';

/** Is told apart from the others what is to be proved, for rows that hold no event too. */
export interface InclusionCheck extends EventCheck {
  /** An event that is to be proved; it is a leaf already. */
  prove(event: Subject, row: Pick<ExaminedRow, 'contentHash' | 'storedHash'>): void;
}

/** Proofs in one audit; of more events every n-th is proved, besides those that were changed. */
const PROOFS_AT_MOST = 200_000;

type Sealed = LoggedOf<'CheckpointSealed'>;
type Anchored = LoggedOf<'CheckpointAnchored'>;

/** @param leaves stored hashes of the events shown so far, at least */
export function createInclusionCheck(
  leaves: CertifiedLeaves,
  sha256: Sha256,
  findings: Findings,
): InclusionCheck {
  const { tree } = leaves;
  /** Leaves that are to be proved. */
  const wanted: number[] = [];
  const changed = new Map<number, { readonly event: Subject; readonly contentHash: string }>();
  let sealed: Sealed | undefined;
  let anchored: Anchored | undefined;
  let last: LoggedEvent | undefined;

  function proveAll({ data }: Anchored): void {
    const { size } = data;
    const covered = wanted.filter((leaf) => leaf < size);
    const step = Math.ceil(covered.length / PROOFS_AT_MOST);
    const chosen = covered.filter((leaf, nth) => nth % step === 0 || changed.has(leaf));
    const root = fromHex(data.root);
    for (const index of chosen) {
      findings.checked();
      const { event, contentHash } = changed.get(index) ?? {};
      const leaf = contentHash ? leafHash(sha256, fromHex(contentHash)) : tree.leafHashAt(index);
      const proof = tree.inclusionProof(index, size);
      if (!verifyInclusion(sha256, { leafHash: leaf, index, size, root, proof })) {
        const reason = `its contents are not what was anchored in the tree of ${size} leaves`;
        findings.fail(event, reason);
      }
    }
    if (step > 1) findings.note(`one of ${step} of the ${covered.length} events was proved`);
    const uncovered = wanted.length - covered.length;
    if (uncovered > 0)
      findings.note(`${uncovered} events since the last anchor are not covered yet`);
  }

  /** A sealed checkpoint without an anchor is one that the chain refused, or the very last step. */
  function tellUnanchored(): void {
    if (!sealed || sealed.data.size <= (anchored?.data.size ?? 0)) return;
    const { size } = sealed.data;
    const isTold = last?.type === 'AnchorFailed' && last.data.size === size;
    if (isTold) findings.note(`the checkpoint of ${size} leaves waits for the chain`);
    else if (last === sealed) findings.note(`the checkpoint of ${size} leaves is not anchored yet`);
    else findings.fail(sealed, `the checkpoint of ${size} leaves was not anchored`);
  }

  return {
    findings,
    types: ['CheckpointSealed', 'CheckpointAnchored', 'AnchorFailed'],
    prove(event, { contentHash, storedHash }) {
      const leaf = leaves.leafIndexOf(event);
      if (leaf === undefined) throw new RangeError(`event ${event.id} is no leaf yet`);
      wanted.push(leaf);
      if (contentHash !== storedHash) changed.set(leaf, { event, contentHash });
    },
    see(event) {
      last = event;
      if (event.type === 'CheckpointSealed') sealed = event;
      else if (event.type === 'CheckpointAnchored') anchored = event;
    },
    end() {
      tellUnanchored();
      if (!anchored) {
        findings.note(
          `no checkpoint is anchored yet, so none of ${wanted.length} events is covered`,
        );
        return;
      }
      const { size, root } = anchored.data;
      const isSound = size <= tree.size && toHex(tree.root(size)) === root;
      if (isSound) proveAll(anchored);
      else
        findings.fail(
          anchored,
          `the first ${size} leaves of the log are not those that were anchored`,
        );
    },
  };
}
