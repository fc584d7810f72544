/** One torture: what is done to a real platform, and what has to be so afterwards. */
export interface TortureCase {
  readonly name: string;
  /** Left out of the short form. */
  readonly isLong?: boolean;
  /**
   * Does it, in an empty folder of its own.
   *
   * @returns what held, with its figures
   * @throws CannotTry where this machine does not allow it; Error where something did not hold
   */
  readonly run: (folder: string) => Promise<string>;
}

/** The machine cannot do this to a process; the message says why. */
export class CannotTry extends Error {
  override readonly name = 'CannotTry';
}

/** @throws Error */
export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
