/** What a certified packet shows by itself, whatever the log had said before it. */
import {
  MTU_MS,
  type Sha256,
  canonicalJson,
  chain2FullFault,
  meterStream,
  mtuHolding,
  sha256Hex,
} from '@flexledger/domain';
import { msFromIso } from '../instant';
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

const COUNTS = [
  'withdrawnWh',
  'injectedWh',
  'withdrawnTotalWh',
  'injectedTotalWh',
  'reactiveVarh',
] as const;

/** How far ahead of the platform's clock a node's may be. */
const AHEAD_AT_MOST_MS = 120_000;

/** Reads a packet; its signature is left to the caller. */
export function readPacket(sha256: Sha256, event: Measurement): ReadPacket {
  const { inputData } = event.data;
  const startMs = msFromIso(inputData.mtuStart);
  if (mtuHolding(startMs) !== startMs) {
    return { startMs: undefined, fault: `${inputData.mtuStart} does not start a quarter-hour` };
  }
  const signed = canonicalJson(inputData);
  const fault = contentFault(sha256, event, signed) ?? beliefFault(event, startMs);
  return { startMs, signed: utf8.encode(signed), fault };
}

function contentFault(
  sha256: Sha256,
  { streamId, data }: Measurement,
  signed: string,
): string | undefined {
  const { podId, sequence, inputData, hash } = data;
  if (inputData.podId !== podId || inputData.sequence !== sequence) {
    return `it was signed for PoD ${inputData.podId}, sequence ${inputData.sequence}`;
  }
  if (streamId !== meterStream(podId, inputData.mtuStart)) {
    return `its stream is not that of PoD ${podId} at ${inputData.mtuStart}`;
  }
  return sha256Hex(sha256, signed) === hash ? undefined : 'its hash is not that of its input data';
}

/** Why a measurement cannot be true, whoever signed it. */
function beliefFault({ data, recordedAt }: Measurement, startMs: number): string | undefined {
  for (const name of COUNTS) {
    const value = data.inputData[name];
    if (Number.isSafeInteger(value) && (value >= 0 || name === 'reactiveVarh')) continue;
    return `its ${name} ${value} is not a count`;
  }
  const fault = chain2FullFault(data.inputData);
  if (fault !== undefined) return `its ${fault}`;
  const aheadMs = startMs + MTU_MS - msFromIso(recordedAt);
  return aheadMs > AHEAD_AT_MOST_MS
    ? `it was recorded at ${recordedAt}, before the quarter-hour from ${data.inputData.mtuStart} was over`
    : undefined;
}
