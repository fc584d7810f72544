/**
 * The log as the certifier sees it: each event is a leaf of an RFC 9162 tree, in the order of
 * positions. A leaf's index is the certifier's own count and has no gaps; positions have. One tree
 * serves sealing and proofs; its hashes are in the leaf store's file, so that memory does not grow with the log.
 */
import {
  CERTIFICATION_STREAM,
  type CertificationEvent,
  type CertificationState,
  type RecordedEvent,
  certificationDecider,
} from '@flexledger/domain';
import { BEFORE_FIRST, type EventStore } from '@flexledger/event-store';
import { sha256 } from '@flexledger/identity';
import {
  BLOCK_HASHES,
  type HashBlocks,
  HashesMissing,
  MerkleTree,
  leafHash,
} from '@flexledger/merkle-log';
import { inOrder } from '@flexledger/runtime';
import type { Leaf, LeafPlace, LeafStore } from './leaf-store';

export interface CertifiedLog {
  /**
   * Takes in what the log has gained, by whomever. Calls run one after another.
   *
   * @throws LogNotAsSealed when the log leads to another root than a checkpoint of it
   */
  readOn(): Promise<void>;
  /** The tree with `size` leaves or more. @throws RangeError when the log is shorter; LogNotAsSealed */
  ofSize(size: number): Promise<MerkleTree>;
  /** The tree as far as it was read; the caller only reads it. */
  tree(): MerkleTree;
  /** What the log's own certification says, as far as it was read. */
  state(): CertificationState;
  /** Whether a leaf beyond the last checkpoint is another's than the certifier's own. */
  hasNews(): boolean;
  /** Whether the contracts were changed and no checkpoint covers that yet, whatever was sealed since of the log before it. */
  hasUnsealedChange(): boolean;
  /** Position of the last change of contracts; undefined where there was none. */
  changedAt(): number | undefined;
  /** Position of the last leaf read; `BEFORE_FIRST` before the first. */
  lastPosition(): number;
  /** Position of the event of a leaf that was read. */
  positionOf(index: number): number | undefined;
  /** The leaf of an event that was read. */
  find(event: { readonly position: number } | { readonly id: string }): LeafPlace | undefined;
}

/** The log is not the one that was sealed; nothing more is signed of it. */
export class LogNotAsSealed extends Error {
  constructor(size: number, sealedRoot: string, found: string) {
    super(
      `The log is not the one that was sealed: the checkpoint of ${size} events has root ` +
        `${sealedRoot}, the log ${found}. Find what was changed by "flexledger audit" and restore ` +
        'the log from a backup; nothing is sealed until then.',
    );
    this.name = 'LogNotAsSealed';
  }
}

/** Leaves stored together, so that a page of the index by id, where they fall anywhere, is written seldom. */
const LEAVES_AT_ONCE = 10_000;

