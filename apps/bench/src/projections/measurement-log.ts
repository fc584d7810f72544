/** The events of the benchmark: signed quarter-hours of 1,500 PoDs, as their Light Nodes send them. */
import {
  type MeterEvent,
  meterStream,
  type ProposedEvent,
  podIdOf,
  MTU_MS,
} from '@flexledger/domain';
import { uuidFrom } from '@flexledger/identity';
import { isoFromMs } from '@flexledger/runtime';

export const BENCH_PODS = 1_500;
const START_MS = Date.parse('2026-03-17T00:00:00Z');

export interface BenchEvent {
  readonly streamId: string;
  readonly event: ProposedEvent;
}

/** The quarter-hour `sequence` of a PoD, numbered from 0. Hash and signature have their real length. */
export function measurementEvent(pod: number, sequence: number): BenchEvent {
  const podId = podIdOf(pod);
  const mtuStart = isoFromMs(START_MS + sequence * MTU_MS);
  const id = uuidFrom(`bench/${pod}/${sequence}`);
  const inputData = {
    podId,
    sequence,
    mtuStart,
    withdrawnWh: 100 + (sequence % 50),
    injectedWh: 0,
    reactiveVarh: 10,
    withdrawnTotalWh: sequence * 120,
    injectedTotalWh: 0,
  };
  const hash = ''.padEnd(64, 'a');
  const signedHash = ''.padEnd(128, 'b');
  const measured: MeterEvent = {
    type: 'MeasurementRecorded',
    data: { podId, sequence, inputData, hash, signedHash },
  };
  return {
    streamId: meterStream(podId, mtuStart),
    event: {
      ...measured,
      id,
      schemaVersion: 1,
      occurredAt: mtuStart,
      correlationId: id,
      causationId: id,
      actor: 'platform:bench',
    },
  };
}
