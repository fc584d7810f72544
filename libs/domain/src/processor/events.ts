/**
 * Decisions about processors, the parts that read the log and answer with commands. Stream
 * `processor-{processor}`.
 */

/** An operator let a processor go past an event that it could not handle; it does nothing about it, ever. */
export interface ProcessorEventSkipped {
  readonly type: 'ProcessorEventSkipped';
  readonly data: {
    readonly processor: string;
    /** The event gone past. */
    readonly eventId: string;
    readonly position: number;
    /** Why, in the operator's words. */
    readonly reason: string;
  };
}

export const processorStream = (processor: string): string => `processor-${processor}`;
