/** Who asks, and under which id: equal command ids give equal event ids, which append once. */
export interface CommandContext {
  readonly commandId: string;
  readonly correlationId: string;
  /** Id of the event that led to this command; the command's own id where a person or device asks. */
  readonly causationId: string;
  readonly actor: string;
  /** Digest of what was asked from outside: the same id with other content is refused, not repeated. */
  readonly content?: string;
  /**
   * The command says how a thing shall be and may be meant again later (off, on, off), so it is decided
   * each time it is given; its decider leaves out what is so already. Any other command is given once:
   * its id is recognised whatever has happened since, and it gets its first answer again.
   */
  readonly mayRecur?: true;
}
