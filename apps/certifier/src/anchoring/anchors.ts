/** Where roots are anchored. Rejects when the chain does not answer or refuses. */
export interface Anchors {
  anchor(
    size: number,
    rootHex: string,
  ): Promise<{ readonly txHash: string; readonly blockNumber: number }>;

  /** Leaves of the last anchor that stands: that is neither lost nor rejected; 0 where none is. */
  standingSize(): Promise<number>;
}
