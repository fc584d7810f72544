/**
 * What of a log's certification its own key has sealed. Who has the disk and not the key can write behind the last
 * checkpoint whatever it likes: a recovery key, contracts, another key. Nothing of that is to be remembered; nor, where a
 * checkpoint covers it all the same, a change of key or contracts without the leave of the key in force.
 */
import {
  type LoggedOf,
  type RecoveryKeyNamed,
  examineRow,
  keyNamed,
  keyReplaced,
  recoveryNamed,
} from '@flexledger/audit';
import { UsageError } from '@flexledger/command-line';
import {
  type CertificationEvent,
  type RecordedEvent,
  type StoredRow,
  CERTIFICATION_STREAM,
  DATA_ACCESS_BATCHES_STREAM,
  decodeEvent,
  fromHex,
  toHex,
  withRecoveryKey,
} from '@flexledger/domain';
import { sha256, verifyEd25519 } from '@flexledger/identity';
import {
  CheckpointError,
  MerkleTree,
  verifyCheckpoint,
  verifyContractsChange,
} from '@flexledger/merkle-log';

/** An event that says what the log is known by. */
interface NamingEvent {
  readonly leaf: number;
  readonly event: RecordedEvent;
}

/** What a log says of itself, parted by the last checkpoint that holds. */
export interface SealedPart {
  /** Events that the checkpoint covers, in the order of the log. */
  readonly sealed: readonly RecordedEvent[];
  /** How many anchors the log says it has set, sealed or not. */
  readonly anchors: number;
  /** What was left out, and why, in words for people. */
  readonly leftOut: readonly string[];
}

/** Types that say it; checkpoints and anchors are as many as minutes and are not kept. */
const NAMING: ReadonlySet<string> = new Set([
  'CertifierStarted',
  'LogKeyReplaced',
  'ContractsChanged',
  'DataAccessContractNamed',
]);

/**
 * Reads it. Hashes are believed as they are stored but for the events that it gives: the checkpoint tells whether they are
 * those of the log that was sealed.
 *
 * @throws UsageError where a row is not what it was
 */
