/**
 * The audit of a bundle: each event is in the log under a checkpoint that the trusted key signed, and what
 * the bundle is of is computed again from them. What a bundle leaves out cannot be missed by it; the
 * report says so.
 */
import { type StoredRow, canonicalJson, decodeEvent, fromHex, toHex } from '@flexledger/domain';
import { type SignedCheckpoint, leafHash, verifyInclusion } from '@flexledger/merkle-log';
import { examineRow } from '../checks/hashes';
import { createSignatureCheck } from '../checks/signatures';
import { createVersionCheck } from '../checks/versions';
import type { EventCheck, LoggedEvent } from '../logged-event';
import { createReplay } from '../replay';
import type { AuditReport, Findings } from '../report';
import { endChecks, marketChecks, showEvent } from '../run-checks';
import { type Scope, WHOLE_LOG, sessionScope } from '../scope';
import type { AuditTools } from '../tools';
import type { Bundle, BundledEvent } from './bundle';
import {
  type BundleBasis,
  type BundleFindings,
  type BundleTrust,
  emptyFindings,
  reportOf,
} from './bundle-findings';
import { createReceiptCheck } from './receipt';
import { provedOwnRows } from './settled-rows';
import { anchored, checkpointOf, notExcluded, timesSeen } from './under-checkpoint';

/** Audits a bundle against a trust file and, where it is given, the chain. */
export async function auditBundle(
  bundle: Bundle,
  basis: BundleBasis,
  tools: AuditTools,
): Promise<AuditReport> {
  const { trust } = basis;
  const findings = emptyFindings();
  const checkpoint = checkpointOf(bundle, trust, tools, findings);
  if (checkpoint) {
    const { of, checkpoint: note } = bundle;
    anchored({ kind: of.kind, note }, checkpoint, basis, findings, tools);
    prove(bundle, checkpoint, tools, findings);
    comparePacket(bundle, checkpoint, findings);
  }
  const proved = provedOwnRows(bundle, tools.sha256, findings.inclusion);
  if (bundle.of.kind === 'rows' && !holdsRows(proved)) {
    findings.inclusion.fail(undefined, `it proves no row of ${nameOf(bundle.of)}`);
  }
  const seenS = checkpoint ? timesSeen(checkpoint, trust, tools) : [];
  await replayed(bundle, { trust, seenS }, tools, findings);
  const shown = { note: bundle.checkpoint, checkpoint };
  const open = [...notExcluded(basis, shown, tools), ...ownRowsNotExcluded(bundle, proved)];
  return reportOf(findings, open);
}

/** Each event's contents lead to the root from its own leaf, and the leaves stand in the events' order. */
function prove(
  { of, events }: Bundle,
  { size, root }: SignedCheckpoint,
  { sha256 }: AuditTools,
  { inclusion, order }: BundleFindings,
): void {
  let before: BundledEvent | undefined;
  for (const event of events) {
    const { leaf, proof, row } = event;
    order.checked();
    inclusion.checked();
    if (before && !(leaf > before.leaf && row.position > before.row.position)) {
      order.fail(row, `leaf ${leaf} stands after leaf ${before.leaf}`);
    }
    before = event;
    const hash = isOwnRows(of, event) ? row.hash : examineRow(sha256, row).contentHash;
    const claim = {
      leafHash: leafHash(sha256, HASH.test(hash) ? fromHex(hash) : new Uint8Array(0)),
      index: leaf,
      size,
      root,
      proof: proof.map(fromHex),
    };
    if (verifyInclusion(sha256, claim)) continue;
    inclusion.fail(
      row,
      `it is not shown to be leaf ${leaf} of the ${size} leaves of the checkpoint`,
    );
  }
}

/** What a packet says of itself under the names of D3.3 is what its event says; the transaction is the server's word. */
function comparePacket(
  { of, packet, events }: Bundle,
  { size, root }: SignedCheckpoint,
  { hashes }: BundleFindings,
): void {
  if (!packet) return;
  const last = events.at(-1)!;
  const { podId, sequence, hash, signedHash, inputData } = dataOf(last.row);
  const isOfIt = of.kind === 'measurement' && of.podId === podId && of.sequence === sequence;
  if (!isOfIt) hashes.fail(last.row, `its packet is not ${nameOf(of)}`);
  // A bundle may hold nodes of other PoDs, whose keys are none of this one.
  const keys = events.findLast(
    ({ row }) => KEY_TYPES.has(row.type) && dataOf(row)['podId'] === podId,
  );
  const { publicKey } = keys ? dataOf(keys.row) : {};
  const { leaf, proof } = last;
  const merkleTreeStructure = { leaf, size, root: toHex(root), proof };
  const uniqueId = last.row.id;
  const said = { podId, hash, signedHash, publicKey, inputData, uniqueId, merkleTreeStructure };
  hashes.checked();
  for (const [name, value] of Object.entries(said)) {
    if (isSameJson(packet[name as keyof typeof said], value ?? null)) continue;
    hashes.fail(last.row, `its packet.${name} is not what its event says`);
  }
}

function isSameJson(one: unknown, other: unknown): boolean {
  try {
    return canonicalJson(one) === canonicalJson(other);
  } catch {
    return false; // one of them has no JSON form
  }
}

const KEY_TYPES: ReadonlySet<string> = new Set(['NodeEnrolled', 'KeyRotated']);

function dataOf({ data }: StoredRow): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(data) as Record<string, unknown>;
  } catch {
    return {}; // the hashes tell
  }
}

