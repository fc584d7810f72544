/**
 * One round of a monitor: from what it has seen of a log to the log's last checkpoint, over every entry and
 * every anchored checkpoint between. What it has seen is the right edge of the tree that it computed itself, so
 * that a log that goes on otherwise leads to another root than the log signs.
 */
import { type TrustPolicy, recoveryKeyIn } from '@flexledger/audit';
import { toHex } from '@flexledger/domain';
import { sha256, verifyEd25519 } from '@flexledger/identity';
import {
  type KeyChange,
  type NoteKey,
  type SignedCheckpoint,
  CheckpointError,
  MerkleFrontier,
  NOTE_KEY_TYPES,
  TILE_WIDTH,
  cosignedAtS,
  keyChangesFrom,
  leafHash,
  parseCheckpoint,
  parseVerifierKey,
  sameBytes,
  verifyCheckpoint,
} from '@flexledger/merkle-log';
import type { ServedTiles } from './served-tiles';

/** What a monitor raises the alarm for. */
export type AlarmKind =
  /** A checkpoint is malformed, of another log or not signed by the trusted key. */
  | 'checkpoint'
  /** The log has less entries than it had. */
  | 'shrunk'
  /** Of one size there are two roots, or the log does not go on from what was seen. */
  | 'forked'
  /** An entry's hash is not that of its leaf. */
  | 'entry'
  /** The log's key was ended by its recovery key, since somebody else may have it. */
  | 'compromised'
  /** Too few witnesses have cosigned a checkpoint. */
  | 'cosignatures';

export interface Alarm {
  readonly kind: AlarmKind;
  /** What is wrong, a sentence. */
  readonly what: string;
  /** The signed notes that show it. */
  readonly evidence: readonly string[];
}

/** What a monitor has seen of a log. */
export interface SeenLog {
  /** The right edge of its tree. */
  readonly frontier: MerkleFrontier;
  /** Its last checkpoint as it was signed; undefined before the first. */
  readonly note: string | undefined;
  /**
   * Statements by which its keys were ended, as far as they were shown, and by which it was followed from key to key:
   * nobody takes them back by showing none.
   */
  readonly keyChanges: readonly string[];
}

/** What a round found. */
export interface Followed {
  /** What to go on from: the log's last checkpoint, or as before where something is wrong with the log itself. */
  readonly seen: SeenLog;
  readonly alarms: readonly Alarm[];
}

/** @throws LogUnreachable when the log does not answer, or in no form that can be read */
export async function followLog(
  served: ServedTiles,
  trust: TrustPolicy,
  before: SeenLog,
): Promise<Followed> {
  const alarms: Alarm[] = [];
  const note = await served.checkpoint();
  const { size: seenSize } = before.frontier;
  const raise = (kind: AlarmKind, what: string, ...evidence: readonly string[]): void =>
    void alarms.push({ kind, what, evidence });
  if (note === undefined) {
    if (seenSize > 0) raise('shrunk', `it had ${seenSize} entries, and has no checkpoint`);
    return { seen: before, alarms };
  }
  const { key, ended, followed } = await keyInForce(
    served,
    trust,
    { note, known: before.keyChanges },
    raise,
  );
  const asBefore = { ...before, keyChanges: ended };
  const checkpoint = readCheckpoint(note, trust, key, raise);
  if (!checkpoint) return { seen: asBefore, alarms };
  const { size, root } = checkpoint;
  const notes = [...(before.note === undefined ? [] : [before.note]), note];
  if (size < seenSize) {
    raise('shrunk', `it had ${seenSize} entries, and signs ${size}`, ...notes);
    return { seen: asBefore, alarms };
  }
  if (size > seenSize) {
    const frontier = MerkleFrontier.restore(sha256, before.frontier.serialise());
    const between = await checkpointsBetween(served, trust, { from: seenSize, to: size }, raise);
    const ahead = [...between, { note, checkpoint }];
    await takeEntries(served, { frontier, seenNote: before.note, between: ahead }, raise);
    if (alarms.some(({ kind }) => speaksAgainstLog(kind))) {
      return { seen: asBefore, alarms };
    }
    return { seen: { frontier, note, keyChanges: followed }, alarms };
  }
  if (!sameBytes(root, before.frontier.root())) {
    const known = toHex(before.frontier.root());
    raise(
      'forked',
      `of ${size} entries it signs root ${toHex(root)}, the root is ${known}`,
      ...notes,
    );
    return { seen: asBefore, alarms };
  }
  return { seen: { ...before, note, keyChanges: followed }, alarms };
}

type Raise = (kind: AlarmKind, what: string, ...evidence: readonly string[]) => void;

interface Noted {
  readonly note: string;
  readonly checkpoint: SignedCheckpoint;
}

/** The log itself is as it was. */
const speaksAgainstLog = (kind: AlarmKind): boolean =>
  kind !== 'cosignatures' && kind !== 'compromised';

/**
 * The trusted key, or the one that it leads to where another has signed the checkpoint or a recovery key may have
 * ended it; an alarm for each key that was ended.
 */
