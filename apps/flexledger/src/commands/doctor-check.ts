import { messageOf, withoutFullStop } from '@flexledger/runtime';

/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do when it is not ok. */
  readonly remedy?: string;
}

/** Runs a check that answers with its detail or fails with the reason. */
export async function check(
  name: string,
  remedy: string,
  look: () => Promise<string> | string,
): Promise<Check> {
  try {
    return { name, ok: true, detail: await look() };
  } catch (error) {
    return { name, ok: false, detail: withoutFullStop(messageOf(error)), remedy };
  }
}
