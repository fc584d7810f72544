/**
 * Waits `durationMs`, or until `signal` aborts, whichever comes first. It never rejects: a caller
 * that needs to know which of the two happened looks at the signal.
 */
export function sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, durationMs);
    signal?.addEventListener('abort', finish, { once: true });
  });
}

/**
 * Blocks the whole thread for `durationMs`. Only for what must answer without a promise, and rarely:
 * nothing else happens meanwhile.
 */
export function blockFor(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

/** Lets sockets, timers and what else waits have their turn. */
export function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
