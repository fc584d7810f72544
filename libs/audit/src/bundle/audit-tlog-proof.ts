import { fromHex, toHex } from '@flexledger/domain';
import { type TlogProof, HASH_BYTES, leafHash, verifyInclusion } from '@flexledger/merkle-log';
import { examineRow } from '../checks/hashes';
import type { AuditReport } from '../report';
import type { AuditTools } from '../tools';
import { readRow } from './bundle';
import { type BundleBasis, type BundleFindings, emptyFindings, reportOf } from './bundle-findings';
import { anchored, checkpointOf, notExcluded } from './under-checkpoint';

/** Audits a proof of one event, whose extra data is the event's row as JSON, or its hash alone. */
export async function auditTlogProof(
  { extra, index, proof, checkpoint: note }: TlogProof,
  basis: BundleBasis,
  tools: AuditTools,
): Promise<AuditReport> {
  const findings = emptyFindings();
  const checkpoint = checkpointOf({ checkpoint: note }, basis.trust, tools, findings);
  const hash = eventHashOf(extra, tools, findings);
  findings.inclusion.checked();
  // As a receipt, it is given as soon as its checkpoint is sealed.
  if (checkpoint) anchored({ kind: 'receipt', note }, checkpoint, basis, findings, tools);
  if (checkpoint && hash) {
    const { size, root } = checkpoint;
    const claim = { leafHash: leafHash(tools.sha256, hash), index, size, root, proof };
    if (!verifyInclusion(tools.sha256, claim)) {
      const what = `event ${toHex(hash)} is not shown to be leaf ${index} of the ${size} leaves`;
      findings.inclusion.fail(undefined, what);
    } else findings.inclusion.note(`event ${toHex(hash)} is leaf ${index} of ${size}`);
  }
  return reportOf(findings, notExcluded(basis, { note, checkpoint }, tools));
}

/** The event's hash, computed where the event is there. */
function eventHashOf(
  extra: Uint8Array,
  { sha256 }: AuditTools,
  { hashes }: BundleFindings,
): Uint8Array | undefined {
  hashes.checked();
  if (extra.length === HASH_BYTES) {
    hashes.note('it holds the hash of its event, not the event');
    return extra;
  }
  try {
    const row = readRow(
      JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(extra)),
      'extra',
    );
    const { contentHash, fault } = examineRow(sha256, row);
    if (fault !== undefined) hashes.fail(row, fault);
    return fromHex(contentHash);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    hashes.fail(undefined, `its extra data is neither an event nor the hash of one: ${why}`);
    return undefined;
  }
}
