/**
 * A data folder that takes no write: a full disk, one that is read-only, or fails. Every part of the
 * process meets it in its own way, many times a second; here it is told once when it begins and once when
 * it ends, and readiness knows it meanwhile. Nothing is stopped: what could not be written is tried again
 * by whoever writes it, and requests are answered with 503.
 */
import { constants } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, sleep, stopwatch, withoutFullStop } from '@flexledger/runtime';

export interface StorageWatch {
  /** Hands a problem on, unless it is that the folder takes no write, which is told but once. */
  tell(problem: string): void;
  /**
   * Rejects while the folder takes no write; found out by writing, once in a while however often it is
   * asked, since anybody may ask.
   */
  check(): Promise<void>;
  /** Ends what looks whether it takes writes again. */
  close(): void;
}

export interface StorageWatchOptions {
  readonly dataDir: string;
  readonly onProblem: (problem: string) => void;
  /** How long between two looks; 2 s when absent. */
  readonly lookEveryMs?: number;
  /** Rejects when the folder takes no write; a file written and removed when absent. */
  readonly probe?: () => Promise<void>;
}

const LOOK_EVERY_MS = 2_000;
/** More than what one commit writes, so that a disk with the last few pages free does not count as well. */
const PROBE_BYTES = 1_024 * 1_024;

/** What SQLite and the system say of such a disk: fixed texts, wherever in a sentence they stand. */
const UNWRITABLE =
  /database or disk is full|disk I\/O error|attempt to write a readonly database|\b(ENOSPC|EDQUOT|EROFS|EIO)\b/;

/** Watches over a data folder from now on. */
export function watchStorage(options: StorageWatchOptions): StorageWatch {
  const { dataDir, onProblem, lookEveryMs = LOOK_EVERY_MS } = options;
  const { probe = () => writeProbe(dataDir) } = options;
  const closing = new AbortController();
  let reason: string | undefined;
  /** Whether it was met since the last look. */
  let isMet = false;
  let lookedAtMs = -Infinity;

  /** Looks, unless that was done just now. */
  async function look(): Promise<void> {
    const nowMs = stopwatch.nowMs();
    if (nowMs - lookedAtMs < lookEveryMs) return;
    lookedAtMs = nowMs;
    await probe();
  }

  function note(found: string): void {
    isMet = true;
    if (reason !== undefined) return;
    reason = found;
    onProblem(
      `The data folder ${dataDir} takes no write: ${withoutFullStop(found)}. Make room on its disk, or ` +
        'remove what else stands in the way. Until then requests that write are answered with 503, ' +
        'and all that waits is tried again by itself.',
    );
    void untilWritable();
  }

  async function untilWritable(): Promise<void> {
    for (;;) {
      isMet = false;
      await sleep(lookEveryMs, closing.signal);
      if (closing.signal.aborted) return;
      if (!isMet && (await succeeds(probe))) break;
    }
    reason = undefined;
    onProblem(`The data folder ${dataDir} takes writes again.`);
  }

  return {
    tell(problem) {
      const found = UNWRITABLE.exec(problem)?.[0];
      if (found === undefined) onProblem(problem);
      else note(found);
    },
    async check() {
      try {
        if (reason === undefined) await look();
      } catch (error) {
        note(messageOf(error));
      }
      if (reason !== undefined) throw new Error(`${dataDir} takes no write: ${reason}`);
    },
    close: () => closing.abort(),
  };
}

async function succeeds(probe: () => Promise<void>): Promise<boolean> {
  try {
    await probe();
    return true;
  } catch {
    return false;
  }
}

/** @throws the system's error where the folder takes no file of this size */
async function writeProbe(dataDir: string): Promise<void> {
  // One name a process: what a killed one left is written over by the next of its number.
  const file = path.join(dataDir, `.write-probe-${process.pid}`);
  const flags = constants.O_CREAT | constants.O_TRUNC | constants.O_WRONLY;
  try {
    const handle = await open(file, flags, 0o600);
    try {
      await handle.writeFile(Buffer.alloc(PROBE_BYTES));
    } finally {
      await handle.close();
    }
  } finally {
    await rm(file, { force: true });
  }
}
