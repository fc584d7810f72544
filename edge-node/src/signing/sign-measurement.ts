import {
  type ByQuadrant,
  type Chain2Full,
  type MeasurementInput,
  type MeasurementPacket,
  MTUS_PER_HOUR,
} from '@flexledger/domain';
import { canonicalJson, sha256Hex } from '@flexledger/identity';
import type { Signed } from '@flexledger/messaging';
import { isoFromMs } from '@flexledger/runtime';
import type { MeterReading } from '../meters/meter';
import type { NodeSigner } from './node-signer';

/** One quarter-hour by the readings at its two ends. */
export interface QuarterHour {
  readonly podId: string;
  readonly sequence: number;
  readonly mtuStartMs: number;
  readonly opening: MeterReading;
  readonly closing: MeterReading;
}

/**
 * What was measured: the difference of the counters. Their sum over a day is that of its two ends. It is of
 * data set Chain2Full where both readings have the quadrants.
 */
export function measurementOf(quarterHour: QuarterHour): MeasurementInput {
  const { podId, sequence, mtuStartMs, opening, closing } = quarterHour;
  const withdrawnWh = closing.withdrawnTotalWh - opening.withdrawnTotalWh;
  const injectedWh = closing.injectedTotalWh - opening.injectedTotalWh;
  const quadrants = quadrantsOf(opening.quadrantTotals, closing.quadrantTotals);
  const meanPowerW = (withdrawnWh - injectedWh) * MTUS_PER_HOUR;
  return {
    podId,
    sequence,
    mtuStart: isoFromMs(mtuStartMs),
    withdrawnWh,
    injectedWh,
    reactiveVarh: closing.reactiveTotalVarh - opening.reactiveTotalVarh,
    withdrawnTotalWh: closing.withdrawnTotalWh,
    injectedTotalWh: closing.injectedTotalWh,
    ...(quadrants && { chain2Full: { meanPowerW, ...quadrants } satisfies Chain2Full }),
  };
}

/** True where a counter stands lower at the end than at the begin: it was reset, rolled over, or misread. */
export function runsBackwards({ withdrawnWh, injectedWh, chain2Full }: MeasurementInput): boolean {
  const { meanPowerW: _, ...quadrants } = chain2Full ?? { meanPowerW: 0 };
  return [withdrawnWh, injectedWh, ...Object.values(quadrants)].some((counted) => counted < 0);
}

function quadrantsOf(
  opening: ByQuadrant | undefined,
  closing: ByQuadrant | undefined,
): ByQuadrant | undefined {
  if (!opening || !closing) return undefined;
  const counted = (quadrant: keyof ByQuadrant) => closing[quadrant] - opening[quadrant];
  return {
    inductiveWithdrawnVarh: counted('inductiveWithdrawnVarh'),
    capacitiveInjectedVarh: counted('capacitiveInjectedVarh'),
    inductiveInjectedVarh: counted('inductiveInjectedVarh'),
    capacitiveWithdrawnVarh: counted('capacitiveWithdrawnVarh'),
  };
}

/** The signed packet of a measurement (DESIGN 10). */
export async function signMeasurement(
  inputData: MeasurementInput,
  signer: NodeSigner,
): Promise<MeasurementPacket> {
  const { podId, sequence } = inputData;
  const canonical = canonicalJson(inputData);
  return {
    podId,
    sequence,
    inputData,
    hash: sha256Hex(canonical),
    signedHash: await signer.sign(canonical),
    publicKey: signer.publicKey,
  };
}

/** Anything else a node puts its name to: the signature covers the canonical form of `content`. */
export async function signContent<Content>(
  content: Content,
  signer: NodeSigner,
): Promise<Signed<Content>> {
  const signature = await signer.sign(canonicalJson(content));
  return { content, signature, publicKey: signer.publicKey };
}
