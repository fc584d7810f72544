import path from 'node:path';
import {
  type AuditReport,
  type CheckFailure,
  type CheckReport,
  type TrustPolicy,
  NOT_RUN,
} from '@flexledger/audit';
import {
  auditBundleFile,
  auditLog,
  readTrustFile,
  withSeen,
  writeTrustFile,
} from '@flexledger/audit-cli';
import { EXIT_CODES, print, printJson } from '@flexledger/command-line';
import { UNFINISHED } from '../platform/data-folder';
import { progressBar } from '@flexledger/terminal';

/** Flags of `flexledger audit`. */
export interface AuditFlags {
  readonly all: boolean;
  readonly data: string;
  /** Address of a server that keeps the log. */
  readonly log?: string;
  readonly rpc?: string;
  readonly trust?: string;
  readonly bundle?: string;
  readonly against: readonly string[];
  readonly views: boolean;
  readonly json: boolean;
}

/** Audits the whole log, or one session, and prints what was found; exit code 1 when it does not hold. */
export async function audit(session: string | undefined, flags: AuditFlags): Promise<void> {
  if (path.basename(path.resolve(flags.data)).endsWith(UNFINISHED)) return tellUnfinished(flags);
  const trust = flags.trust === undefined ? undefined : readTrustFile(flags.trust);
  const report = await auditWithProgress(session, flags, trust);
  const verdict = verdictOn(report);
  // Checkpoints are checked over the whole log, also where one session is audited.
  if (trust && verdict === 'holds') {
    writeTrustFile(flags.trust!, withSeen(trust, report));
  }
  tell(verdict, report, flags);
}

/** Audits a bundle; exit code 1 when it does not hold. The trust file stays as it is. */
export async function auditBundled(
  file: string,
  trustFile: string,
  flags: Pick<AuditFlags, 'json' | 'rpc'>,
): Promise<void> {
  const trust = readTrustFile(trustFile);
  const { rpc } = flags;
  const report = await auditBundleFile(file, { trust, ...(rpc !== undefined && { rpcUrl: rpc }) });
  tell(verdictOn(report), report, flags, 'bundle');
}

function tell(
  verdict: Verdict,
  report: AuditReport,
  { json }: Pick<AuditFlags, 'json'>,
  what: 'log' | 'bundle' = 'log',
): void {
  if (json) printJson({ ...report, ok: verdict === 'holds', verdict });
  else print(linesOf(verdict, report, what).join('\n'));
  if (verdict === 'interrupted') process.exitCode = EXIT_CODES.interrupted;
  else if (verdict !== 'holds') process.exitCode = EXIT_CODES.failed;
}

/** A day that was cut off while it was simulated stands apart by its name; its chain was never saved. */
function tellUnfinished({ data, json }: AuditFlags): void {
  const interrupted = `Interrupted: ${data} is a day that was cut off while it was made, so nothing is certified.`;
  if (json) printJson({ ok: false, verdict: 'interrupted', checks: [] });
  else print(`${interrupted} Simulate it anew; this folder then goes.`);
  process.exitCode = EXIT_CODES.interrupted;
}

/**
 * What an audit comes to. `interrupted`: nothing speaks against the log, but it ends before its first
 * checkpoint, so that nothing of it is certified. `unreadable`: it holds events of a newer release. `unchecked`: nothing
 * speaks against it, but the chain could not be asked.
 */
export type Verdict = 'holds' | 'broken' | 'interrupted' | 'unreadable' | 'unchecked';

/** The verdict on a report. */
export function verdictOn({ ok, checks }: AuditReport): Verdict {
  if (!ok) {
    if (!faultOf(checks)) return 'unreadable';
    return isChainUnread(checks) ? 'unchecked' : 'broken';
  }
  const checkpoints = checks.find(({ name }) => name === 'checkpoints')?.count ?? 0;
  return checkpoints === 0 ? 'interrupted' : 'holds';
}

