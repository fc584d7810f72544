/**
 * The audit of a bundle: each event is in the log under a checkpoint that the trusted key signed, and what
 * the bundle is of is computed again from them. What a bundle leaves out cannot be missed by it; the
 * report says so.
 */
import { type StoredRow, decodeEvent, fromHex, toHex } from '@flexledger/domain';
import {
  type NoteKey,
  type SignedCheckpoint,
  CheckpointError,
  NOTE_KEY_TYPES,
  cosignedAtS,
  leafHash,
  parseVerifierKey,
  verifyCheckpoint,
  verifyInclusion,
  verifyKeyChange,
} from '@flexledger/merkle-log';
import type { ChainSnapshot } from '../chain-snapshot';
import { examineRow } from '../checks/hashes';
import { createSignatureCheck } from '../checks/signatures';
import { chainFaults } from '../checks/trust';
import { createVersionCheck } from '../checks/versions';
import type { EventCheck, LoggedEvent } from '../logged-event';
import { createReplay } from '../replay';
import { type AuditReport, type CheckName, type Findings, createFindings } from '../report';
import { endChecks, marketChecks, showEvent } from '../run-checks';
import { type Scope, WHOLE_LOG, sessionScope } from '../scope';
import type { AuditTools } from '../tools';
import type { TrustPolicy } from '../trust-policy';
import type { Bundle, BundledEvent } from './bundle';

const NAMES = [
  'hashes',
  'versions',
  'order',
  'gates',
  'signatures',
  'checkpoints',
  'inclusion',
  'anchors',
  'trust',
  'clearing',
  'validation',
  'settlement',
] as const satisfies readonly CheckName[];

type AllFindings = Readonly<Record<(typeof NAMES)[number], Findings>>;

/** What an auditor has beside a bundle. */
export interface BundleBasis {
  readonly trust: TrustPolicy;
  /** Why it was not read, where that is so. */
  readonly chain: ChainSnapshot | string;
}

/** Audits a bundle against a trust file and, where it is given, the chain. */
export async function auditBundle(
  bundle: Bundle,
  { trust, chain }: BundleBasis,
  tools: AuditTools,
): Promise<AuditReport> {
  const findings = Object.fromEntries(
    NAMES.map((name) => [name, createFindings(name)]),
  ) as unknown as AllFindings;
  const checkpoint = checkpointOf(bundle, trust, tools, findings);
  if (checkpoint) {
    anchored(checkpoint, trust, chain, findings);
    prove(bundle.events, checkpoint, tools, findings);
  }
  await replayed(bundle, tools, findings);
  const checks = NAMES.map((name) => findings[name].report());
  return {
    ok: checks.every(({ ok }) => ok),
    checks,
    notExcluded: notExcluded(trust, chain, checkpoint),
    // A bundle does not show that its checkpoint goes on from the one seen: the file goes on with that one.
    lastCheckpoint: null,
  };
}

/** The checkpoint, once the log has signed it and as many witnesses as are asked for have seen it. */
function checkpointOf(
  bundle: Bundle,
  trust: TrustPolicy,
  { sha256, verifyEd25519 }: AuditTools,
  { checkpoints, trust: trusted }: AllFindings,
): SignedCheckpoint | undefined {
  checkpoints.checked();
  trusted.checked();
  try {
    const expected = {
      origin: trust.origin,
      key: keyAfter(bundle, trust, { sha256, verifyEd25519 }),
    };
    const checkpoint = verifyCheckpoint(sha256, bundle.checkpoint, expected, verifyEd25519);
    const { quorum, keys } = trust.witnesses;
    const seenBy = keys.filter((text) => {
      const witness = parseVerifierKey(sha256, text, NOTE_KEY_TYPES.cosignature);
      return cosignedAtS(sha256, checkpoint, witness, verifyEd25519) !== undefined;
    });
    if (seenBy.length < quorum) {
      const asked = `${quorum} of the ${keys.length} witnesses trusted are asked for`;
      trusted.fail(undefined, `${seenBy.length} witnesses have cosigned its checkpoint; ${asked}`);
    }
    const { lastCheckpoint: seen } = trust;
    if (seen?.size === checkpoint.size && seen.root !== toHex(checkpoint.root)) {
      const what = `the trust file has seen root ${seen.root} of ${seen.size} leaves`;
      trusted.fail(undefined, `${what}, the bundle's checkpoint has ${toHex(checkpoint.root)}`);
    }
    return checkpoint;
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    checkpoints.fail(undefined, error.message);
    return undefined;
  }
}

