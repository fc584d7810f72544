import path from 'node:path';
import { type LogComparison, compareLogs, readTrustFile } from '@flexledger/audit-cli';
import { EXIT_CODES, UsageError, print, printJson } from '@flexledger/command-line';
import { partyLog } from '@flexledger/service-kit';
import type { AuditFlags } from './audit';

/** Findings shown to people for each log. */
const SHOWN = 10;
/** Of the words of either side. */
const WORDS_CHARACTERS = 300;

/**
 * Compares a log with those that it followed and prints what they do not say alike; exit code 1 when
 * there is anything.
 *
 * @throws UsageError for an `--against` that names no mirror and folder, or a trust file for several logs
 */
export async function auditAgainst({
  data,
  against,
  trust: trustFile,
  json,
}: Pick<AuditFlags, 'data' | 'against' | 'trust' | 'json'>): Promise<void> {
  if (trustFile !== undefined && against.length > 1) {
    throw new UsageError('A trust file is of one log; compare with one at a time (--against).');
  }
  const trust = trustFile === undefined ? undefined : readTrustFile(trustFile);
  const comparisons: LogComparison[] = [];
  for (const [mirror, folder] of against.map(mirrorAndFolder)) {
    const [dataDir, sourceDir] = [path.resolve(data), path.resolve(folder)];
    const options = { dataDir, mirror, sourceDir, shownOf: partyLog, ...(trust && { trust }) };
    comparisons.push(await compareLogs(options));
  }
  const ok = comparisons.every(({ found }) => found === 0);
  if (json) printJson({ ok, comparisons });
  else print(comparisons.flatMap(linesOf).join('\n'));
  if (!ok) process.exitCode = EXIT_CODES.failed;
}

function mirrorAndFolder(text: string): readonly [mirror: string, folder: string] {
  const [, mirror, folder] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (mirror !== undefined && folder !== undefined) return [mirror, folder];
  throw new UsageError(
    `--against ${text}: name the mirror and the folder of the log that it followed, as market=data/market.`,
  );
}

function linesOf(comparison: LogComparison): string[] {
  const { mirror, party, events, checkpoints, longestDelayMs, findings, found } = comparison;
  const delay = longestDelayMs === null ? '' : `, ${longestDelayMs / 1_000} s behind at most`;
  return [
    `${mirror}, followed as ${party}: ${events} events shown, ${checkpoints} checkpoints held${delay}`,
    ...findings
      .slice(0, SHOWN)
      .flatMap(({ kind, reason, speaksAgainst, said, heard }) => [
        `  ${kind}: ${reason}.`,
        ...(said === null ? [] : [`    ${mirror} says: ${words(said)}`]),
        ...(heard === null ? [] : [`    ${party} says: ${words(heard)}`]),
        ...(speaksAgainst === null
          ? ["    It is word against word; ask each for the other's signed checkpoints."]
          : [`    It speaks against ${speaksAgainst}.`]),
      ]),
    ...(found > SHOWN ? [`  ... and ${found - SHOWN} more; --json tells more of them`] : []),
    found === 0 ? '  Both say the same.' : `  They do not say the same: ${found} findings.`,
  ];
}

function words(said: unknown): string {
  const text = typeof said === 'string' ? said : JSON.stringify(said);
  return text.length > WORDS_CHARACTERS ? `${text.slice(0, WORDS_CHARACTERS)} ...` : text;
}
