/**
 * A bundle: some events of a log with the proof of each that it is in the log, so that who holds a trust
 * file can check one session, measurement, receipt or party's view without the log (`docs/verify/bundle.md`). Whoever made it
 * is not believed, and nothing in it is read before its shape is.
 */
import { ROW_NUMBERS, ROW_TEXTS, type StoredRow } from '@flexledger/domain';

export const BUNDLE_FORMAT = 'flexledger/bundle@1';

/** What a bundle is of. */
export type BundleSubject =
  | { readonly kind: 'session'; readonly sessionId: string }
  | { readonly kind: 'measurement'; readonly podId: string; readonly sequence: number }
  /** What one bidder had bid in a session when its gate closed: an aggregator's id, `DSO` or `TSO`. */
  | { readonly kind: 'receipt'; readonly sessionId: string; readonly bidderId: string }
  /** All that a party was told: an aggregator's id, a PoD, `DSO` or `TSO`. */
  | { readonly kind: 'party'; readonly partyId: string }
  /** A party's own rows of the settlement of a session that counted when it was made. */
  | { readonly kind: 'rows'; readonly sessionId: string; readonly partyId: string };

/** An event and where it is in the tree of the checkpoint. */
export interface BundledEvent {
  /** Index of its leaf, from 0. */
  readonly leaf: number;
  /** RFC 9162 inclusion proof, lowest hash first; each 64 hex characters. */
  readonly proof: readonly string[];
  readonly row: StoredRow;
  /**
   * In a party's bundle and in one of rows: of an event with rows of many, `row.data` holds the party's own rows only, and
   * `row.hash` is that of the whole event.
   */
  readonly ownRows?: true;
  /** Of a settlement with `ownRows`: where each row of `row.data` stands in it, in their order. */
  readonly rowProofs?: readonly RowProof[];
}

/** Where a row stands among the rows of its settlement. */
export interface RowProof {
  /** From 0, through all parts of the settlement. */
  readonly index: number;
  /** RFC 9162 inclusion proof under `rowsRoot`, lowest hash first; each 64 hex characters. */
  readonly proof: readonly string[];
}

/** What D3.3 tables 21 to 23 name of a packet; each of it follows from the events of its bundle and its anchor. */
export interface PacketFields {
  readonly podId: string;
  /** SHA-256 of the RFC 8785 form of `inputData`, hex. */
  readonly hash: string;
  /** ECDSA signature of that text, r and s, hex. */
  readonly signedHash: string;
  /** Of the node when it signed: SEC 1 point, hex; null where the log names none. */
  readonly publicKey: string | null;
  readonly inputData: object;
  /** Id of the event that recorded it. */
  readonly uniqueId: string;
  /** Of the transaction that anchored the checkpoint, 0x-prefixed. */
  readonly transactionId: string;
  readonly merkleTreeStructure: {
    readonly leaf: number;
    readonly size: number;
    /** RFC 9162 root, hex. */
    readonly root: string;
    readonly proof: readonly string[];
  };
}

export interface Bundle {
  readonly format: typeof BUNDLE_FORMAT;
  readonly of: BundleSubject;
  /** C2SP tlog-checkpoint with the signature of the log and the cosignatures of witnesses. */
  readonly checkpoint: string;
  /** The statements by which the log went over from key to key before it, in order; absent = none. */
  readonly keyChanges?: readonly string[];
  /** How many checkpoints the log says were anchored up to this one; no check rests on it. */
  readonly anchors: number;
  /** In the order of the log. */
  readonly events: readonly BundledEvent[];
  /** Of a packet that was asked for over REST: the same once more, under the names of D3.3. */
  readonly packet?: PacketFields;
}

/** A bundle is none; the message says why, for a sentence. */
export class BundleUnusable extends Error {
  override readonly name = 'BundleUnusable';
}

const EVENTS_AT_MOST = 1_000_000;
/** Twenty years of an anchor a minute. */
const ANCHORS_AT_MOST = 10_000_000;
const KEY_CHANGES_AT_MOST = 1_000;
/** Of a tree below 2^53 leaves. */
const PROOF_AT_MOST = 53;
const HASH = /^[0-9a-f]{64}$/;

/** Reads what a file holds. @throws BundleUnusable naming the first thing that is not as it has to be */
export function readBundle(value: unknown): Bundle {
  const bundle = objectAt(value, 'it');
  if (bundle['format'] !== BUNDLE_FORMAT) {
    throw new BundleUnusable(
      `its format is ${JSON.stringify(bundle['format'])}, not ${BUNDLE_FORMAT}`,
    );
  }
  const { checkpoint, events } = bundle;
  if (typeof checkpoint !== 'string') throw new BundleUnusable('its checkpoint is no text');
  if (!Array.isArray(events) || events.length === 0 || events.length > EVENTS_AT_MOST) {
    throw new BundleUnusable(`its events are not a list of 1 to ${EVENTS_AT_MOST}`);
  }
  return {
    format: BUNDLE_FORMAT,
    of: subjectFrom(bundle['of']),
    checkpoint,
    ...keyChangesFrom(bundle['keyChanges']),
    anchors: countAt(bundle['anchors'], 'anchors', ANCHORS_AT_MOST),
    events: events.map(eventFrom),
    ...(bundle['packet'] === undefined ? {} : { packet: packetFrom(bundle['packet']) }),
  };
}

