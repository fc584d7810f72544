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

/** An append that no log can hold, whatever its state: the caller has to change it. */
export class InvalidAppend extends Error {
  constructor(
    readonly streamId: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`The append to stream ${JSON.stringify(streamId)} is refused: ${reason}.`, options);
    this.name = 'InvalidAppend';
  }
}

/** An event id of the append is already that of another event; ids are given once. */
export class EventIdTaken extends Error {
  constructor(
    readonly eventId: string,
    /** Where the id stands. */
    readonly streamId: string,
    readonly revision: number,
  ) {
    super(
      `Event id ${eventId} stands already in stream ${streamId} at revision ${revision}; ` +
        'give each event its own id, and repeat an append only as it was.',
    );
    this.name = 'EventIdTaken';
  }
}

/** A command came under the id of an earlier one, but asks for something else. */
export class CommandConflict extends Error {
  constructor(
    readonly commandId: string,
    readonly streamId: string,
    /** The first event that the earlier one led to. */
    readonly eventId: string,
  ) {
    super(
      `Command ${commandId} was given to stream ${streamId} before, with other content (event ` +
        `${eventId}); give a new command an id of its own, and repeat one only as it was.`,
    );
    this.name = 'CommandConflict';
  }
}

/** The log could not store an append (disk full, I/O error). Whether it did is unknown. */
export class AppendFailed extends Error {
  constructor(
    readonly streamId: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `The append to stream ${streamId} failed: ${reason}. Remove the cause, then repeat it with ` +
        'the same ids and expected revision.',
      options,
    );
    this.name = 'AppendFailed';
  }
}

/** Another process has held the log's file for so long that waiting for it was given up. */
export class LogBusy extends Error {
  constructor(
    readonly path: string,
    readonly waitedMs: number,
    options?: ErrorOptions,
  ) {
    super(
      `The event log ${path} has been held by another process for ${Math.round(waitedMs)} ms. Look ` +
        'for one that is stopped or hangs with the file open; trying again later with the same ids ' +
        'is safe.',
      options,
    );
    this.name = 'LogBusy';
  }
}

/** The server that keeps the log has not answered for so long that asking it was given up. */
export class LogUnavailable extends Error {
  constructor(
    readonly path: string,
    readonly waitedMs: number,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `The event log ${path} has not answered for ${Math.round(waitedMs)} ms: ${reason}. Look whether its ` +
        'server runs and can be reached; trying again later with the same ids is safe.',
      options,
    );
    this.name = 'LogUnavailable';
  }
}

/** The store was closed while, or before, it was asked. */
export class LogClosed extends Error {
  constructor(readonly path: string) {
    super(`The event log ${path} is closed; open it again.`);
    this.name = 'LogClosed';
  }
}

/** The file is not a sound event log: truncated, of another kind, or of a newer version. */
export class LogDamaged extends Error {
  constructor(
    readonly path: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `The event log ${path} cannot be read: ${reason}. ` +
        'Restore it from a backup, or choose another folder with --data.',
      options,
    );
    this.name = 'LogDamaged';
  }
}
