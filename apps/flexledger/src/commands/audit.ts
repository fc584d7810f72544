import path from 'node:path';
import type { AuditReport, CheckFailure, CheckReport, TrustPolicy } from '@flexledger/audit';
import { auditLog, readTrustFile, withSeen, writeTrustFile } from '@flexledger/audit-cli';
import { print, printJson } from '@flexledger/command-line';
import { progressBar } from '@flexledger/terminal';

/** Flags of `flexledger audit`. */
export interface AuditFlags {
  readonly all: boolean;
  readonly data: string;
  readonly rpc?: string;
  readonly trust?: string;
  readonly json: boolean;
}

/** Audits the whole log, or one session, and prints what was found; exit code 1 when it does not hold. */
export async function audit(session: string | undefined, flags: AuditFlags): Promise<void> {
  const trust = flags.trust === undefined ? undefined : readTrustFile(flags.trust);
  const report = await auditWithProgress(session, flags, trust);
  // What one session's audit saw of the checkpoints it saw of the whole log, too.
  if (trust && report.ok) writeTrustFile(flags.trust!, withSeen(trust, report.lastCheckpoint));
  if (flags.json) printJson(report);
  else print(linesOf(report).join('\n'));
  if (!report.ok) process.exitCode = 1;
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

/** The report for people: a line a check, the first failures below it. */
function linesOf({ ok, checks, notExcluded }: AuditReport): string[] {
  const fault = checks.find(({ name, failed }) => name !== 'versions' && failed > 0);
  const newer = checks.find(({ name }) => name === 'versions');
  return [
    ...checks.flatMap(checkLines),
    verdict(ok, fault?.failures[0], newer?.failures[0]),
    ...notExcluded.map((what) => `Not excluded: ${what}.`),
  ];
}

/** What is of a newer release is no fault of the log, and no proof of it. */
function verdict(ok: boolean, fault?: CheckFailure, newer?: CheckFailure): string {
  if (ok) return 'The log holds.';
  if (fault) return `The log does not hold: ${told(fault)}`;
  return `This release cannot say whether the log holds${newer ? `: ${told(newer)}` : '.'}`;
}

function checkLines({ name, ok, count, failed, failures, note }: CheckReport): string[] {
  const verdict = ok ? 'ok' : `FAILED (${failed})`;
  const line = `${name.padEnd(12)} ${verdict.padEnd(12)} ${String(count).padStart(8)} checked`;
  const shown = failures.slice(0, SHOWN).map((failure) => `    ${told(failure)}`);
  return [note ? `${line}; ${note}` : line, ...shown];
}

function told({ position, eventId, streamId, type, reason }: CheckFailure): string {
  if (position === undefined) return reason;
  return `event ${position} ${type} of ${streamId} (${eventId}): ${reason}`;
}
