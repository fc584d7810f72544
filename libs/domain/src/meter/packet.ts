/**
 * The signed packet of a Light Node (DESIGN 10), as it crosses MQTT. `hash` is SHA-256 (hex) of the
 * RFC 8785 form of `inputData`; `signedHash` the ECDSA P-256 signature of that hash's 32 bytes
 * (r and s, 64 bytes, hex); `publicKey` the SEC 1 uncompressed point, hex.
 */
export interface MeasurementPacket {
  readonly podId: string;
  /** Rises by one with every packet of the node; 0 is the first. */
  readonly sequence: number;
  readonly inputData: MeasurementInput;
  readonly hash: string;
  readonly signedHash: string;
  readonly publicKey: string;
}

/** What was measured in one quarter-hour (data set Chain2), with the two values that bind it. */
export interface MeasurementInput {
  readonly podId: string;
  readonly sequence: number;
  /** Start of the quarter-hour, ISO 8601 UTC. */
  readonly mtuStart: string;
  /** Energy withdrawn from and fed into the grid during the quarter-hour. */
  readonly withdrawnWh: number;
  readonly injectedWh: number;
  /** Reactive energy withdrawn minus fed in during the quarter-hour. */
  readonly reactiveVarh: number;
  /** Counter of withdrawn energy at the end of the quarter-hour. */
  readonly withdrawnTotalWh: number;
  readonly injectedTotalWh: number;
}