export function sealedPart(rows: Iterable<StoredRow>): SealedPart {
  const tree = new MerkleTree(sha256);
  const rootOf = (size: number): string => toHex(tree.root(size));
  const naming: NamingEvent[] = [];
  const faults: string[] = [];
  let named: LoggedOf<'CertifierStarted'>['data'] | undefined;
  let recovery: RecoveryKeyNamed | undefined;
  let last: { readonly size: number; readonly root: string } | undefined;
  let anchors = 0;

  /** @returns whether the key in force has left its place to another */
  function isReplaced(data: LoggedOf<'LogKeyReplaced'>['data']): boolean {
    if (!named) return false;
    const inForce = { ...named, recovery, sealed: last, rootOf };
    const done = keyReplaced(data, inForce, { sha256, verifyEd25519 });
    if ('fault' in done) {
      faults.push(`a change of the log's key: ${done.fault}`);
      return false;
    }
    named = { ...named, publicKey: data.publicKey };
    if (last && done.isCompromise && last.size > done.upTo) {
      last = done.upTo === 0 ? undefined : { size: done.upTo, root: rootOf(done.upTo) };
    }
    return true;
  }

  /** @returns whether the key in force has signed that others follow its contracts */
  function isChanged({ statement, ...change }: LoggedOf<'ContractsChanged'>['data']): boolean {
    const key = named && keyNamed(sha256, named);
    if (!named || !key) return false;
    try {
      const log = { origin: named.origin, key };
      verifyContractsChange(sha256, statement, change, log, verifyEd25519);
      return true;
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      faults.push(`a change of contracts without the leave of the log's key: ${error.message}`);
      return false;
    }
  }

  function see(event: RecordedEvent, leaf: number): void {
    const { type, data } = event as unknown as CertificationEvent;
    // A checkpoint may cover what only who has the disk has said.
    if (type === 'LogKeyReplaced' && !isReplaced(data)) return;
    if (type === 'ContractsChanged' && !isChanged(data)) return;
    if (type === 'CheckpointAnchored') anchors += 1;
    else if (type === 'CheckpointSealed') {
      const fault = named ? checkpointFault(data, named) : 'no certifier is named before it';
      if (fault) faults.push(`the checkpoint of ${data.size} leaves: ${fault}`);
      else if (data.size > (last?.size ?? 0)) last = { size: data.size, root: data.root };
    } else if (type === 'CertifierStarted') {
      recovery ??= recoveryNamed(event as unknown as LoggedOf<'CertifierStarted'>, {
        leafIndexOf: () => leaf,
      });
      named = withRecoveryKey({ ...data, ...(named && { publicKey: named.publicKey }) }, named);
    }
    if (NAMING.has(event.type)) naming.push({ leaf, event });
  }

  function checkpointFault(
    { size, root, note }: LoggedOf<'CheckpointSealed'>['data'],
    certifier: LoggedOf<'CertifierStarted'>['data'],
  ): string | undefined {
    const key = keyNamed(sha256, certifier);
    if (!key) return 'the certifier names no key';
    try {
      const log = { origin: certifier.origin, key };
      const signed = verifyCheckpoint(sha256, note, log, verifyEd25519);
      const isSaid = signed.size === size && toHex(signed.root) === root;
      if (!isSaid) return 'its note is of another one';
      return size <= tree.size && rootOf(size) === root ? undefined : 'it is of another log';
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      return error.message;
    }
  }

  for (const row of rows) {
    const { streamId, position } = row;
    const isNaming = streamId === CERTIFICATION_STREAM || streamId === DATA_ACCESS_BATCHES_STREAM;
    const examined = isNaming ? examineRow(sha256, row) : undefined;
    const fault = examined?.fault ?? (LEAF.test(row.hash) ? undefined : 'it has no hash');
    if (fault !== undefined) {
      throw new UsageError(
        `The event at position ${position} is not what was recorded: ${fault}. Audit the log before a trust file is made of it.`,
      );
    }
    const leaf = tree.append(fromHex(row.hash));
    if (examined) see(decodeEvent({ ...row, data: examined.data! }), leaf);
  }
  const size = last?.size ?? 0;
  const isSealed = ({ leaf }: NamingEvent): boolean => leaf < size;
  const open = naming.filter((one) => !isSealed(one)).map(({ event }) => told(event));
  return {
    sealed: naming.filter(isSealed).map(({ event }) => event),
    anchors,
    leftOut: [
      ...open.map((what) => `${what}: no checkpoint of the log's key covers it`),
      ...faults,
    ],
  };
}

const LEAF = /^[0-9a-f]{64}$/;

/** What an event says that is worth telling. */
function told({ position, ...event }: RecordedEvent): string {
  const { type, data } = event as unknown as Pick<
    LoggedOf<
      'CertifierStarted' | 'LogKeyReplaced' | 'ContractsChanged' | 'DataAccessContractNamed'
    >,
    'type' | 'data'
  >;
  const at = `at position ${position}`;
  if (type === 'CertifierStarted') {
    const { recoveryKey, anchorContract } = data as LoggedOf<'CertifierStarted'>['data'];
    const recovery = recoveryKey === undefined ? '' : ` and the recovery key ${recoveryKey}`;
    return `the contract ${anchorContract}${recovery}, which a start of the certifier names ${at}`;
  }
  if (type === 'LogKeyReplaced') {
    return `the log's key ${(data as LoggedOf<'LogKeyReplaced'>['data']).publicKey}, named ${at}`;
  }
  if (type === 'ContractsChanged') return `a change of contracts ${at}`;
  const { contract } = data as LoggedOf<'DataAccessContractNamed'>['data'];
  return `the contract of grants ${contract}, named ${at}`;
}
