import { isoFromMs, withoutFullStop } from '@flexledger/runtime';
import type { Halt } from './processor-state';

/** Somebody else has the lease now, or it was released: what was done under it counts no more. */
export class LeaseLost extends Error {
  constructor(
    readonly processor: string,
    readonly owner: string,
    readonly fence: number,
    /** Who has it now; null when nobody has. */
    readonly holder: string | null,
  ) {
    super(
      `${owner} has lost its lease ${fence} on processor ${processor}` +
        (holder === null ? '' : ` to ${holder}`) +
        '; take a lease again before going on.',
    );
    this.name = 'LeaseLost';
  }
}

/** The file of leases and checkpoints was locked all the time, as by a stopped process. */
export class ProcessorStateBusy extends Error {
  constructor(
    readonly path: string,
    readonly waitedMs: number,
    options?: ErrorOptions,
  ) {
    super(
      `The processors' state ${path} was locked for ${Math.round(waitedMs)} ms; end or continue the ` +
        'process that holds it (a stopped process, a SQLite tool), then try again.',
      options,
    );
    this.name = 'ProcessorStateBusy';
  }
}

/** The file of leases and checkpoints is not one, or damaged, or of a newer format. */
export class ProcessorStateDamaged extends Error {
  constructor(
    readonly path: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `The processors' state ${path} cannot be used: ${reason}. Remove the file while no platform ` +
        'runs: processors then read the log again and do nothing twice.',
      options,
    );
    this.name = 'ProcessorStateDamaged';
  }
}

/** What has stopped, at what, why and since when, and what an operator does about it. */
export function describeHalt(processor: string, halt: Halt): string {
  const { eventId, eventType, position, reason, sinceMs } = halt;
  const since = isoFromMs(sinceMs);
  if (eventId === null) {
    return (
      `Processor ${processor} has halted since ${since}: the log behind position ${position} cannot ` +
      `be read (${withoutFullStop(reason)}). Remove the cause; it is tried again by itself.`
    );
  }
  return (
    `Processor ${processor} has halted since ${since} at event ${eventId} (${eventType ?? 'unread'}, ` +
    `position ${position}): ${withoutFullStop(reason)}. Remove the cause, it is tried again by itself, or decide to ` +
    'skip this event.'
  );
}
