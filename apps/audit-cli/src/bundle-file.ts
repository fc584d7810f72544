/** Bundles as files: made of a data folder, read with their faults named, audited without a folder. */
import { readFileSync, statSync } from 'node:fs';
import {
  type AuditReport,
  type Bundle,
  type BundleSubject,
  type LogReader,
  type TrustPolicy,
  BUNDLE_FORMAT,
  BundleUnusable,
  auditBundle,
  eventsBundledFor,
  readBundle,
} from '@flexledger/audit';
import { UsageError } from '@flexledger/command-line';
import {
  type CertificationEvent,
  type RecordedEvent,
  type StoredRow,
  CERTIFICATION_STREAM,
  decodeEvent,
  toHex,
} from '@flexledger/domain';
import { logFile } from '@flexledger/event-store';
import { sha256 } from '@flexledger/identity';
import { MerkleTree } from '@flexledger/merkle-log';
import { messageOf } from '@flexledger/runtime';
import { readChain } from './chain-snapshot';
import { createNodeTools } from './node-tools';
import { type StoredLog, openStoredLog } from './stored-log';

/** What a bundle may weigh: far above a session of a large market. */
const BYTES_AT_MOST = 500_000_000;

/**
 * Makes a bundle of what a log holds.
 *
 * @param wanted a session, `POD/SEQUENCE` of a measurement, or the position of one
 * @throws UsageError when the log has no such thing, or no anchored checkpoint covers it yet
 * @throws SessionNotAuditable when there is no such session that is settled
 */
export async function makeBundle(dataDir: string, wanted: string): Promise<Bundle> {
  const log = openStoredLog(logFile(dataDir));
  try {
    const of = await subjectOf(log, wanted);
    const isBundled = await eventsBundledFor(readerOf(log), of);
    const { checkpoint, keyChanges, size, anchors } = await lastAnchored(log);
    const tree = new MerkleTree(sha256);
    const chosen: { leaf: number; row: StoredRow }[] = [];
    for (const row of log.rows()) {
      const leaf = tree.append(Buffer.from(row.hash, 'hex'));
      if (isBundled({ ...row, data: JSON.parse(row.data) as object })) chosen.push({ leaf, row });
    }
    if (of.kind === 'measurement' && chosen.at(-1)?.row.type !== 'MeasurementRecorded') {
      throw new UsageError(`The log has no measurement ${of.sequence} of PoD ${of.podId}.`);
    }
    const uncovered = chosen.filter(({ leaf }) => leaf >= size).length;
    if (uncovered > 0) {
      throw new UsageError(
        `${uncovered} of the ${chosen.length} events that ${wanted} rests on are in no anchored checkpoint yet; ` +
          'bundle it after the next seal.',
      );
    }
    const events = chosen.map(({ leaf, row }) => {
      const proof = tree.inclusionProof(leaf, size).map(toHex);
      return { leaf, proof, row };
    });
    const stated = keyChanges.length > 0 ? { keyChanges } : {};
    return { format: BUNDLE_FORMAT, of, checkpoint, ...stated, anchors, events };
  } finally {
    await log.close();
  }
}

/** @throws UsageError naming the file and what is wrong with it */
export function readBundleFile(file: string): Bundle {
  try {
    const { size } = statSync(file);
    if (size > BYTES_AT_MOST) throw new BundleUnusable(`it has more than ${BYTES_AT_MOST} bytes`);
    return readBundle(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const why = messageOf(error);
    throw new UsageError(
      `The bundle ${file} cannot be used: ${why}. Ask for it again; "flexledger bundle" makes one.`,
    );
  }
}

/** Audits a bundle against a trust file and, where its address is given, the chain. */
export async function auditBundleFile(
  file: string,
  { trust, rpcUrl }: { readonly trust: TrustPolicy; readonly rpcUrl?: string },
): Promise<AuditReport> {
  const bundle = readBundleFile(file);
  const chain =
    rpcUrl === undefined
      ? 'name its address with --rpc'
      : await readChain(
          { dataDir: '', rpcUrl },
          {
            anchorContracts: [trust.chain.anchorContract.address],
            tokenContracts: [],
            agreementContracts: [],
            anchors: bundle.anchors,
          },
        );
  return auditBundle(bundle, { trust, chain }, createNodeTools());
}

async function subjectOf({ store }: StoredLog, wanted: string): Promise<BundleSubject> {
  const [, podId, sequence] = /^([^/]+)\/(\d+)$/.exec(wanted) ?? [];
  if (podId !== undefined) return { kind: 'measurement', podId, sequence: Number(sequence) };
  if (!/^\d+$/.test(wanted)) return { kind: 'session', sessionId: wanted };
  const position = Number(wanted);
  for await (const event of store.readAll({ after: position - 1, limit: 1 })) {
    if (event.position !== position || event.type !== 'MeasurementRecorded') break;
    const { podId: pod, sequence: nth } = event.data as { podId: string; sequence: number };
    return { kind: 'measurement', podId: pod, sequence: nth };
  }
  throw new UsageError(`The log has no measurement at position ${wanted}.`);
}

function readerOf({ store }: StoredLog): LogReader {
  return {
    readAll: () => store.readAll(),
    readStream: (streamId) => store.readStream(streamId),
  };
}

/** The largest checkpoint that the log says is anchored, with its cosignatures. */
async function lastAnchored({ store }: StoredLog) {
  const notes = new Map<number, string>();
  const statements: string[] = [];
  /** How many of the statements stood before a checkpoint, by its size. */
  const statedBefore = new Map<number, number>();
  let size: number | undefined;
  let anchors = 0;
  for await (const recorded of store.readStream(CERTIFICATION_STREAM)) {
    const event = decodeEvent(recorded) as RecordedEvent & CertificationEvent;
    if (event.type === 'LogKeyReplaced') statements.push(event.data.statement);
    else if (event.type === 'CheckpointSealed') {
      notes.set(event.data.size, event.data.note);
      statedBefore.set(event.data.size, statements.length);
    } else if (event.type === 'CheckpointCosigned') {
      const note = notes.get(event.data.size);
      if (note !== undefined) notes.set(event.data.size, `${note}${event.data.line}`);
    } else if (event.type === 'CheckpointAnchored') {
      size = event.data.size;
      anchors += 1;
    }
  }
  const checkpoint = size === undefined ? undefined : notes.get(size);
  if (size === undefined || checkpoint === undefined) {
    throw new UsageError(
      'No checkpoint of this log is anchored yet; bundle it after the next seal.',
    );
  }
  const keyChanges = statements.slice(0, statedBefore.get(size));
  return { checkpoint, keyChanges, size, anchors };
}
