/**
 * Who works on what, and how far they have come: leases and checkpoints of processors, apart from the
 * log, since they are of this machine's moment and no fact of the market. Times are those of the
 * machine's clock, never the market's. Engines share this text and one contract suite.
 *
 * The whole may be lost: processors then read the log again, and what they do twice has ids that
 * follow from the events.
 */

/** The right to work as one processor, until it expires or is lost. */
export interface Lease {
  /** The processor's. */
  readonly name: string;
  /** The instance that holds it. */
  readonly owner: string;
  /** Grows by one whenever a lease of this name is given, so a lower one is a lease lost. */
  readonly fence: number;
}

/** Where a processor stopped, and why. */
export interface Halt {
  /** The event it cannot go past; null when the log could not be read behind `position`. */
  readonly eventId: string | null;
  readonly eventType: string | null;
  /** Of that event, or the last position read. */
  readonly position: number;
  readonly reason: string;
  /** Epoch milliseconds of the machine's clock. */
  readonly sinceMs: number;
}

/** What is known of one processor. */
export interface ProcessorRecord {
  readonly name: string;
  /** Who holds the lease or held it last before it expired; null when it was released. */
  readonly owner: string | null;
  /** Of the newest lease; 0 before the first. */
  readonly fence: number;
  /** When the lease ends, epoch milliseconds; 0 when it was released. */
  readonly expiresMs: number;
  /** Everything up to here is handled; null before the first checkpoint. */
  readonly checkpoint: number | null;
  readonly halt: Halt | null;
}

export interface ProcessorState {
  /**
   * Gives the lease of `name` for `ttlMs`, with the next fence, when it is free, expired, or held by
   * `owner` already (whose earlier lease is lost by that); `undefined` while another holds it. MUST
   * give it to one only, however many ask at a time and in however many processes. A lease that ends
   * further away than it was ever given for counts as expired: the clock was set back.
   */
  acquire(name: string, owner: string, ttlMs: number): Promise<Lease | undefined>;
  /**
   * The lease ends `ttlMs` from now. One that expired and that nobody took meanwhile MAY be renewed.
   *
   * @throws LeaseLost when it was released or its fence is not the newest
   */
  renew(lease: Lease, ttlMs: number): Promise<void>;
  /** Gives the lease free for the next at once. One that is lost is left as it is. */
  release(lease: Lease): Promise<void>;
  /** Everything up to here is handled; `undefined` before the first checkpoint. */
  checkpoint(name: string): Promise<number | undefined>;
  /**
   * Stores a checkpoint, which never goes backwards: a lower one changes nothing.
   *
   * @throws LeaseLost when the lease was released or its fence is not the newest
   */
  saveCheckpoint(lease: Lease, position: number): Promise<void>;
  /**
   * Notes where the processor stopped, in place of what was noted before. It stays, whoever takes the
   * lease, until `clearHalt`.
   *
   * @throws LeaseLost when the lease was released or its fence is not the newest
   */
  halt(lease: Lease, halt: Halt): Promise<void>;
  /** @throws LeaseLost when the lease was released or its fence is not the newest */
  clearHalt(lease: Lease): Promise<void>;
  /** All processors that ever had a lease, by name. */
  status(): Promise<readonly ProcessorRecord[]>;
  /** Leases stay as they are, to be released before. A second call is harmless. */
  close(): Promise<void>;
}
