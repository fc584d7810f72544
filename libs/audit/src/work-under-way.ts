/**
 * Work on events that goes on while later ones are read: a signature that is verified, a market that is cleared
 * again, each where the caller has another thread for it. No more of it is under way than was allowed, so that
 * the memory of an audit does not grow with the log.
 */
import { messageOf } from './message-of';
import type { Findings, Subject } from './report';

/** What is under way for one check. */
export interface WorkUnderWay {
  /**
   * Begins a piece of work and waits, where too much is under way, for the piece begun first. What it throws
   * counts as a failure of the event.
   */
  begin(event: Subject, work: () => Promise<void>): Promise<void> | void;
  /** Waits for all of it. */
  end(): Promise<void>;
}

/** @param atMost pieces under way */
export function createWorkUnderWay(findings: Findings, atMost: number): WorkUnderWay {
  /** Those begun first come first. */
  const pieces: Promise<void>[] = [];
  return {
    begin(event, work) {
      pieces.push(
        work().catch((error: unknown) =>
          findings.fail(event, `it cannot be checked: ${messageOf(error)}`),
        ),
      );
      if (pieces.length > atMost) return pieces.shift();
    },
    async end() {
      await Promise.all(pieces.splice(0));
    },
  };
}
