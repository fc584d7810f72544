/**
 * Every event is in the log as it was anchored: the root over all leaves, computed anew, is that of the last
 * anchored checkpoint (RFC 9162, 2.1.1), and the contents of each event, hashed anew, are its leaf. With all
 * leaves at hand that is what a proof for each would say. What came after that checkpoint is not covered yet,
 * which is told and is no failure.
 */
import { toHex } from '@flexledger/domain';
import type { CertifiedLeaves } from '../leaves';
import type { EventCheck, LoggedEvent, LoggedOf } from '../logged-event';
import type { Findings, Subject } from '../report';

/** Is told apart from the others what is to be proved, for rows that hold no event too. */
export interface InclusionCheck extends EventCheck {
  /** An event that is to be proved; it is a leaf already. @param isItsLeaf whether its contents are that leaf */
  prove(event: Subject, isItsLeaf: boolean): void;
}

type Sealed = LoggedOf<'CheckpointSealed'>;
type Anchored = LoggedOf<'CheckpointAnchored'>;

/** @param leaves stored hashes of the events shown so far, at least */
export function createInclusionCheck(leaves: CertifiedLeaves, findings: Findings): InclusionCheck {
  const { tree } = leaves;
  /** Leaves that are to be proved. */
  const wanted: number[] = [];
  /** Events whose contents are not their leaf. */
  const changed = new Map<number, Subject>();
  let sealed: Sealed | undefined;
  let anchored: Anchored | undefined;
  let last: LoggedEvent | undefined;

  /** With the anchored root over the leaves computed anew. */
  function proveAll({ data: { size } }: Anchored): void {
    const covered = wanted.filter((leaf) => leaf < size);
    findings.checked(covered.length);
    for (const [leaf, event] of changed) {
      if (leaf >= size) continue;
      findings.fail(event, `its contents are not what was anchored in the tree of ${size} leaves`);
    }
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
    prove(event, isItsLeaf) {
      const leaf = leaves.leafIndexOf(event);
      if (leaf === undefined) throw new RangeError(`event ${event.id} is no leaf yet`);
      wanted.push(leaf);
      if (!isItsLeaf) changed.set(leaf, event);
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
