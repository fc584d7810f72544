import {
  type LightNode,
  enrolNode,
  memoryOutbox,
  nodeSigner,
  simulatedPlant,
  startLightNode,
} from '@flexledger/edge-node';
import { MTU_MS } from '@flexledger/domain';
import { generateNodeKey } from '@flexledger/identity';
import { type Clock, seededRandom } from '@flexledger/runtime';

/** A customer's plant with a Light Node that has a key of its own and has enrolled over REST. */
export interface Household {
  readonly podId: string;
  readonly node: LightNode;
}

const MTUS = 96;

/** Enrols and connects one, whose plant draws `powerW` as long as nobody asks for anything. */
export async function connectHousehold(options: {
  readonly url: string;
  readonly podId: string;
  readonly token: string;
  readonly powerW: number;
  readonly reachW: number;
  readonly clock: Clock;
}): Promise<Household> {
  const { url, podId, token, powerW, reachW, clock } = options;
  const signer = nodeSigner(generateNodeKey());
  const meter = { meterDriver: 'simulated', meterSerialNumber: `SIM-${podId}` };
  const mqtt = await enrolNode({ url, podId, token, signer, ...meter });
  const plant = simulatedPlant(
    {
      startMs: Math.floor(clock.nowMs() / MTU_MS) * MTU_MS,
      naturalW: new Array<number>(MTUS).fill(powerW),
      naturalVar: new Array<number>(MTUS).fill(0),
      reach: { upW: reachW, downW: reachW, upVar: 0, downVar: 0 },
      counters: { withdrawnTotalWh: 0, injectedTotalWh: 0 },
    },
    clock,
    seededRandom(1, podId),
  );
  const { ems, meter: read } = plant;
  const outbox = memoryOutbox();
  const node = startLightNode({ podId, meter: read, ems, signer, outbox, mqtt, clock });
  await node.ready;
  return { podId, node };
}
