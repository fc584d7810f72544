/** Where roots are anchored. Rejects when the chain does not answer or refuses. */
export interface Anchors {
  anchor(
    size: number,
    rootHex: string,
  ): Promise<{ readonly txHash: string; readonly blockNumber: number }>;
}