/** The key that the trusted one has handed the log over to, one after another. */
function keyAfter(
  { keyChanges = [] }: Bundle,
  { origin, logKey }: TrustPolicy,
  { sha256, verifyEd25519 }: Pick<AuditTools, 'sha256' | 'verifyEd25519'>,
): NoteKey {
  let key = parseVerifierKey(sha256, logKey);
  for (const statement of keyChanges) {
    try {
      key = verifyKeyChange(sha256, statement, { origin, key }, verifyEd25519).key;
    } catch (error) {
      // Of a key before the trusted one, or of none: whether the checkpoint is signed then tells.
      if (!(error instanceof CheckpointError)) throw error;
    }
  }
  return key;
}

function anchored(
  { size, root }: SignedCheckpoint,
  trust: TrustPolicy,
  chain: ChainSnapshot | string,
  { anchors, trust: trusted }: AllFindings,
): void {
  if (typeof chain === 'string') return anchors.note(`not checked: ${chain}`);
  for (const fault of chainFaults(trust, chain, ['anchorContract'])) trusted.fail(undefined, fault);
  anchors.checked();
  const { address } = trust.chain.anchorContract;
  const held = chain.anchors.get(address);
  if (typeof held !== 'object') {
    return anchors.fail(undefined, `not run: ${held ?? 'the contract was not asked'}`);
  }
  const anchor = held.find((one) => one.size === size);
  if (anchor?.rootHex === toHex(root)) return;
  const found = anchor ? `root ${anchor.rootHex} for` : 'no anchor of';
  anchors.fail(undefined, `contract ${address} holds ${found} ${size} leaves`);
}

/** Each event's contents lead to the root from its own leaf, and the leaves stand in the events' order. */
function prove(
  events: readonly BundledEvent[],
  { size, root }: SignedCheckpoint,
  { sha256 }: AuditTools,
  { inclusion, order }: AllFindings,
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
    const { contentHash } = examineRow(sha256, row);
    const claim = {
      leafHash: leafHash(sha256, fromHex(contentHash)),
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

/** What the events say against each other. */
async function replayed(
  { of, events }: Bundle,
  tools: AuditTools,
  findings: AllFindings,
): Promise<void> {
  const replay = createReplay();
  const versions = createVersionCheck(findings.versions);
  const scope = of.kind === 'session' ? scopeOf(of.sessionId, events, replay) : WHOLE_LOG;
  const checks: readonly EventCheck[] = [
    createSignatureCheck(scope, tools, findings.signatures),
    ...(of.kind === 'session' ? marketChecks(replay, scope, tools, findings) : []),
  ];
  const streams = createWholeStreams(findings.order, of);
  let isThere = false;
  for (const { row } of events) {
    findings.hashes.checked();
    const examined = examineRow(tools.sha256, row);
    if (examined.fault !== undefined) findings.hashes.fail(row, examined.fault);
    streams.see(row);
    const event = versions.read(row, examined);
    if (event === undefined || event === 'newer') continue;
    isThere ||= isSubject(of, event);
    await showEvent({ checks, replay, hashes: findings.hashes }, event, row);
  }
  await endChecks(checks);
  if (!isThere) findings.inclusion.fail(undefined, `it holds nothing of ${nameOf(of)}`);
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
 * and a stream that begins with its first goes on without a gap.
 */
function createWholeStreams(order: Findings, { kind }: Bundle['of']) {
  const whole = kind === 'session' ? /^(session|settlement|node|meter)-/ : /^node-/;
  const revisions = new Map<string, number>();
  return {
    see(row: StoredRow): void {
      const { streamId, revision } = row;
      const before = revisions.get(streamId);
      if (before === undefined && revision > 0 && !whole.test(streamId)) return;
      revisions.set(streamId, revision);
      const expected = (before ?? -1) + 1;
      if (revision === expected) return;
      order.fail(row, `revision ${revision} of its stream stands where ${expected} should`);
    },
  };
}

function isSubject(of: Bundle['of'], event: LoggedEvent): boolean {
  if (of.kind === 'session') {
    return event.type === 'SettlementPublished' && event.data.sessionId === of.sessionId;
  }
  if (event.type !== 'MeasurementRecorded') return false;
  return event.data.podId === of.podId && event.data.sequence === of.sequence;
}

function nameOf(of: Bundle['of']): string {
  return of.kind === 'session'
    ? `the settlement of session ${of.sessionId}`
    : `measurement ${of.sequence} of PoD ${of.podId}`;
}

function notExcluded(
  trust: TrustPolicy,
  chain: ChainSnapshot | string,
  checkpoint: SignedCheckpoint | undefined,
): string[] {
  const open = ['that the log has more to say of it than the bundle shows'];
  if (typeof chain === 'string') {
    open.push('that the checkpoint is not on the chain: the chain was not asked');
  }
  if (checkpoint && trust.lastCheckpoint && checkpoint.size !== trust.lastCheckpoint.size) {
    const { size } = trust.lastCheckpoint;
    open.push(`that it is of another log than the ${size} leaves that the trust file has seen`);
  }
  if (trust.witnesses.quorum === 0) {
    open.push('that others are shown another log: no witness is asked for');
  }
  return open;
}
