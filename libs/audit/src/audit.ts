/**
 * The audit of a log: one pass over the rows as they are stored, each event shown to the checks that
 * want its type before it is folded into what the log had said until then. Hashes, order and leaves are
 * of the stored bytes; what an event means is read in the shape of today. Nothing is believed that the
 * log and the chain do not show. What a row shows by itself was looked at before, a stretch at a time, here or
 * in other threads; what nodes have signed comes in columns where nothing was found in it. Pure: rows, chain,
 * cryptography and solver come in from the caller.
 */
import { type StoredRow, CERTIFICATION_STREAM, fromHex } from '@flexledger/domain';
import type { ChainSnapshot } from './chain-snapshot';
import { createAccessCheck } from './checks/access';
import { createAgreementCheck } from './checks/agreements';
import { createAnchorCheck } from './checks/anchors';
import { createCheckpointCheck } from './checks/checkpoints';
import { type ExaminedRow, examineRow, objectIn } from './checks/hashes';
import { createInclusionCheck } from './checks/inclusion';
import { createOrderCheck } from './checks/order';
import { createReliabilityCheck } from './checks/reliability';
import { createSignatureCheck } from './checks/signatures';
import { createStatementCheck } from './checks/statements';
import { type TimedRow, createTimeCheck } from './checks/times';
import { createTokenCheck } from './checks/tokens';
import { createTrustCheck } from './checks/trust';
import { createVersionCheck } from './checks/versions';
import { endChecks, marketChecks, showEvent } from './run-checks';
import { createCertifiedLeaves } from './leaves';
import type { LogContents } from './log-contents';
import { LogUnreadable, SessionNotAuditable, type StoredRows } from './log-reader';
import type { EventCheck, LoggedEvent } from './logged-event';
import { createForeignDecisions } from './mirrored-rows';
import { type Replay, createReplay } from './replay';
import {
  type AuditReport,
  type CheckName,
  type Findings,
  CHECK_NAMES,
  createFindings,
} from './report';
import { type Scope, WHOLE_LOG, sessionScope } from './scope';
import { timed } from './stretches/examine-stretch';
import { type StretchedLog, examinationOf, rowsOf, stretchesHere } from './stretches/log-stretches';
import type { SoundRow } from './stretches/sound-rows';
import type { AuditTools } from './tools';
import { type TrustPolicy, TRUST_DEFAULTS, notExcludedBy } from './trust-policy';

/** Rows between two words of progress. */
const PROGRESS_EVERY = 1_024;

/** What an audit knows beside the rows of the log. */
export interface AuditBasis {
  readonly contents: LogContents;
  /** Why it could not be read, where that is so. */
  readonly chain: ChainSnapshot | string;
  readonly sessionId: string | undefined;
  /** What the auditor holds of the log from before; absent where nothing. */
  readonly trust?: TrustPolicy;
}

/** Told now and then how many rows were read, and the position of the last. */
export type OnRead = (done: number, position: number) => void;

/**
 * Audits a log in the thread that reads it.
 *
 * @throws SessionNotAuditable when the log has no such session
 * @throws UnknownEventVersion when the log has no such session that this release can read, and others
 */
export function auditRows(
  log: StoredRows,
  basis: AuditBasis,
  tools: AuditTools,
  onRead?: OnRead,
): Promise<AuditReport> {
  return auditStretches(stretchesHere(log, tools), basis, tools, onRead);
}

/** As `auditRows`, of a log whose rows may have been looked at elsewhere. */
export async function auditStretches(
  log: StretchedLog,
  basis: AuditBasis,
  tools: AuditTools,
  onRead: OnRead = () => {},
): Promise<AuditReport> {
  const audit = createAudit(basis, tools);
  const examination = examinationOf(basis.contents, basis.sessionId);
  let done = 0;
  for (const fault of log.faults) audit.fail(fault);
  try {
    for await (const { examined, storedRow } of log.stretches(examination)) {
      let at = 0;
      for (const seen of rowsOf(examined, examination.keys.keys)) {
        if ('row' in seen) {
          await audit.see(seen.row, log.rowFault(seen.row), seen.examined);
        } else if (!audit.takes(seen)) {
          const row = storedRow(at, seen.position);
          await audit.see(row, log.rowFault(row), examineRow(tools.sha256, row));
        }
        at += 1;
        done += 1;
        if (done % PROGRESS_EVERY === 0) onRead(done, ('row' in seen ? seen.row : seen).position);
      }
    }
  } catch (error) {
    if (!(error instanceof LogUnreadable)) throw error;
    audit.fail(`${done} events could be read, then: ${error.message}`);
  }
  return audit.report();
}

