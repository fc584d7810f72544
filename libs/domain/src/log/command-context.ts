/** Who asks, and under which id: equal command ids give equal event ids, which append once. */
export interface CommandContext {
  readonly commandId: string;
  readonly correlationId: string;
  /** Id of the event that led to this command; the command's own id where a person or device asks. */
  readonly causationId: string;
  readonly actor: string;
  /** Digest of what was asked from outside: the same id with other content is refused, not repeated. */
  readonly content?: string;
}
