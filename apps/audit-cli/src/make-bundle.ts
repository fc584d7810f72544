/** Bundles and proofs made of a data folder. */
import {
  type Bundle,
  type BundledEvent,
  type BundleSubject,
  type IsBundled,
  type LoggedOf,
  type LogReader,
  BUNDLE_FORMAT,
  createRowProver,
  eventsBundledFor,
} from '@flexledger/audit';
import { UsageError } from '@flexledger/command-line';
import {
  type CertificationEvent,
  type RecordedEvent,
  type StoredRow,
  CERTIFICATION_STREAM,
  POD_ID,
  canonicalJson,
  decodeEvent,
  nodeStream,
  sessionStream,
  settlementStream,
  toHex,
} from '@flexledger/domain';
import { logFile } from '@flexledger/event-store';
import { type Principal, sha256 } from '@flexledger/identity';
import {
  CheckpointError,
  MerkleTree,
  parseCheckpoint,
  tlogProofText,
} from '@flexledger/merkle-log';
import { type StoredLog, type StoredLogFile, openStoredLog } from './stored-log';

/**
 * Makes a bundle of what a log holds.
 *
 * @param wanted a session, `POD/SEQUENCE` of a measurement, the position of one, or a party
 * @param asked `bidderId` makes a receipt of what this bidder had bid in the session wanted, `partyId` proves that
 *   party's own rows of its settlement
 * @throws UsageError when the log has no such thing, or no checkpoint covers it yet that is good for it
 * @throws SessionNotAuditable when there is no such session that is settled, or for a receipt closed
 */
export async function makeBundle(
  dataDir: string,
  wanted: string,
  { bidderId, partyId }: { readonly bidderId?: string; readonly partyId?: string } = {},
): Promise<Bundle> {
  return withLog(dataDir, async (log) => {
    const of: BundleSubject =
      bidderId !== undefined
        ? { kind: 'receipt', sessionId: wanted, bidderId }
        : partyId !== undefined
          ? { kind: 'rows', sessionId: wanted, partyId }
          : await subjectOf(log, wanted);
    const choose = await chooserFor(log, of);
    const tree = new MerkleTree(sha256);
    const prover = createRowProver(sha256);
    const chosen: ChosenEvent[] = [];
    for (const row of log.rows()) {
      const leaf = tree.append(Buffer.from(row.hash, 'hex'));
      const event = { ...row, data: JSON.parse(row.data) as object };
      const proofsOf =
        event.type === 'SettlementComputed' ? prover.take(event.data as Computed) : undefined;
      const shown = await choose(event);
      if (!shown) continue;
      const { data, isPartial } = shown;
      if (!isPartial) chosen.push({ leaf, row });
      else {
        const own = { ...row, data: canonicalJson(data) };
        const rowProofs = () => proofsOf?.((data as Computed).rows);
        chosen.push({ leaf, row: own, ownRows: true, rowProofs });
      }
    }
    if (of.kind === 'rows' && !chosen.some(({ ownRows }) => ownRows)) {
      throw new UsageError(
        `The settlement of session ${of.sessionId} has no row of ${of.partyId}.`,
      );
    }
    if (of.kind === 'measurement' && chosen.at(-1)?.row.type !== 'MeasurementRecorded') {
      throw new UsageError(`The log has no measurement ${of.sequence} of PoD ${of.podId}.`);
    }
    const { checkpoint, keyChanges, size, anchors } = await checkpointFor(log, of, chosen);
    const events = chosen
      .filter(({ leaf }) => of.kind !== 'party' || leaf < size)
      .map(({ rowProofs, ...event }) => {
        const places = rowProofs?.();
        const proof = tree.inclusionProof(event.leaf, size).map(toHex);
        return { ...event, proof, ...(places && { rowProofs: places }) };
      });
    const stated = keyChanges.length > 0 ? { keyChanges } : {};
    return { format: BUNDLE_FORMAT, of, checkpoint, ...stated, anchors, events };
  });
}

/**
 * Makes a proof of one event as C2SP tlog-proof, with the event itself as its extra data.
 *
 * @param wanted position or id of the event
 * @throws UsageError when there is no such event, or no anchored checkpoint covers it yet
 */
export async function makeTlogProof(dataDir: string, wanted: string): Promise<string> {
  return withLog(dataDir, async (log) => {
    const tree = new MerkleTree(sha256);
    let found: { readonly leaf: number; readonly row: StoredRow } | undefined;
    for (const row of log.rows()) {
      const leaf = tree.append(Buffer.from(row.hash, 'hex'));
      if (row.id === wanted || `${row.position}` === wanted) found = { leaf, row };
    }
    if (!found) throw new UsageError(`The log has no event at position or with id ${wanted}.`);
    const { leaf, row } = found;
    const { checkpoint, size } = await checkpointFor(log, { kind: 'event' }, [found]);
    const extra = Buffer.from(JSON.stringify(row), 'utf8');
    const proof = tree.inclusionProof(leaf, size);
    return tlogProofText({ extra, index: leaf, proof, checkpoint });
  });
}

