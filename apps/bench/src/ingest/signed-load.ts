/** Packets of Light Nodes as they go over the wire, signed beforehand: quarter-hours of the past, node by node. */
import { MTU_MS, type MeasurementInput, type MeasurementPacket, podIdOf } from '@flexledger/domain';
import { type NodeKey, nodeKeyFrom, sha256Hex, signedPacketOf } from '@flexledger/identity';
import { isoFromMs } from '@flexledger/runtime';

export interface BenchNode {
  readonly podId: string;
  readonly key: NodeKey;
}

export const benchNode = (index: number): BenchNode => {
  const podId = podIdOf(index);
  return { podId, key: nodeKeyFrom(sha256Hex(`bench/${podId}`)) };
};

/** With what a node of the bench signs in to the broker. */
export const benchToken = (podId: string): string => `bench-${podId}`;

/** The packet of the quarter-hour `sequence`, counted from `firstMtuMs`. */
export function signedPacket(
  { podId, key }: BenchNode,
  sequence: number,
  firstMtuMs: number,
): MeasurementPacket {
  const inputData: MeasurementInput = {
    podId,
    sequence,
    mtuStart: isoFromMs(firstMtuMs + sequence * MTU_MS),
    withdrawnWh: 100 + (sequence % 50),
    injectedWh: 0,
    reactiveVarh: 10,
    withdrawnTotalWh: 4_000_000 + sequence * 150,
    injectedTotalWh: 0,
  };
  return signedPacketOf(inputData, key);
}