async function keyInForce(
  served: ServedTiles,
  { origin, logKey, recoveryKey }: TrustPolicy,
  { note, known }: { readonly note: string; readonly known: readonly string[] },
  raise: Raise,
): Promise<KeyInForce> {
  const key = parseVerifierKey(sha256, logKey);
  const isFirst = recoveryKey === undefined && known.length === 0;
  if (isFirst && isSignedBy(note, { origin, key })) return { key, ended: known, followed: known };
  const log = { origin, key, recoveryKey: recoveryKeyIn(sha256, recoveryKey) };
  const statements = [...new Set([...known, ...(await served.keyChanges())])];
  const changes = keyChangesFrom(sha256, statements, log, verifyEd25519);
  const ended = changes.filter(({ isCompromise }) => isCompromise);
  for (const { checkpoint, statement } of ended) {
    const what = `its key was ended: what that signed beyond ${checkpoint.size} entries does not count`;
    raise('compromised', what, statement);
  }
  return {
    key: changes.at(-1)?.key ?? key,
    ended: withStatements(known, ended),
    followed: withStatements(known, changes),
  };
}

/** The key that a checkpoint has to be signed with, and what is to be remembered. */
interface KeyInForce {
  readonly key: NoteKey;
  /** What was known, and each statement that ends a key. */
  readonly ended: readonly string[];
  /** What was known, and each statement that leads to the key: remembered once it has signed what goes on. */
  readonly followed: readonly string[];
}

const withStatements = (known: readonly string[], changes: readonly KeyChange[]): string[] => [
  ...new Set([...known, ...changes.map(({ statement }) => statement)]),
];

function isSignedBy(note: string, by: { readonly origin: string; readonly key: NoteKey }): boolean {
  try {
    verifyCheckpoint(sha256, note, by, verifyEd25519);
    return true;
  } catch (error) {
    if (error instanceof CheckpointError) return false;
    throw error;
  }
}

/** The checkpoint of a note; undefined, and an alarm, where it is not the trusted log's. */
function readCheckpoint(
  note: string,
  { origin, witnesses }: TrustPolicy,
  key: NoteKey,
  raise: Raise,
): SignedCheckpoint | undefined {
  try {
    const checkpoint = verifyCheckpoint(sha256, note, { origin, key }, verifyEd25519);
    const { quorum, keys } = witnesses;
    const seenBy = keys.filter((text) => {
      const witness = parseVerifierKey(sha256, text, NOTE_KEY_TYPES.cosignature);
      return cosignedAtS(sha256, checkpoint, witness, verifyEd25519) !== undefined;
    });
    if (seenBy.length < quorum) {
      const asked = `${quorum} of ${keys.length} are asked for`;
      const what = `${seenBy.length} witnesses have cosigned its ${checkpoint.size} entries; ${asked}`;
      raise('cosignatures', what, note);
    }
    return checkpoint;
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    raise('checkpoint', error.message, note);
    return undefined;
  }
}

/**
 * Anchored checkpoints between two sizes, both left out. A key that the log has had before may have signed them:
 * what counts of them is whether their root is that of the entries.
 */
async function checkpointsBetween(
  served: ServedTiles,
  trust: TrustPolicy,
  { from, to }: { readonly from: number; readonly to: number },
  raise: Raise,
): Promise<readonly Noted[]> {
  const found: Noted[] = [];
  for (const note of await served.anchoredAbove(from)) {
    const checkpoint = readAnchored(note, trust, raise);
    if (checkpoint && checkpoint.size > from && checkpoint.size < to) {
      found.push({ note, checkpoint });
    }
  }
  return found.sort((one, other) => one.checkpoint.size - other.checkpoint.size);
}

function readAnchored(
  note: string,
  { origin }: TrustPolicy,
  raise: Raise,
): SignedCheckpoint | undefined {
  try {
    const checkpoint = parseCheckpoint(note);
    if (checkpoint.origin === origin) return checkpoint;
    raise('checkpoint', `it anchored a checkpoint of the log "${checkpoint.origin}"`, note);
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    raise('checkpoint', `of one that it anchored: ${error.message}`, note);
  }
  return undefined;
}

/** From what was seen, under its last note where it has one, to checkpoints beyond it. */
interface Ahead {
  readonly frontier: MerkleFrontier;
  readonly seenNote: string | undefined;
  readonly between: readonly Noted[];
}

/** Takes in every entry up to the last checkpoint, and holds each checkpoint against the root there. */
async function takeEntries(
  served: ServedTiles,
  { frontier, seenNote, between }: Ahead,
  raise: Raise,
): Promise<void> {
  const waiting = [...between];
  const { size } = waiting.at(-1)!.checkpoint;
  while (frontier.size < size) {
    const index = Math.floor(frontier.size / TILE_WIDTH);
    const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
    const { entries, leafHashes } = await served.leaves({ index, width });
    for (let nth = frontier.size % TILE_WIDTH; nth < width; nth += 1) {
      const hash = leafHash(sha256, entries[nth]!);
      const leaf = frontier.appendLeafHash(hash);
      if (!sameBytes(hash, leafHashes[nth]!)) {
        const told = `its tile has ${toHex(leafHashes[nth]!)}, its entry leads to ${toHex(hash)}`;
        return raise('entry', `leaf ${leaf}: ${told}`);
      }
      while (waiting[0]?.checkpoint.size === frontier.size) {
        const { note, checkpoint } = waiting.shift()!;
        const computed = frontier.root();
        if (sameBytes(checkpoint.root, computed)) continue;
        const notes = seenNote === undefined ? [note] : [seenNote, note];
        const signed = `of ${checkpoint.size} entries it signs root ${toHex(checkpoint.root)}`;
        return raise(
          'forked',
          `${signed}, what was seen and its entries lead to ${toHex(computed)}`,
          ...notes,
        );
      }
    }
  }
}
