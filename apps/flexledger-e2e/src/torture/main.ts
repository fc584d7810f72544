/**
 * `npm run torture`: real faults on real processes, one after another; each case says what held, with its
 * figures. What this machine cannot do is skipped by name. The last line is `N passed, N failed, N skipped`.
 *
 *   npm run torture [-- --short] [-- --only TEXT]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { messageOf, stopwatch } from '@flexledger/runtime';
import { NETWORK_AND_TIME_CASES } from './network-and-time';
import { PROCESS_CASES } from './processes';
import { STORAGE_CASES } from './storage';
import { type TortureCase, CannotTry } from './torture-case';

const CASES: readonly TortureCase[] = [
  ...PROCESS_CASES,
  ...STORAGE_CASES,
  ...NETWORK_AND_TIME_CASES,
];

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(args: readonly string[]): Promise<void> {
  const isShort = args.includes('--short');
  const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : undefined;
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, isLong, run } of CASES) {
    if ((isShort && isLong) || (only !== undefined && !name.includes(only))) continue;
    const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-torture-'));
    const beganMs = stopwatch.nowMs();
    const seconds = (): string => `${Math.round((stopwatch.nowMs() - beganMs) / 1_000)} s`;
    try {
      const figures = await run(folder);
      count.passed += 1;
      say(`ok       ${name}: ${figures} (${seconds()})`);
    } catch (error) {
      if (error instanceof CannotTry) {
        count.skipped += 1;
        say(`skipped  ${name}: ${error.message}`);
      } else {
        count.failed += 1;
        say(`FAILED   ${name}: ${messageOf(error)} (${seconds()})`);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  say(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  process.exitCode = count.failed === 0 ? 0 : 1;
}

void main(process.argv.slice(2));
