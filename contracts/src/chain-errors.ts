/**
 * The chain did not answer, or not in time. Whether a transaction was taken is then unknown;
 * sending the same one again is safe, because it keeps its nonce and hash until it is mined.
 */
export class ChainUnavailable extends Error {
  override readonly name = 'ChainUnavailable';
  readonly code = 'chain-unavailable';

  /**
   * @param url where the chain was expected, without credentials, path or query
   * @param reason what went wrong
   * @param remedy what the operator can do
   */
  constructor(
    readonly url: string,
    readonly reason: string,
    readonly remedy = 'check that the node runs and that the RPC URL is right, then try again',
  ) {
    super(`The chain at ${url} is unavailable: ${reason}; ${remedy}`);
  }
}

/** The chain answered and refused: a contract reverted, or the node does not take the call. */
export class ChainRefused extends Error {
  override readonly name = 'ChainRefused';
  readonly code = 'chain-refused';

  /**
   * @param operation what was asked for, like `EventLogAnchor.anchor`
   * @param reason decoded, like `SizeShrinks(10, 9)`
   * @param errorName name of the contract's error; absent where the node itself refused, for
   * want of funds or because of a waiting transaction, which may pass later
   */
  constructor(
    readonly operation: string,
    readonly reason: string,
    readonly errorName?: string,
  ) {
    super(`The chain refused ${operation}: ${reason}`);
  }
}
