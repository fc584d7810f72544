import type { MeasurementInput, MeasurementPacket } from '@flexledger/domain';
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

/** What was measured: the difference of the counters. Their sum over a day is that of its two ends. */
export function measurementOf(quarterHour: QuarterHour): MeasurementInput {
  const { podId, sequence, mtuStartMs, opening, closing } = quarterHour;
  return {
    podId,
    sequence,
    mtuStart: isoFromMs(mtuStartMs),
    withdrawnWh: closing.withdrawnTotalWh - opening.withdrawnTotalWh,
    injectedWh: closing.injectedTotalWh - opening.injectedTotalWh,
    reactiveVarh: closing.reactiveTotalVarh - opening.reactiveTotalVarh,
    withdrawnTotalWh: closing.withdrawnTotalWh,
    injectedTotalWh: closing.injectedTotalWh,
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
