import type { ExpectedRevision } from './port';

/** The stream moved on since the writer read it: read again, decide again. */
export class RevisionConflict extends Error {
  constructor(
    readonly streamId: string,
    readonly expected: ExpectedRevision,
    /** Revision of the last event, -1 when the stream does not exist. */
    readonly actual: number,
  ) {
    super(
      `Stream ${streamId} is at revision ${actual}, the append expected ${expected}; ` +
        'read the stream again and decide again.',
    );
    this.name = 'RevisionConflict';
  }
}

/** One append above the limit every engine shares. */
export class AppendTooLarge extends Error {
  constructor(
    readonly streamId: string,
    readonly bytes: number,
    readonly limitBytes: number,
  ) {
    super(
      `An append of ${bytes} bytes to ${streamId} is above the limit of ${limitBytes} bytes; ` +
        'split it into parts.',
    );
    this.name = 'AppendTooLarge';
  }
}

/** Another process holds the log. */
export class LogInUse extends Error {
  constructor(readonly path: string) {
    super(
      `The event log ${path} is in use by another process. ` +
        'Stop that process, or choose another folder with --data.',
    );
    this.name = 'LogInUse';
  }
}

/** The file is not a sound event log: truncated, of another kind, or of a newer version. */
export class LogDamaged extends Error {
  constructor(
    readonly path: string,
    readonly reason: string,
  ) {
    super(
      `The event log ${path} cannot be read: ${reason}. ` +
        'Restore it from a backup, or choose another folder with --data.',
    );
    this.name = 'LogDamaged';
  }
}
