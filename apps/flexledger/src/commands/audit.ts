import path from 'node:path';
import { Command } from 'commander';
import { auditLog } from '../audit/audit-log';
import { type AuditReport, type CheckFailure, type CheckReport } from '../audit/report';
import { print, printJson, progressBar } from './output';
import { UsageError } from './usage-error';

interface AuditFlags {
  readonly all: boolean;
  readonly data: string;
  readonly rpc?: string;
  readonly json: boolean;
}

/** `flexledger audit`: whether a log holds, one line a check; exit code 1 when it does not. */
export function auditCommand(): Command {
  return new Command('audit')
    .description('check a log against the chain and compute its sessions again')
    .argument('[session]', 'market session, like dayAhead-2026-03-16T23:00Z')
    .option('--all', 'the whole log', false)
    .option('--data <dir>', 'folder of the log', 'data')
    .option('--rpc <url>', 'chain that holds the anchors; by default the one in the folder')
    .option('--json', 'print one JSON object', false)
    .action(async (session: string | undefined, flags: AuditFlags) => {
      if ((session === undefined) !== flags.all) {
        throw new UsageError('Name one market session, or audit the whole log with --all.');
      }
      const report = await auditWithProgress(session, flags);
      if (flags.json) printJson(report);
      else print(linesOf(report).join('\n'));
      if (!report.ok) process.exitCode = 1;
    });
}

async function auditWithProgress(
  session: string | undefined,
  flags: AuditFlags,
): Promise<AuditReport> {
  const progress = progressBar(100, flags.json);
  try {
    return await auditLog(
      {
        dataDir: path.resolve(flags.data),
        ...(session === undefined ? {} : { sessionId: session }),
        ...(flags.rpc === undefined ? {} : { rpcUrl: flags.rpc }),
      },
      (done, total) => progress.update((100 * done) / total, `${done} of ${total} events`),
    );
  } finally {
    progress.end();
  }
}

/** Failures shown to people under a check. */
const SHOWN = 3;

/** The report for people: a line a check, the first failures below it. */
function linesOf({ ok, checks }: AuditReport): string[] {
  const first = checks.flatMap(({ failures }) => failures)[0];
  return [
    ...checks.flatMap(checkLines),
    ok ? 'The log holds.' : `The log does not hold: ${first ? told(first) : 'see above'}`,
  ];
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