type Computed = LoggedOf<'SettlementComputed'>['data'];

/** What a bundle is to show, before its proofs are made. */
interface ChosenEvent extends Omit<BundledEvent, 'proof' | 'rowProofs'> {
  /** Once the whole log was read. */
  readonly rowProofs?: () => BundledEvent['rowProofs'];
}

async function withLog<Made>(dataDir: string, make: (log: StoredLogFile) => Promise<Made>) {
  const log = openStoredLog(logFile(dataDir));
  try {
    return await make(log);
  } finally {
    await log.close();
  }
}

async function subjectOf({ store }: StoredLog, wanted: string): Promise<BundleSubject> {
  const [, podId, sequence] = /^([^/]+)\/(\d+)$/.exec(wanted) ?? [];
  if (podId !== undefined) return { kind: 'measurement', podId, sequence: Number(sequence) };
  if (/^\d+$/.test(wanted)) return measurementAt(store, Number(wanted));
  const isParty = PARTIES_BY_NAME.test(wanted) || (await isAggregator(store, wanted));
  return isParty ? { kind: 'party', partyId: wanted } : { kind: 'session', sessionId: wanted };
}

async function measurementAt(store: StoredLog['store'], position: number): Promise<BundleSubject> {
  for await (const event of store.readAll({ after: position - 1, limit: 1 })) {
    if (event.position !== position || event.type !== 'MeasurementRecorded') break;
    const { podId, sequence } = event.data as { podId: string; sequence: number };
    return { kind: 'measurement', podId, sequence };
  }
  throw new UsageError(`The log has no measurement at position ${position}.`);
}

const PARTIES_BY_NAME = new RegExp(`^(DSO|TSO)$|${POD_ID.source}`);

/** Whether PoDs were registered with an aggregator of this id; a session of that id comes first. */
async function isAggregator(store: StoredLog['store'], wanted: string): Promise<boolean> {
  for await (const _ of store.readStream(sessionStream(wanted))) return false;
  const types = ['PodRegistered', 'PodDetailsChanged'];
  for await (const { data } of store.readAll({ filter: { types } })) {
    if ((data as { readonly aggregatorId?: string }).aggregatorId === wanted) return true;
  }
  return false;
}

/** What a bundle shows of an event; undefined when nothing. */
type Chooser = (
  event: RecordedEvent,
) => Promise<{ readonly data: object; readonly isPartial: boolean } | undefined>;

async function chooserFor(log: StoredLog, of: BundleSubject): Promise<Chooser> {
  if (of.kind === 'party') return shownTo(log, of.partyId);
  if (of.kind === 'rows') return rowsShownTo(log, of);
  const isBundled: IsBundled = await eventsBundledFor(readerOf(log), of);
  return async (event) => (isBundled(event) ? { data: event.data, isPartial: false } : undefined);
}

/** What of a node's stream a signature is checked by; the rest is not for all who see its measurements. */
const NODE_KEYS: ReadonlySet<string> = new Set(['NodeEnrolled', 'KeyRotated', 'NodeRevoked']);

/** What the interface shows to a party, and the keys of the nodes of the PoDs that it saw measured. */
async function shownTo({ store }: StoredLog, partyId: string): Promise<Chooser> {
  // Loaded here: an audit shall not wait until the web server that comes with it is read.
  const { partyLog } = await import('@flexledger/service-kit');
  const shown = partyLog(store);
  const principal = principalOf(partyId);
  const measured = new Set<string>();
  const filter = { types: ['MeasurementRecorded'] };
  for await (const event of store.readAll({ filter })) {
    if (!(await shown.shown(principal, event))) continue;
    measured.add(nodeStream((event.data as { readonly podId: string }).podId));
  }
  return async (event) => {
    // Of the log's own certification the checkpoint says more.
    if (event.streamId === CERTIFICATION_STREAM) return undefined;
    if (measured.has(event.streamId) && NODE_KEYS.has(event.type)) {
      return { data: event.data, isPartial: false };
    }
    const seen = await shown.shown(principal, event);
    return seen && { data: seen.event.data, isPartial: seen.isPartial };
  };
}

/** The settlement of a session that was published last: what a party is shown of its parts, and its publication. */
async function rowsShownTo(
  { store }: StoredLog,
  { sessionId, partyId }: Extract<BundleSubject, { kind: 'rows' }>,
): Promise<Chooser> {
  const { partyLog } = await import('@flexledger/service-kit');
  const shown = partyLog(store);
  const principal = principalOf(partyId);
  let correction: number | undefined;
  for await (const { type, data } of store.readStream(settlementStream(sessionId))) {
    if (type === 'SettlementPublished') ({ correction } = data as { readonly correction: number });
  }
  if (correction === undefined) {
    throw new UsageError(`No settlement of session ${sessionId} is published in this log.`);
  }
  return async (event) => {
    if (event.streamId !== settlementStream(sessionId)) return undefined;
    if ((event.data as { readonly correction?: number }).correction !== correction)
      return undefined;
    if (event.type === 'SettlementPublished') return { data: event.data, isPartial: false };
    if (event.type !== 'SettlementComputed') return undefined;
    const seen = await shown.shown(principal, event);
    if (!seen || (seen.event.data as Computed).rows.length === 0) return undefined;
    return { data: seen.event.data, isPartial: true };
  };
}

