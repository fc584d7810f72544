import path from 'node:path';
import { type ViewComparison, compareViews, viewFindingText } from '@flexledger/audit-cli';
import { EXIT_CODES, print, printJson } from '@flexledger/command-line';
import type { AuditFlags } from './audit';

/** Findings shown to people for each file. */
const SHOWN = 10;

/**
 * Compares what a platform serves with its log and prints what is otherwise; exit code 1 when anything is, and where
 * something of it was not compared.
 */
export async function auditViews({
  data,
  log,
  json,
}: Pick<AuditFlags, 'data' | 'log' | 'json'>): Promise<void> {
  const comparisons = await compareViews(path.resolve(data), log);
  const ok = comparisons.every(({ found, notCompared }) => found === 0 && notCompared.length === 0);
  if (json) printJson({ ok, comparisons });
  else print(comparisons.flatMap(linesOf).join('\n'));
  if (!ok) process.exitCode = EXIT_CODES.failed;
}

function linesOf({ file, views, documents, findings, found, notCompared }: ViewComparison) {
  return [
    `${file}: ${views} read models, ${documents} documents`,
    ...notCompared.map((why) => `  not compared: ${why}`),
    ...findings.slice(0, SHOWN).map((finding) => `  ${viewFindingText(finding)}`),
    ...(found > SHOWN ? [`  ... and ${found - SHOWN} more; --json tells more of them`] : []),
    found === 0
      ? agreement(notCompared.length)
      : `  ${found} documents are not what the log gives; delete ${file} while nothing runs, and it is folded anew.`,
  ];
}

function agreement(notCompared: number): string {
  const proved = 'whether the log holds says "flexledger audit --all"';
  return notCompared === 0
    ? `  They are what the log gives; ${proved}.`
    : `  Those are what the log gives, and ${notCompared} read models were not checked; ${proved}.`;
}
