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
  | 'implausible';

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
      };
    };

export const meterStream = (podId: string, mtuStartIso: string): string =>
  `meter-${podId}-${mtuStartIso.slice(0, 7)}`;
