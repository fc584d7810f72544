import type { MeasurementInput } from './packet';

/** Why a packet was not recorded as a measurement. */
export type RejectionReason =
  | 'malformed'
  | 'unknown-node'
  | 'wrong-topic'
  | 'wrong-key'
  | 'wrong-hash'
  | 'wrong-signature'
  | 'replayed'
  | 'out-of-order'
  | 'wrong-time'
  | 'implausible'
  | 'counter-reset';

/** Counters of a meter at the end of a quarter-hour, by which those of later ones are judged. */
export interface MeterCounters {
  /** Of the packet that told them. */
  readonly sequence: number;
  readonly withdrawnTotalWh: number;
  readonly injectedTotalWh: number;
}

/** Stream `meter-{podId}-{yyyy-mm}`, the month of the quarter-hour's start in UTC. */
export type MeterEvent =
  | {
      readonly type: 'MeasurementRecorded';
      readonly data: {
        readonly podId: string;
        readonly sequence: number;
        readonly inputData: MeasurementInput;
        readonly hash: string;
        readonly signedHash: string;
      };
    }
  | {
      readonly type: 'PacketRejected';
      readonly data: {
        readonly podId: string;
        readonly reason: RejectionReason;
        readonly detail: string;
        /** The packet as received, cut at 4,096 characters: a forged measurement is evidence. */
        readonly packet: string;
        /** With `counter-reset`: where the counters stand since, as the packet has them. */
        readonly counters?: MeterCounters;
      };
    };

export const meterStream = (podId: string, mtuStartIso: string): string =>
  `meter-${podId}-${mtuStartIso.slice(0, 7)}`;
