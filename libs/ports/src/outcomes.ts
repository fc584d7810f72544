/** Flows 3 and 4: the market's outcome goes to the DSO, which validates it technically. */
import type { CommandContext, OutcomeRow, RowValidation } from '@flexledger/domain';

/** The DSO's answer to one outcome. Rows it does not name are as they were cleared. */
export interface ValidationAnswer {
  readonly outcomeId: string;
  readonly exceptions: readonly RowValidation[];
}

/** Outcomes as the DSO reaches them. */
export interface OutcomesPort {
  /**
   * The outcome of a round that was sent for validation, its rows in the order that an answer names them
   * by, and what is sold already for the same MTUs: in earlier sessions, and in this one in earlier
   * rounds. One that was not sent rejects with `DomainError` `outcome-unknown`.
   */
  outcome(
    sessionId: string,
    round: number,
  ): Promise<{ readonly rows: readonly OutcomeRow[]; readonly sold: readonly OutcomeRow[] }>;
  /** Rows of earlier sessions as they fall into a session's MTUs. */
  soldBefore(sessionId: string): Promise<readonly OutcomeRow[]>;
  /**
   * Answers an outcome. MUST be durable when it resolves; the same answer again changes nothing. Another
   * one to an outcome that is decided comes too late and rejects with `DomainError` `outcome-decided`.
   */
  answer(sessionId: string, answer: ValidationAnswer, context: CommandContext): Promise<void>;
}