/** Opens the log's tree; nothing is read before the first call. */
export function createCertifiedLog(options: {
  readonly log: EventStore;
  readonly leaves: LeafStore;
  /** Told when stored leaves were of no use. */
  readonly onProblem: (problem: string) => void;
}): CertifiedLog {
  const { log, leaves, onProblem } = options;
  const blocks: HashBlocks = {
    write: (...full) => leaves.blocks.write(...full),
    read(level, block) {
      try {
        return leaves.blocks.read(level, block);
      } catch (error) {
        // They are damaged, or another instance has found them to be of no use: the next call begins anew.
        isOpen = false;
        throw error;
      }
    },
  };
  let tree = new MerkleTree(sha256, blocks);
  /** Position of the last event that is a leaf. */
  let taken = BEFORE_FIRST;
  let state: CertificationState = certificationDecider.initialState;
  /** Revision of the last event in `state`. */
  let certifiedRevision = -1;
  /** Index of the last leaf that is not of the certifier's own stream. */
  let lastForeign = -1;
  /** Position of the last change of contracts. */
  let changedAt: number | undefined;
  /** Size of the largest checkpoint that was found to be of this log. */
  let agreedSize = 0;
  let isOpen = false;
  let areStoredLeaves = false;

  function restart(): void {
    tree = new MerkleTree(sha256, blocks);
    taken = BEFORE_FIRST;
    lastForeign = -1;
    areStoredLeaves = false;
  }

  function learn(event: RecordedEvent): void {
    if (event.revision <= certifiedRevision) return;
    state = certificationDecider.evolve(state, event as unknown as CertificationEvent);
    certifiedRevision = event.revision;
    if (event.type === 'ContractsChanged') changedAt = event.position;
  }

  /** Takes up the leaves that were stored, as far as a checkpoint covers them. */
  async function open(): Promise<void> {
    restart();
    for await (const event of log.readStream(CERTIFICATION_STREAM)) learn(event);
    const size = leaves.count(state.sealed?.size ?? 0);
    if (size > 0) await takeUp(size);
    isOpen = true;
  }

  async function takeUp(size: number): Promise<void> {
    // An earlier release has not kept the tree's hashes with them.
    if (!leaves.hasBlocks(size)) return;
    const lastHashes = leaves.hashes(size - (size % BLOCK_HASHES), size);
    tree = MerkleTree.restore(sha256, blocks, size, lastHashes);
    taken = leaves.positionOf(size - 1)!;
    areStoredLeaves = true;
    const before = size > 1 ? leaves.positionOf(size - 2)! : BEFORE_FIRST;
    if (!(await isLastLeaf(before))) discard('they are of another log');
  }

  /** Whether the event behind a position is that of the tree's last leaf. */
  async function isLastLeaf(before: number): Promise<boolean> {
    for await (const { position, hash } of log.readAll({ after: before, limit: 1 })) {
      const leaf = leafHash(sha256, Buffer.from(hash, 'hex'));
      return position === taken && hex(leaf) === hex(tree.leafHashAt(tree.size - 1));
    }
    return false;
  }

  function discard(why: string): void {
    onProblem(`The ${tree.size} leaves that were stored are made anew from the log: ${why}`);
    leaves.clear();
    restart();
  }

  async function takeIn(): Promise<void> {
    let waiting: RecordedEvent[] = [];
    for await (const event of log.readAll({ after: taken, readAhead: true })) {
      waiting.push(event);
      if (waiting.length < LEAVES_AT_ONCE) continue;
      take(waiting);
      waiting = [];
    }
    take(waiting);
  }

  /** Stored with the tree: what is in it can be looked up. */
  function take(events: readonly RecordedEvent[]): void {
    if (events.length === 0) return;
    const first = tree.size;
    const added = events.map(({ id, position, hash }, offset): Leaf => ({
      index: first + offset,
      position,
      eventId: id,
      hash: leafHash(sha256, Buffer.from(hash, 'hex')),
    }));
    try {
      leaves.add(added, () => {
        for (const { hash } of added) tree.appendLeafHash(hash);
      });
    } catch (error) {
      // What the tree has gained may not have been kept.
      isOpen = false;
      throw error;
    }
    events.forEach((event, offset) => {
      const { index } = added[offset]!;
      taken = event.position;
      if (event.streamId === CERTIFICATION_STREAM) learn(event);
      else lastForeign = index;
    });
  }

  /** What in the log is not as it was sealed, where something is not. */
  function fault(): LogNotAsSealed | undefined {
    const { sealed } = state;
    if (!sealed || sealed.size <= agreedSize) return undefined;
    const { size, root } = sealed;
    if (tree.size < size) return new LogNotAsSealed(size, root, `has ${tree.size} events`);
    const found = hex(tree.root(size));
    if (found !== root) return new LogNotAsSealed(size, root, `leads to ${found}`);
    agreedSize = size;
    return undefined;
  }

  async function readOn(): Promise<void> {
    try {
      await readOnce();
    } catch (error) {
      if (!(error instanceof HashesMissing)) throw error;
      onProblem(`The hashes that were stored are made anew from the log: ${error.message}`);
      await readOnce();
    }
  }

  async function readOnce(): Promise<void> {
    if (!isOpen) await open();
    await takeIn();
    let failure = fault();
    if (failure && areStoredLeaves) {
      discard('they lead to another root than the checkpoint');
      await takeIn();
      failure = fault();
    }
    if (failure) throw failure;
  }

  const inTurn = inOrder();
  return {
    readOn: () => inTurn(readOn),
    async ofSize(size) {
      if (!isOpen || tree.size < size || agreedSize < size) await inTurn(readOn);
      if (tree.size >= size) return tree;
      throw new RangeError(`the log has ${tree.size} events, not ${size}`);
    },
    tree: () => tree,
    state: () => state,
    hasNews: () => lastForeign >= (state.sealed?.size ?? 0),
    hasUnsealedChange() {
      if (changedAt === undefined) return false;
      const leaf = leaves.find({ position: changedAt }, tree.size);
      return leaf === undefined || leaf.index >= (state.sealed?.size ?? 0);
    },
    changedAt: () => changedAt,
    lastPosition: () => taken,
    positionOf: (index) => (index < tree.size ? leaves.positionOf(index) : undefined),
    find: (event) => leaves.find(event, tree.size),
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
