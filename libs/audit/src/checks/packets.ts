/** What a certified packet shows by itself, whatever the log had said before it. */
import {
  MTU_MS,
  type Sha256,
  canonicalJson,
  chain2FullFault,
  meterStream,
  mtuHolding,
  toHex,
} from '@flexledger/domain';
import type { LoggedOf } from '../logged-event';

type Measurement = LoggedOf<'MeasurementRecorded'>;

/** A packet with what was found in it. */
export type ReadPacket =
  | {
      readonly startMs: number;
      /** The bytes that its node has signed. */
      readonly signed: Uint8Array;
      /** Why it cannot be what a node has measured; undefined when it can. */
      readonly fault: string | undefined;
    }
  | {
      /** No quarter-hour starts then. */
      readonly startMs: undefined;
      readonly fault: string;
    };

const utf8 = new TextEncoder();

/** How far ahead of the platform's clock a node's may be. */
const AHEAD_AT_MOST_MS = 120_000;

/** Reads a packet; its signature is left to the caller. */
export function readPacket(sha256: Sha256, event: Measurement): ReadPacket {
  const { inputData } = event.data;
  const startMs = Date.parse(inputData.mtuStart);
  if (mtuHolding(startMs) !== startMs) {
    return { startMs: undefined, fault: `${inputData.mtuStart} does not start a quarter-hour` };
  }
  const signed = utf8.encode(canonicalJson(inputData));
  const fault = contentFault(sha256, event, signed) ?? beliefFault(event, startMs);
  return { startMs, signed, fault };
}

function contentFault(
  sha256: Sha256,
  { streamId, data }: Measurement,
  signed: Uint8Array,
): string | undefined {
  const { podId, sequence, inputData, hash } = data;
  if (inputData.podId !== podId || inputData.sequence !== sequence) {
    return `it was signed for PoD ${inputData.podId}, sequence ${inputData.sequence}`;
  }
  if (streamId !== meterStream(podId, inputData.mtuStart)) {
    return `its stream is not that of PoD ${podId} at ${inputData.mtuStart}`;
  }
  return toHex(sha256(signed)) === hash ? undefined : 'its hash is not that of its input data';
}

/** Why a measurement cannot be true, whoever signed it. */
function beliefFault({ data, recordedAt }: Measurement, startMs: number): string | undefined {
  const { mtuStart, withdrawnWh, injectedWh, reactiveVarh, ...totals } = data.inputData;
  const { withdrawnTotalWh, injectedTotalWh } = totals;
  const counted = { withdrawnWh, injectedWh, withdrawnTotalWh, injectedTotalWh };
  for (const [name, value] of Object.entries({ ...counted, reactiveVarh })) {
    if (Number.isSafeInteger(value) && (value >= 0 || name === 'reactiveVarh')) continue;
    return `its ${name} ${value} is not a count`;
  }
  const fault = chain2FullFault(data.inputData);
  if (fault !== undefined) return `its ${fault}`;
  const aheadMs = startMs + MTU_MS - Date.parse(recordedAt);
  return aheadMs > AHEAD_AT_MOST_MS
    ? `it was recorded at ${recordedAt}, before the quarter-hour from ${mtuStart} was over`
    : undefined;
}