/** What the events say against each other. */
async function replayed(
  { of, events }: Bundle,
  { trust, seenS }: { readonly trust: BundleTrust; readonly seenS: readonly number[] },
  tools: AuditTools,
  findings: BundleFindings,
): Promise<void> {
  const receipt = of.kind === 'receipt' ? createReceiptCheck(of, trust, findings) : undefined;
  const replay = createReplay();
  const versions = createVersionCheck(findings.versions);
  const scope = of.kind === 'session' ? scopeOf(of.sessionId, events, replay) : WHOLE_LOG;
  const checks: readonly EventCheck[] = [
    createSignatureCheck(scope, tools, findings.signatures),
    ...(of.kind === 'session' ? marketChecks(replay, scope, tools, findings) : []),
  ];
  const streams = createWholeStreams(findings.order, of);
  let isThere = false;
  for (const event of events) {
    const { row } = event;
    // Nothing of them is bound to the hash, so nothing is concluded from them.
    if (isOwnRows(of, event)) continue;
    findings.hashes.checked();
    const examined = examineRow(tools.sha256, row);
    if (examined.fault !== undefined) findings.hashes.fail(row, examined.fault);
    streams.see(row);
    const logged = versions.read(row, examined);
    if (logged === undefined || logged === 'newer') continue;
    isThere ||= isSubject(of, logged);
    receipt?.see(logged);
    await showEvent({ checks, replay, hashes: findings.hashes }, logged, row);
  }
  await endChecks(checks);
  receipt?.end(seenS);
  if (!isThere && of.kind !== 'rows')
    findings.inclusion.fail(undefined, `it holds nothing of ${nameOf(of)}`);
}

function scopeOf(
  sessionId: string,
  events: readonly BundledEvent[],
  replay: ReturnType<typeof createReplay>,
): Scope {
  const scheduled = events
    .filter(({ row }) => row.type === 'SessionScheduled')
    .flatMap(({ row }) => {
      try {
        const event = decodeEvent({ ...row, data: JSON.parse(row.data) as object });
        return [event.data as { sessionId: string; kind: string; deliveryDay: string }];
      } catch {
        return []; // the hashes and versions tell
      }
    });
  const day = scheduled.find((one) => one.sessionId === sessionId)?.deliveryDay;
  const dayAhead = scheduled.find((one) => one.kind === 'dayAhead' && one.deliveryDay === day);
  return sessionScope(sessionId, dayAhead?.sessionId ?? sessionId, replay);
}

/**
 * Of sessions, settlements, nodes and, in a session's bundle, meters all is there from the first event on;
 * and a PoD's stream that begins with its first goes on without a gap. Of a grid's streams there are the models and the
 * forecasts of the session, whatever stands between them.
 */
function createWholeStreams(order: Findings, { kind }: Bundle['of']) {
  // Of what one party was shown of a stream others have the rest.
  if (kind === 'receipt' || kind === 'party' || kind === 'rows') return { see: () => {} };
  const whole = kind === 'session' ? /^(session|settlement|node|meter)-/ : /^node-/;
  const revisions = new Map<string, number>();
  return {
    see(row: StoredRow): void {
      const { streamId, revision } = row;
      const before = revisions.get(streamId);
      const isWhole = whole.test(streamId);
      if (!isWhole && !streamId.startsWith('pod-')) return;
      if (before === undefined && revision > 0 && !isWhole) return;
      revisions.set(streamId, revision);
      const expected = (before ?? -1) + 1;
      if (revision === expected) return;
      order.fail(row, `revision ${revision} of its stream stands where ${expected} should`);
    },
  };
}

/** Types of events with rows of many parties, of which each is shown its own. */
const OF_MANY: ReadonlySet<string> = new Set([
  'MarketCleared',
  'ResultPublished',
  'SettlementComputed',
]);
const HASH = /^[0-9a-f]{64}$/;

/** Whether of an event the party's own rows are there, under the hash of the whole. */
function isOwnRows({ kind }: Bundle['of'], { ownRows, row }: BundledEvent): boolean {
  const isOfParty = kind === 'party' || kind === 'rows';
  return isOfParty && ownRows === true && OF_MANY.has(row.type);
}

function holdsRows(proved: ReadonlySet<BundledEvent>): boolean {
  return [...proved].some(({ rowProofs = [] }) => rowProofs.length > 0);
}

function ownRowsNotExcluded({ of, events }: Bundle, proved: ReadonlySet<BundledEvent>): string[] {
  const isOpen = (event: BundledEvent): boolean => isOwnRows(of, event) && !proved.has(event);
  const count = events.filter(isOpen).length;
  if (count === 0) return [];
  return [
    `that the own rows of ${count} events are others than were recorded, or of another type, id or session: ` +
      `of ${count} events only that the log holds some event of that hash is proved; an auditor of the ` +
      'log compares them',
  ];
}

function isSubject(of: Bundle['of'], event: LoggedEvent): boolean {
  switch (of.kind) {
    case 'session':
      return event.type === 'SettlementPublished' && event.data.sessionId === of.sessionId;
    case 'measurement':
      if (event.type !== 'MeasurementRecorded') return false;
      return event.data.podId === of.podId && event.data.sequence === of.sequence;
    case 'receipt':
      return event.type === 'SessionClosed' && event.data.sessionId === of.sessionId;
    case 'rows':
      return false; // its rows are proved, and the event of them is not shown whole
    case 'party':
      return JSON.stringify(event.data).includes(JSON.stringify(of.partyId));
  }
}

function nameOf(of: Bundle['of']): string {
  switch (of.kind) {
    case 'session':
      return `the settlement of session ${of.sessionId}`;
    case 'measurement':
      return `measurement ${of.sequence} of PoD ${of.podId}`;
    case 'receipt':
      return `the closing of session ${of.sessionId}`;
    case 'rows':
      return `${of.partyId} in the settlement of session ${of.sessionId}`;
    case 'party':
      return `party ${of.partyId}`;
  }
}