function createAudit({ contents, chain, sessionId, trust }: AuditBasis, tools: AuditTools) {
  const all = CHECK_NAMES.map((name) => [name, createFindings(name)]);
  const findings = Object.fromEntries(all) as Record<CheckName, Findings>;
  const replay = createReplay();
  const scope = scopeOf(sessionId, contents, replay);
  const { sha256 } = tools;
  const foreign = createForeignDecisions(contents.mirrored);
  const leaves = createCertifiedLeaves(sha256);
  const order = createOrderCheck(sha256, findings.order);
  const inclusion = createInclusionCheck(leaves, findings.inclusion);
  const versions = createVersionCheck(findings.versions);
  const times = createTimeCheck(chain, (trust ?? TRUST_DEFAULTS).clockSkewSeconds, findings.times);
  const trusted = createTrustCheck(trust, chain, leaves, tools, findings.trust);
  const anchors = createAnchorCheck(chain, findings.anchors);
  /** What rests on the certifier's own events and on leaves. */
  const ofCertifier: readonly EventCheck[] = [
    createCheckpointCheck(leaves, tools, findings.checkpoints),
    inclusion,
    anchors,
    times,
    trusted,
  ];
  const signatures = createSignatureCheck(scope, tools, findings.signatures, contents.mirrored);
  const statements = createStatementCheck(scope, tools, findings.signatures, contents.mirrored);
  /** What rests on all that the log had said before. */
  const ofMarket: readonly EventCheck[] = [
    ...marketChecks(replay, scope, tools, findings),
    createReliabilityCheck(scope, findings.gates),
    signatures,
    statements,
    createAgreementCheck(chain, scope, sha256, findings.agreements),
    createAccessCheck(chain, scope, sha256, findings.access),
    createTokenCheck(replay, chain, scope, sha256, findings.tokens),
  ];
  /** Checks that are still shown events. */
  let checks = [...ofMarket, ...ofCertifier];

  async function see(
    row: StoredRow,
    hiddenFault: string | undefined,
    examined: Omit<ExaminedRow, 'data'>,
  ): Promise<void> {
    findings.hashes.checked();
    const faults = [examined.fault, hiddenFault].filter((fault) => fault !== undefined);
    if (faults.length > 0) findings.hashes.fail(row, faults.join('; '));
    order.see(row);
    placed(timed(row), fromHex(examined.storedHash));
    const read = versions.read(row, { ...examined, data: objectIn(row.data) });
    const event = read === 'newer' ? undefined : read;
    const isItsLeaf = examined.contentHash === examined.storedHash;
    if (event ? isIn(scope, event) : scope === WHOLE_LOG) inclusion.prove(row, isItsLeaf);
    if (foreign.passesOver(row)) return;
    if (event) await showEvent({ checks, replay, hashes: findings.hashes }, event, row);
    else if (read === 'newer') await stopWhatRestsOn(row);
  }

  /** @returns whether nothing was found in it; if not, nothing has changed, and it is to be seen as it is stored */
  function takes(row: SoundRow): boolean {
    const isForeign = foreign.passesOver(row);
    const check = row.packet ? signatures : statements;
    if (!isForeign && checks.includes(check) && !check.takes(row)) return false;
    findings.hashes.checked();
    findings.versions.checked();
    order.seeTimed(row);
    placed(row, row.hash);
    if (scope === WHOLE_LOG) inclusion.prove(row, true);
    if (row.packet && !isForeign) replay.measured(row.podId, row.packet);
    return true;
  }

  /** Makes a row the next leaf, for whoever bounds its times. */
  function placed(row: TimedRow, storedHash: Uint8Array): void {
    leaves.append(row, storedHash);
    times.recorded(row, contents.mirrored.has(row.id));
    trusted.recorded(row);
  }

  /** What cannot be read may have changed all that comes after it: nothing is said of that. */
  async function stopWhatRestsOn(row: StoredRow): Promise<void> {
    const isOfCertifier = row.streamId === CERTIFICATION_STREAM;
    const stopped = checks.filter((check) => isOfCertifier || ofMarket.includes(check));
    checks = checks.filter((check) => !stopped.includes(check));
    for (const told of new Set(stopped.map((check) => check.findings))) {
      told.note(`not done from event ${row.position} on, which is of a newer release`);
    }
    for (const check of stopped) await check.stop?.();
  }

  return {
    see,
    takes,
    /** Something that is wrong with the log as a whole. */
    fail: (reason: string) => findings.hashes.fail(undefined, reason),
    async report(): Promise<AuditReport> {
      await endChecks(checks);
      const reports = CHECK_NAMES.map((name) => findings[name].report());
      return {
        ok: reports.every(({ ok }) => ok),
        checks: reports,
        notExcluded: [
          ...notExcludedBy(trust, typeof chain !== 'string'),
          ...trusted.notExcluded(),
          ...anchors.notExcluded(),
          ...foreign.notExcluded(),
        ],
        lastCheckpoint: trusted.lastSeen() ?? null,
        logKeys: trusted.logKeys() ?? null,
        contracts: trusted.contracts() ?? null,
      };
    },
  };
}

/** What is of no shape is not proved for one session; that it has none is told elsewhere. */
function isIn(scope: Scope, event: LoggedEvent): boolean {
  try {
    return scope.inclusion(event);
  } catch {
    return false;
  }
}

function scopeOf(sessionId: string | undefined, contents: LogContents, replay: Replay): Scope {
  if (sessionId === undefined) return WHOLE_LOG;
  const session = contents.sessions.find((one) => one.sessionId === sessionId);
  if (!session && contents.unreadable) throw contents.unreadable;
  const mirror = contents.sessionsElsewhere.get(sessionId);
  if (!session && mirror !== undefined) {
    throw new SessionNotAuditable(
      `Session "${sessionId}" was taken from "${mirror}", whose market decided it; audit it in the log of ` +
        `"${mirror}", or hold both logs together with --against ${mirror}=FOLDER.`,
    );
  }
  if (!session) {
    const known = contents.sessions.map((one) => one.sessionId);
    throw new SessionNotAuditable(
      `The log has no session "${sessionId}"; it has ${known.slice(-10).join(', ') || 'none'}.`,
    );
  }
  const dayAhead = contents.sessions.find(
    ({ kind, deliveryDay }) => kind === 'dayAhead' && deliveryDay === session.deliveryDay,
  );
  return sessionScope(sessionId, dayAhead?.sessionId ?? sessionId, replay);
}
