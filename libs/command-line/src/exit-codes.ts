/** The exit codes of every command: what a script goes by. */
export const EXIT_CODES = {
  /** Done, and the answer is yes where there was a question. */
  done: 0,
  /** Done and the answer is no, or something failed on the way. */
  failed: 1,
  /** Not usable as given: an option, a file, a folder, an address. Nothing was changed. */
  unusable: 2,
  /** `audit`: the folder holds a log that was cut off before anything of it was certified. */
  interrupted: 3,
  /** The sign-in that is kept for a platform gives no token; nothing was asked of the platform. */
  signInFailed: 4,
} as const;

const MEANING: readonly (readonly [number, string])[] = [
  [EXIT_CODES.done, 'done; up, demo: told to end by a signal, and ended in order'],
  [EXIT_CODES.failed, 'done and the answer is no (audit, doctor, status, import); or failed'],
  [EXIT_CODES.unusable, 'not usable as given: option, file, folder, port; nothing changed'],
  [EXIT_CODES.interrupted, 'audit: interrupted before a checkpoint, nothing certified'],
  [EXIT_CODES.signInFailed, 'the kept sign-in does not serve: flexledger login; nothing changed'],
  [130, 'ended by SIGINT (Ctrl-C) before it was done'],
  [143, 'ended by SIGTERM before it was done'],
];

/** The table, one line a code, as help and `docs/command-line.md` have it. */
export function exitCodesText(): string {
  return [
    'Exit codes:',
    ...MEANING.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`),
  ].join('\n');
}