function packetFrom(value: unknown): PacketFields {
  const packet = objectAt(value, 'packet');
  for (const name of ['podId', 'hash', 'signedHash', 'publicKey', 'uniqueId', 'transactionId']) {
    const isNone = name === 'publicKey' && packet[name] === null;
    if (typeof packet[name] !== 'string' && !isNone) {
      throw new BundleUnusable(`packet.${name} is no text`);
    }
  }
  objectAt(packet['inputData'], 'packet.inputData');
  const tree = objectAt(packet['merkleTreeStructure'], 'packet.merkleTreeStructure');
  if (!Array.isArray(tree['proof'])) {
    throw new BundleUnusable('packet.merkleTreeStructure.proof is no list');
  }
  return packet as unknown as PacketFields;
}

function keyChangesFrom(value: unknown): Pick<Bundle, 'keyChanges'> {
  if (value === undefined) return {};
  const isList = Array.isArray(value) && value.length <= KEY_CHANGES_AT_MOST;
  if (!isList || !value.every((text) => typeof text === 'string')) {
    throw new BundleUnusable(`keyChanges is not a list of up to ${KEY_CHANGES_AT_MOST} statements`);
  }
  return { keyChanges: value as string[] };
}

function subjectFrom(value: unknown): BundleSubject {
  const { kind, sessionId, podId, sequence, bidderId, partyId } = objectAt(value, 'of');
  if (kind === 'session' && typeof sessionId === 'string') return { kind, sessionId };
  if (kind === 'measurement' && typeof podId === 'string') {
    return { kind, podId, sequence: countAt(sequence, 'of.sequence') };
  }
  if (kind === 'receipt' && typeof sessionId === 'string' && typeof bidderId === 'string') {
    return { kind, sessionId, bidderId };
  }
  if (kind === 'party' && typeof partyId === 'string') return { kind, partyId };
  if (kind === 'rows' && typeof sessionId === 'string' && typeof partyId === 'string') {
    return { kind, sessionId, partyId };
  }
  throw new BundleUnusable('of names no session, measurement, receipt, party or rows');
}

function eventFrom(value: unknown, index: number): BundledEvent {
  const name = `events[${index}]`;
  const { leaf, proof, row, ownRows, rowProofs } = objectAt(value, name);
  return {
    leaf: countAt(leaf, `${name}.leaf`),
    proof: proofFrom(proof, `${name}.proof`),
    row: readRow(row, `${name}.row`),
    ...(ownRows === true && { ownRows }),
    ...(rowProofs === undefined ? {} : { rowProofs: rowProofsFrom(rowProofs, name) }),
  };
}

function rowProofsFrom(value: unknown, name: string): RowProof[] {
  if (!Array.isArray(value)) throw new BundleUnusable(`${name}.rowProofs is no list`);
  return value.map((one: unknown, place) => {
    const { index, proof } = objectAt(one, `${name}.rowProofs[${place}]`);
    return {
      index: countAt(index, `${name}.rowProofs[${place}].index`),
      proof: proofFrom(proof, `${name}.rowProofs[${place}].proof`),
    };
  });
}

function proofFrom(value: unknown, name: string): string[] {
  const isProof = Array.isArray(value) && value.length <= PROOF_AT_MOST;
  if (isProof && value.every((hash) => typeof hash === 'string' && HASH.test(hash))) {
    return value as string[];
  }
  throw new BundleUnusable(`${name} is not a list of up to ${PROOF_AT_MOST} hashes`);
}

/** A row of a log. @throws BundleUnusable naming the first member that is not as it has to be */
export function readRow(value: unknown, name: string): StoredRow {
  const stored = objectAt(value, name);
  for (const column of ROW_TEXTS) {
    if (typeof stored[column] !== 'string')
      throw new BundleUnusable(`${name}.${column} is no text`);
  }
  for (const column of ROW_NUMBERS) countAt(stored[column], `${name}.${column}`);
  return stored as unknown as StoredRow;
}

function objectAt(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new BundleUnusable(`${name} is no object`);
}

function countAt(value: unknown, name: string, most = Number.MAX_SAFE_INTEGER): number {
  const isCount = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
  if (isCount && value <= most) return value;
  throw new BundleUnusable(`${name} is no whole number from 0 to ${most}`);
}
