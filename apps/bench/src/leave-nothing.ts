/** What a benchmark must not leave behind, also when it is told to end: processes and temporary files. */
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What to undo, the last begun first. */
const undos = new Set<() => void>();

/**
 * Calls `undo` when a signal ends the process before the function returned here was called. It runs
 * inside the signal's handler: synchronous, and the process is gone right after.
 */
export function undoOnSignal(undo: () => void): () => void {
  if (undos.size === 0) for (const signal of SIGNALS) process.once(signal, endBy);
  undos.add(undo);
  return () => {
    undos.delete(undo);
    if (undos.size === 0) for (const signal of SIGNALS) process.removeListener(signal, endBy);
  };
}

/** Runs `work` with a temporary folder that is gone afterwards, however it ends. */
export async function inTemporaryFolder<Result>(
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-bench-'));
  // A process that was just killed may still be letting go of a file.
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  const forget = undoOnSignal(remove);
  try {
    return await work(folder);
  } finally {
    forget();
    remove();
  }
}

function endBy(signal: NodeJS.Signals): void {
  for (const undo of [...undos].reverse()) undo();
  process.exit(128 + constants.signals[signal]);
}
