import type { EventStore } from '../port';

/** A new, empty log for one test. */
export interface StoreUnderTest {
  readonly store: EventStore;
  /** Closes whatever is open and opens the same log again. */
  readonly reopen: () => Promise<EventStore>;
  /** Closes whatever is open and removes the log. */
  readonly cleanup: () => Promise<void>;
}

/** What a test of the contract works with. */
export type Given = Pick<StoreUnderTest, 'store' | 'reopen'>;
