/**
 * The customer's energy management system, as the Light Node sees it. Power is at the PoD, positive
 * when withdrawn from the grid (DESIGN 4), in W and var.
 */
export interface EmsTarget {
  /** null leaves active power free. */
  readonly powerW: number | null;
  /** null leaves reactive power free. */
  readonly reactiveVar: number | null;
}

/** The plant follows its owner's wishes only. */
export const FREE: EmsTarget = { powerW: null, reactiveVar: null };

/** Targets of consecutive MTUs, told ahead of time. */
export interface EmsSchedule {
  readonly startMs: number;
  readonly targets: readonly EmsTarget[];
}

export interface EmsDriver {
  /**
   * Tells the EMS what will be asked of it. MUST resolve only when the EMS has taken it, and MUST
   * NOT move the plant. A driver whose EMS keeps no schedule asks it for a sign of life instead.
   * Rejects with the reason when the EMS cannot be reached or refuses.
   */
  accept(schedule: EmsSchedule): Promise<void>;
  /**
   * Makes the plant follow `target` from now on; `FREE` lets go of it. Called at the start of each
   * MTU that has a target, also when it is the same as before. Resolves when the EMS has answered.
   */
  apply(target: EmsTarget): Promise<void>;
  /** Rejects where the EMS cannot be reached; MUST NOT move the plant. Absent where nothing can be asked. */
  probe?(): Promise<void>;
  /** Ends the connection to the device, where there is one. */
  close?(): Promise<void>;
}
