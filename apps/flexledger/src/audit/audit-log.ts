/**
 * The audit of a data folder: one pass over the rows as they are stored, each event shown to the
 * checks that want its type before it is folded into what the log had said until then. Nothing is
 * believed that the log and the chain do not show, and nothing in the folder is changed.
 */
import { LogDamaged, type StoredRow } from '@flexledger/event-store';
import { sha256 } from '@flexledger/identity';
import { MerkleTree } from '@flexledger/merkle-log';
import { UsageError } from '../commands/usage-error';
import { logFile } from '../platform/data-folder';
import { type ChainSnapshot, readChain } from './chain-snapshot';
import { createAgreementCheck } from './checks/agreements';
import { createAnchorCheck } from './checks/anchors';
import { createCheckpointCheck } from './checks/checkpoints';
import { createClearingCheck } from './checks/clearing';
import { createGateCheck } from './checks/gates';
import { examineRow } from './checks/hashes';
import { createInclusionCheck } from './checks/inclusion';
import { createOrderCheck } from './checks/order';
import { createSettlementCheck } from './checks/settlement';
import { createSignatureCheck } from './checks/signatures';
import { createTokenCheck } from './checks/tokens';
import { createValidationCheck } from './checks/validation';
import { type LogContents, contentsOf } from './log-contents';
import type { EventCheck, LoggedEvent } from './logged-event';
import { type Replay, createReplay } from './replay';
import {
  type AuditReport,
  type CheckName,
  type Findings,
  CHECK_NAMES,
  createFindings,
} from './report';
import { type Scope, WHOLE_LOG, sessionScope } from './scope';
import { type StoredRows, openStoredLog } from './stored-log';

/** What is to be audited, against which chain. */
export interface AuditOptions {
  readonly dataDir: string;
  /** One market session and what its result rests on; the whole log when absent. */
  readonly sessionId?: string;
  /** Of the chain that holds the anchors; the embedded chain of the folder when absent. */
  readonly rpcUrl?: string;
}

/** Told how many events of how many have been read. */
export type OnProgress = (done: number, total: number) => void;

/** Rows between two words of progress. */
const PROGRESS_EVERY = 1_024;

/**
 * Audits a log against the chain.
 *
 * @throws LogDamaged when the folder holds no log that can be read at all
 * @throws UsageError when the log has no such session
 */
export async function auditLog(
  options: AuditOptions,
  onProgress: OnProgress = () => {},
): Promise<AuditReport> {
  const log = openStoredLog(logFile(options.dataDir));
  try {
    const contents = await contentsOf(log.store);
    const chain = await readChain(options, contents);
    const total = (await log.store.head()) + 1;
    const basis = { contents, chain, sessionId: options.sessionId };
    return await auditRows(log, basis, (done) => onProgress(done, total));
  } finally {
    await log.close();
  }
}

/** What an audit knows beside the rows of the log. */
export interface AuditBasis {
  readonly contents: LogContents;
  /** Why it could not be read, where that is so. */
  readonly chain: ChainSnapshot | string;
  readonly sessionId: string | undefined;
}

/** Audits rows, wherever they come from. @throws UsageError when the log has no such session */
export async function auditRows(
  log: StoredRows,
  basis: AuditBasis,
  onRead: (done: number) => void = () => {},
): Promise<AuditReport> {
  const audit = createAudit(basis);
  let done = 0;
  for (const fault of log.faults) audit.fail(fault);
  try {
    for (const row of log.rows()) {
      await audit.see(row, log.rowFault(row));
      done += 1;
      if (done % PROGRESS_EVERY === 0) onRead(done);
    }
  } catch (error) {
    if (!(error instanceof LogDamaged)) throw error;
    audit.fail(`${done} events could be read, then: ${error.message}`);
  }
  return audit.report();
}

function createAudit({ contents, chain, sessionId }: AuditBasis) {
  const all = CHECK_NAMES.map((name) => [name, createFindings(name)]);
  const findings = Object.fromEntries(all) as Record<CheckName, Findings>;
  const replay = createReplay();
  const scope = scopeOf(sessionId, contents, replay);
  const tree = new MerkleTree(sha256);
  const order = createOrderCheck(findings.order);
  const inclusion = createInclusionCheck(tree, findings.inclusion);
  const checks: readonly EventCheck[] = [
    ...marketChecks(replay, scope, findings),
    createSignatureCheck(scope, findings.signatures),
    createCheckpointCheck(tree, findings.checkpoints),
    inclusion,
    createAnchorCheck(chain, findings.anchors),
    createAgreementCheck(chain, scope, findings.agreements),
    createTokenCheck(replay, chain, scope, findings.tokens),
  ];

  async function see(row: StoredRow, hiddenFault: string | undefined): Promise<void> {
    findings.hashes.checked();
    const examined = examineRow(row);
    const faults = [examined.fault, hiddenFault].filter((fault) => fault !== undefined);
    if (faults.length > 0) findings.hashes.fail(row, faults.join('; '));
    order.see(row);
    tree.append(Buffer.from(examined.storedHash, 'hex'));
    const event = examined.data && ({ ...row, data: examined.data } as unknown as LoggedEvent);
    if (event ? isIn(scope, event) : scope === WHOLE_LOG) inclusion.prove(row, examined);
    if (event) await show(event);
  }

  async function show(event: LoggedEvent): Promise<void> {
    for (const check of checks) {
      if (!check.types.includes(event.type)) continue;
      try {
        const seeing = check.see(event);
        if (seeing) await seeing;
      } catch (error) {
        check.findings.fail(event, `it cannot be checked: ${messageOf(error)}`);
      }
    }
    try {
      replay.take(event);
    } catch (error) {
      const reason = `its data is not that of a ${event.type}: ${messageOf(error)}`;
      findings.hashes.fail(event, reason);
    }
  }

  return {
    see,
    /** Something that is wrong with the log as a whole. */
    fail: (reason: string) => findings.hashes.fail(undefined, reason),
    async report(): Promise<AuditReport> {
      for (const check of checks) {
        try {
          await check.end?.();
        } catch (error) {
          check.findings.fail(undefined, `it could not be finished: ${messageOf(error)}`);
        }
      }
      const reports = CHECK_NAMES.map((name) => findings[name].report());
      return { ok: reports.every(({ ok }) => ok), checks: reports };
    },
  };
}

function marketChecks(
  replay: Replay,
  scope: Scope,
  findings: Record<CheckName, Findings>,
): readonly EventCheck[] {
  return [
    createGateCheck(replay, scope, findings.gates),
    createClearingCheck(replay, scope, findings.clearing),
    createValidationCheck(replay, scope, findings.validation),
    createSettlementCheck(replay, scope, findings.settlement),
  ];
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
  if (!session) {
    const known = contents.sessions.map((one) => one.sessionId);
    throw new UsageError(
      `The log has no session "${sessionId}"; it has ${known.slice(-10).join(', ') || 'none'}.`,
    );
  }
  const dayAhead = contents.sessions.find(
    ({ kind, deliveryDay }) => kind === 'dayAhead' && deliveryDay === session.deliveryDay,
  );
  return sessionScope(sessionId, dayAhead?.sessionId ?? sessionId, replay);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
