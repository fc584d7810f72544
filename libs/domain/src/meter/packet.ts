import { MTUS_PER_HOUR } from '../units/units';

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

/**
 * What was measured in one quarter-hour, with the two values that bind it: data set Chain2, or Chain2Full
 * where the meter has it.
 */
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
  /** Makes it data set Chain2Full; absent where the meter does not count the quadrants apart. */
  readonly chain2Full?: Chain2Full;
}

/**
 * What data set Chain2Full has beside the two active energies (D3.5, table 3): three-phase meters only. The
 * quadrants are those of IEC 62053-23, each counted by itself and never negative.
 */
export interface Chain2Full {
  /** Mean active power exchanged, positive when withdrawn: the energies' difference by the hour. */
  readonly meanPowerW: number;
  /** Reactive energy, inductive while active energy is withdrawn (quadrant I). */
  readonly inductiveWithdrawnVarh: number;
  /** Capacitive while active energy is fed in (quadrant II). */
  readonly capacitiveInjectedVarh: number;
  /** Inductive while active energy is fed in (quadrant III). */
  readonly inductiveInjectedVarh: number;
  /** Capacitive while active energy is withdrawn (quadrant IV). */
  readonly capacitiveWithdrawnVarh: number;
}

/** A number for each of the four quadrants. */
export type ByQuadrant = Omit<Chain2Full, 'meanPowerW'>;

/** Reactive energy withdrawn (quadrants I and II) less fed in (III and IV). */
export function netReactiveVarh(quadrants: ByQuadrant): number {
  const { inductiveWithdrawnVarh, capacitiveInjectedVarh } = quadrants;
  const { inductiveInjectedVarh, capacitiveWithdrawnVarh } = quadrants;
  return (
    inductiveWithdrawnVarh +
    capacitiveInjectedVarh -
    inductiveInjectedVarh -
    capacitiveWithdrawnVarh
  );
}

/** Why what Chain2Full adds contradicts itself or the rest of its measurement; undefined where nothing does. */
export function chain2FullFault(measurement: MeasurementInput): string | undefined {
  const { withdrawnWh, injectedWh, reactiveVarh, chain2Full } = measurement;
  if (!chain2Full) return undefined;
  const { meanPowerW, ...quadrants } = chain2Full;
  for (const [field, varh] of Object.entries(quadrants)) {
    if (!Number.isSafeInteger(varh) || varh < 0) return `${field} ${varh} is not a count`;
  }
  const exchangedW = (withdrawnWh - injectedWh) * MTUS_PER_HOUR;
  if (meanPowerW !== exchangedW) {
    return `meanPowerW ${meanPowerW} is not the ${exchangedW} W of its energies`;
  }
  const netVarh = netReactiveVarh(quadrants);
  return reactiveVarh === netVarh
    ? undefined
    : `reactiveVarh ${reactiveVarh} is not the ${netVarh} varh of its quadrants`;
}
