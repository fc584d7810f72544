/** What the server has read for the first view, so that it is whole before anything is asked for. */
import type { Schemas } from '@flexledger/api-client';

export interface FirstView {
  /** Of the last day on which something was sold. */
  readonly today: Schemas['StatusSnapshot'];
  /** Of the day that the address names; `today` where it names none. */
  readonly asked: Schemas['StatusSnapshot'];
  /** The civil day that it is, and the one after it; null where one has no sessions. */
  readonly days: readonly (Schemas['DayStatus'] | null)[];
  readonly demonstrationUsers: readonly Schemas['DemonstrationUser'][];
}

let given: FirstView | undefined;

/** Undefined for all that is drawn later, which has to ask. */
export const firstView = (): FirstView | undefined => given;

/** To be taken back once the first view stands. */
export function giveFirstView(view: FirstView | undefined): void {
  given = view;
}
