/** What this browser has seen of a log before, kept for the next time: nobody else can change it. */
import type { MetLog, SeenRoot } from './verify';

export interface Pinned extends MetLog {
  readonly checkpoint: SeenRoot;
  /** ISO 8601. */
  readonly since: string;
}

const KEY = 'flexledger/log';

/** Undefined where nothing was seen, or what was kept cannot be read. */
export function readPinned(): Pinned | undefined {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? 'null') as Pinned | null;
    return kept && typeof kept.checkpoint.root === 'string' ? kept : undefined;
  } catch {
    return undefined;
  }
}

export function pin(pinned: Pinned): void {
  localStorage.setItem(KEY, JSON.stringify(pinned));
}

/** For a log that was begun anew, once somebody has decided so. */
export function forgetPinned(): void {
  localStorage.removeItem(KEY);
}