function principalOf(partyId: string): Principal {
  const asked = { clientId: 'bundle', scopes: ['events:read'] } as const;
  if (partyId === 'DSO' || partyId === 'TSO') {
    const role = partyId === 'DSO' ? 'dso' : 'tso';
    return { role, partyId: null, actor: role, ...asked };
  }
  const role = POD_ID.test(partyId) ? 'customer' : 'aggregator';
  return { role, partyId, actor: `${role}:${partyId}`, ...asked };
}

function readerOf({ store }: StoredLog): LogReader {
  return {
    readAll: () => store.readAll(),
    readStream: (streamId) => store.readStream(streamId),
  };
}

/** A checkpoint of the log with what is needed to believe it. */
interface SealedCheckpoint {
  readonly size: number;
  /** With the lines of witnesses. */
  readonly checkpoint: string;
  /** Statements by which the log had gone over from key to key before it. */
  readonly keyChanges: readonly string[];
  /** Checkpoints anchored up to this one. */
  readonly anchors: number;
}

/**
 * The checkpoint that a bundle is under: of a receipt the first one that covers the closing, of anything
 * else the largest that is anchored.
 *
 * @throws UsageError when there is none yet that covers what is bundled
 */
async function checkpointFor(
  log: StoredLog,
  { kind }: { readonly kind: BundleSubject['kind'] | 'event' },
  chosen: readonly { readonly leaf: number }[],
): Promise<SealedCheckpoint> {
  const { sealed, anchoredSize } = await checkpointsOf(log);
  const lastLeaf = chosen.at(-1)?.leaf ?? -1;
  if (kind === 'receipt') {
    const closing = sealed.find(({ size }) => size > lastLeaf);
    if (closing) return { ...closing, anchors: 0 };
    throw new UsageError('No checkpoint covers the closing yet; ask again after the next seal.');
  }
  const anchored = sealed.find(({ size }) => size === anchoredSize);
  if (!anchored) {
    throw new UsageError(
      'No checkpoint of this log is anchored yet; bundle it after the next seal.',
    );
  }
  const uncovered = chosen.filter(({ leaf }) => leaf >= anchored.size).length;
  if (uncovered === 0 || kind === 'party') return anchored;
  throw new UsageError(
    `${uncovered} of the ${chosen.length} events that it rests on are in no anchored checkpoint yet; ` +
      'bundle it after the next seal.',
  );
}

/** All checkpoints, the smallest first, and the size of the largest that the log says is anchored. */
async function checkpointsOf({ store }: StoredLog) {
  const sealed: SealedCheckpoint[] = [];
  const statements: string[] = [];
  const anchoredSizes: number[] = [];
  let anchors = 0;
  for await (const recorded of store.readStream(CERTIFICATION_STREAM)) {
    const event = decodeEvent(recorded) as RecordedEvent & CertificationEvent;
    if (event.type === 'LogKeyReplaced') {
      const { statement } = event.data;
      statements.push(statement);
      // What was sealed beyond by a key that was stated compromised is not believed.
      const upTo = sizeNamedBy(statement);
      const at = sealed.findIndex(({ size }) => size > upTo);
      if (at >= 0) sealed.splice(at);
      while ((anchoredSizes.at(-1) ?? 0) > upTo) anchoredSizes.pop();
    } else if (event.type === 'CheckpointSealed') {
      const { size, note } = event.data;
      sealed.push({ size, checkpoint: note, keyChanges: [...statements], anchors });
    } else if (event.type === 'AnchorLost') {
      while ((anchoredSizes.at(-1) ?? 0) > event.data.standingSize) anchoredSizes.pop();
    } else if (event.type === 'CheckpointCosigned' || event.type === 'CheckpointAnchored') {
      const at = sealed.findLastIndex(({ size }) => size === event.data.size);
      const of = sealed[at];
      if (event.type === 'CheckpointAnchored') {
        anchors += 1;
        if (!of) continue;
        anchoredSizes.push(of.size);
        sealed[at] = { ...of, anchors };
      } else if (of) sealed[at] = { ...of, checkpoint: `${of.checkpoint}${event.data.line}` };
    }
  }
  return { sealed, anchoredSize: anchoredSizes.at(-1) };
}

/** Leaves of the checkpoint that a statement names; of one that is none it is not for a bundle to say. */
function sizeNamedBy(statement: string): number {
  try {
    return parseCheckpoint(statement).size;
  } catch (error) {
    if (error instanceof CheckpointError) return Infinity;
    throw error;
  }
}
