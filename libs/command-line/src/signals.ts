import { stderr } from 'node:process';

/** Signals that ask a command to end. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;
type EndSignal = keyof typeof SIGNALS;

let early: ((signal: EndSignal) => void) | undefined;

/**
 * Ends the process at a signal until a command takes signals over: with the exit code that shells give to
 * it, or with 0 where a command that serves has not begun to. A hidden cursor is shown again.
 *
 * @param serves the command runs until it is told to end
 */
export function endOnSignal(serves: boolean): void {
  early = (signal) => {
    if (stderr.isTTY) stderr.write('\u001b[?25h');
    process.exit(serves ? 0 : SIGNALS[signal]);
  };
  for (const signal of Object.keys(SIGNALS)) process.once(signal, early);
}

/**
 * Hands the first signal to `onSignal`; a second one ends the process as it always does.
 *
 * @returns what stops listening
 */
export function takeOverSignals(onSignal: () => void): () => void {
  const taken = (): void => {
    release();
    onSignal();
  };
  const release = (): void => {
    for (const signal of Object.keys(SIGNALS)) process.removeListener(signal, taken);
  };
  for (const signal of Object.keys(SIGNALS)) {
    // In this order: a signal that has come but was not handed on yet is lost with the last listener.
    process.once(signal, taken);
    if (early) process.removeListener(signal, early);
  }
  return release;
}