/** Nothing failed but what asks the chain, for one reason: of a chain that answers, a contract that does not is a fault. */
function isChainUnread(checks: readonly CheckReport[]): boolean {
  const failing = checks.filter(({ ok }) => !ok);
  // A bundle has no check of tokens.
  const asking = checks.filter(({ name }) => name === 'anchors' || name === 'tokens');
  const reasons = new Set(failing.flatMap(({ failures }) => failures.map(({ reason }) => reason)));
  const [reason = '', ...others] = reasons;
  return (
    reason.startsWith(NOT_RUN) &&
    others.length === 0 &&
    failing.every(({ failed, failures }) => failed === failures.length) &&
    asking.length > 0 &&
    asking.every(({ ok }) => !ok)
  );
}

async function auditWithProgress(
  session: string | undefined,
  flags: AuditFlags,
  trust: TrustPolicy | undefined,
): Promise<AuditReport> {
  const progress = progressBar(100, flags.json);
  try {
    return await auditLog(
      {
        dataDir: path.resolve(flags.data),
        ...(session === undefined ? {} : { sessionId: session }),
        ...(flags.log === undefined ? {} : { logUrl: flags.log }),
        ...(flags.rpc === undefined ? {} : { rpcUrl: flags.rpc }),
        ...(trust && { trust }),
      },
      (done, part) => progress.update(100 * part, `${done} events`),
    );
  } finally {
    progress.end();
  }
}

/** Failures shown to people under a check. */
const SHOWN = 3;

/** The report for people: a line a check, the first failures below it, the verdict and what it leaves open. */
function linesOf(verdict: Verdict, report: AuditReport, what: string): string[] {
  return [
    ...report.checks.flatMap(checkLines),
    told(verdict, report, what),
    ...report.notExcluded.map((what) => `Not excluded: ${what}.`),
  ];
}

/** The verdict for people. What is of a newer release is no fault of the log, and no proof of it. */
function told(verdict: Verdict, { checks }: AuditReport, what: string): string {
  switch (verdict) {
    case 'holds':
      return `The ${what} holds.`;
    case 'broken':
      return `The ${what} does not hold: ${failureText(faultOf(checks)!)}`;
    case 'interrupted': {
      const events = checks.find(({ name }) => name === 'hashes')?.count ?? 0;
      return (
        `Interrupted: no checkpoint covers any of the ${events} events, so nothing is certified. ` +
        'Go on with "flexledger up", or simulate the day anew.'
      );
    }
    case 'unchecked': {
      const named = checks.filter(({ ok }) => !ok).map(({ name }) => name);
      const why = faultOf(checks)!.reason.slice(NOT_RUN.length);
      return `Not checked: ${named.join(', ')}; ${why}. Nothing else speaks against the ${what}; whether it holds is open.`;
    }
    case 'unreadable': {
      const [newer] = checks.find(({ name }) => name === 'versions')?.failures ?? [];
      return `This release cannot say whether the ${what} holds${newer ? `: ${failureText(newer)}` : '.'}`;
    }
  }
}

function faultOf(checks: readonly CheckReport[]): CheckFailure | undefined {
  return checks.find(({ name, failed }) => name !== 'versions' && failed > 0)?.failures[0];
}

function checkLines({ name, ok, count, failed, failures, note }: CheckReport): string[] {
  const verdict = ok ? 'ok' : `FAILED (${failed})`;
  const line = `${name.padEnd(12)} ${verdict.padEnd(12)} ${String(count).padStart(8)} checked`;
  const shown = failures.slice(0, SHOWN).map((failure) => `    ${failureText(failure)}`);
  return [note ? `${line}; ${note}` : line, ...shown];
}

function failureText({ position, eventId, streamId, type, reason }: CheckFailure): string {
  if (position === undefined) return reason;
  return `event ${position} ${type} of ${streamId} (${eventId}): ${reason}`;
}
