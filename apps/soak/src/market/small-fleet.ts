/** The Light Nodes of a small day: real ones, on simulated plants and the world's broker. */
import { type DeliveryPeriod, mtuStartMs } from '@flexledger/domain';
import {
  type LightNode,
  memoryOutbox,
  simulatedPlant,
  startLightNode,
} from '@flexledger/edge-node';
import { nodeKeyFrom } from '@flexledger/identity';
import { type Clock, type FaultPoints, noFaults, seededRandom } from '@flexledger/runtime';
import { drawClouds, naturalPowerW } from '@flexledger/scenario';
import type { ModelBroker } from '../models/model-broker';
import { signingHere } from '../models/plain-signatures';
import type { SmallDay } from './small-day';

export interface SmallFleet {
  beginQuarterHour(mtu: number): void;
  closeQuarterHour(mtu: number): void;
  /** Packets that no node has an answer to. */
  pending(): number;
  readonly names: readonly string[];
}

/** Starts a node a PoD. */
export function startSmallFleet(day: SmallDay, broker: ModelBroker, clock: Clock): SmallFleet {
  const { scenario, period, shapes } = day;
  const clouds = drawClouds(period.mtuCount, scenario.seed);
  const faults: FaultPoints = noFaults;
  const nodes = scenario.pods.map((pod): LightNode => {
    const { podId } = pod;
    const naturalW = naturalPowerW(pod, shapes, clouds, scenario.seed);
    const plant = simulatedPlant(
      {
        startMs: period.startMs,
        naturalW,
        naturalVar: naturalW.map((watts) => Math.round(Math.max(0, watts) * 0.3)),
        reach: pod.flexibility,
        counters: { withdrawnTotalWh: 0, injectedTotalWh: 0 },
      },
      clock,
      seededRandom(scenario.seed, `ems/${podId}`),
    );
    return startLightNode({
      podId,
      meter: plant.meter,
      ems: plant.ems,
      signer: signingHere(nodeKeyFrom(pod.nodeKey)),
      outbox: memoryOutbox(),
      mqtt: {
        host: 'broker',
        port: 0,
        token: podId,
        connect: broker.connectionsOf({ name: podId, faults }),
      },
      clock,
    });
  });
  const startOf = (mtu: number): number => mtuStartMs(period as DeliveryPeriod, mtu);
  return {
    beginQuarterHour: (mtu) => nodes.forEach((node) => void node.beginQuarterHour(startOf(mtu))),
    closeQuarterHour: (mtu) => nodes.forEach((node) => void node.closeQuarterHour(startOf(mtu))),
    pending: () => nodes.reduce((sum, node) => sum + node.pendingPackets(), 0),
    names: scenario.pods.map(({ podId }) => podId),
  };
}
