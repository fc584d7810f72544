/**
 * Named places between two steps, where a crash or a pause may fall. Product code passes through them;
 * a test holds, fails or kills it there, and nothing in the product knows of tests.
 */
export interface FaultPoints {
  /** Resolves when the work may go on; a rejection is a failure of the step that follows. */
  reach(name: string): Promise<void>;
}

/** Every place is passed at once: what runs outside tests. */
export const noFaults: FaultPoints = { reach: async () => {} };
