import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { undoOnSignal } from './leave-nothing';
import { runToEnd } from './run-apart';

/** Packages by name with their exact versions. */
export type Packages = Readonly<Record<string, string>>;

const INSTALL_TIMEOUT_MS = 300_000;

/**
 * Installs a peer's packages with npm into a folder below the system's temporary one, or takes what
 * an earlier run installed there. They are no dependencies of ours.
 *
 * @returns the folder, or why it could not be done
 */
export async function installPeer(
  name: string,
  dependencies: Packages,
): Promise<{ readonly folder: string } | { readonly skipped: string }> {
  const cache = path.join(tmpdir(), 'flexledger-bench-peers');
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  if (process.getuid && statSync(cache).uid !== process.getuid()) {
    return { skipped: `${cache} belongs to another user; what it holds is not run` };
  }
  const folder = path.join(cache, name);
  if (existsSync(folder)) return { folder };
  const unfinished = `${folder}.${process.pid}`;
  const remove = (): void => rmSync(unfinished, { recursive: true, force: true, maxRetries: 10 });
  const forget = undoOnSignal(remove);
  try {
    mkdirSync(unfinished);
    writeFileSync(
      path.join(unfinished, 'package.json'),
      JSON.stringify({ private: true, dependencies }),
    );
    const npm = ['install', '--no-audit', '--no-fund', '--no-package-lock', '--fetch-retries=1'];
    const end = await runToEnd('npm', npm, { timeoutMs: INSTALL_TIMEOUT_MS, folder: unfinished });
    if (end.late) return { skipped: `npm install took longer than ${INSTALL_TIMEOUT_MS / 1e3} s` };
    if (end.code !== 0) return { skipped: `npm install failed: ${firstErrors(end.complaint)}` };
    renameSync(unfinished, folder);
    return { folder };
  } finally {
    forget();
    remove();
  }
}

/** npm's own words without its prefix, on one line. */
function firstErrors(complaint: string): string {
  const errors = complaint.split('\n').filter((line) => /^npm (error|ERR!) ./.test(line));
  const words = errors.slice(0, 3).map((line) => line.replace(/^npm (error|ERR!) /, ''));
  return (words.join('; ') || complaint.trim()).slice(0, 300);
}
