/**
 * A fleet of simulated nodes in one process, for load: each with a key, an outbox on disk and a connection of its own,
 * a seeded household behind it, and enrolled as any node is.
 */
import path from 'node:path';
import { MTU_MS } from '@flexledger/domain';
import { type Clock, type Timers, wallClock } from '@flexledger/runtime';
import { type FleetConfig, type Invited, readTokens } from '../config/fleet-config';
import { type LightNode, startLightNode } from '../light-node';
import { openFileOutbox } from '../outbox/file-outbox';
import type { Outbox } from '../outbox/outbox';
import { type NodeSigner, nodeSigner } from '../signing/node-signer';
import { measurementOf, signMeasurement } from '../signing/sign-measurement';
import { NEW_METER, meteredHousehold } from '../simulation/metered-household';
import type { SimulatedPlant } from '../simulation/simulated-plant';
import { holdFolder } from './hold-folder';
import { measureRegularly } from './measure-regularly';
import { outboxIn } from './node-folder';
import { regularly } from './regularly';
import { enrolInFolder, quarterHoursUntil } from './run-node';

export interface Fleet {
  readonly nodes: readonly LightNode[];
  /** How many have enrolled now; the others had before. */
  readonly enrolled: number;
  close(): Promise<void>;
}

const OUTBOX_BYTES = 1024 * 1024;
/** So many enrol, or sign what they begin with, at once. */
const AT_ONCE = 16;

/**
 * @param count how many of the tokens file run
 * @throws NodeConfigUnusable, EnrolmentRefused, NodeFolderUnusable, OutboxDamaged; NoAnswer where the platform does not answer
 */
export async function runFleet(
  config: FleetConfig,
  count: number,
  timers: Timers,
  onProblem: (problem: string) => void,
): Promise<Fleet> {
  const invited = readTokens(config.platform.tokensFile, count);
  const letGo = await holdFolder(config.folder);
  const nodes: LightNode[] = [];
  let enrolled = 0;
  const waiting = [...invited];
  const startOne = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { node, hasEnrolled } = await startMember(config, next, onProblem);
      nodes.push(node);
      if (hasEnrolled) enrolled += 1;
    }
  };
  const stops: (() => void)[] = [];
  const close = async (): Promise<void> => {
    for (const stop of stops) stop();
    await Promise.all(nodes.map((node) => node.close()));
    await letGo();
  };
  const started = await Promise.allSettled(Array.from({ length: AT_ONCE }, startOne));
  const failed = started.find(({ status }) => status === 'rejected');
  if (failed) {
    await close();
    throw (failed as PromiseRejectedResult).reason;
  }
  const every = { clock: wallClock, timers, onProblem };
  stops.push(measureRegularly(() => nodes, { name: 'fleet', ...every }));
  const { powerEverySeconds = 0 } = config;
  if (powerEverySeconds > 0) {
    const tellAll = async (): Promise<void> =>
      void (await Promise.all(nodes.map((node) => node.tellPower())));
    stops.push(regularly(tellAll, { name: 'power', everyMs: powerEverySeconds * 1_000, ...every }));
  }
  return { nodes, enrolled, close };
}

async function startMember(
  config: FleetConfig,
  { podId, token }: Invited,
  onProblem: (problem: string) => void,
): Promise<{ readonly node: LightNode; readonly hasEnrolled: boolean }> {
  const { platform, backlogQuarterHours = 0, outboxBytes = OUTBOX_BYTES } = config;
  const folder = path.join(config.folder, podId);
  const { kept, hasEnrolled } = await enrolInFolder({
    podId,
    folder,
    ...(token !== undefined && { invitation: { url: platform.url, token } }),
    meterDriver: 'simulated',
    meterSerialNumber: `SIM-${podId}`,
  });
  const signer = nodeSigner(kept.key);
  const outbox = await openFileOutbox(outboxIn(folder), outboxBytes);
  const firstSequence = quarterHoursUntil(wallClock.nowMs()) - backlogQuarterHours;
  const clock = steppedClock(
    wallClock.nowMs() - (outbox.last() ? 0 : backlogQuarterHours * MTU_MS),
  );
  const plant = meteredHousehold(podId, clock, outbox.last()?.closing ?? NEW_METER);
  if (!outbox.last()) {
    await measureBacklog({ podId, firstSequence, quarterHours: backlogQuarterHours }, plant, {
      outbox,
      signer,
      clock,
    });
  }
  clock.goOn();
  const node = startLightNode({
    podId,
    meter: plant.meter,
    ems: plant.ems,
    signer,
    outbox,
    mqtt: kept.broker,
    clock: wallClock,
    firstSequence: quarterHoursUntil(wallClock.nowMs()),
    onProblem,
  });
  return { node, hasEnrolled };
}

interface Backlog {
  readonly podId: string;
  readonly firstSequence: number;
  readonly quarterHours: number;
}

/** Signs the quarter-hours before the one under way, as the household lived them. */
async function measureBacklog(
  { podId, firstSequence, quarterHours }: Backlog,
  plant: SimulatedPlant,
  {
    outbox,
    signer,
    clock,
  }: { readonly outbox: Outbox; readonly signer: NodeSigner; readonly clock: SteppedClock },
): Promise<void> {
  const startMs = firstSequence * MTU_MS;
  for (let mtu = 0; mtu < quarterHours; mtu += 1) {
    const mtuStartMs = startMs + mtu * MTU_MS;
    clock.stepTo(mtuStartMs);
    const opening = plant.reading();
    clock.stepTo(mtuStartMs + MTU_MS);
    const closing = plant.reading();
    const input = { podId, sequence: firstSequence + mtu, mtuStartMs, opening, closing };
    await outbox.store({ packet: await signMeasurement(measurementOf(input), signer), closing });
  }
}

/** Stands where it is put until it goes on with the machine's. */
interface SteppedClock extends Clock {
  stepTo(instantMs: number): void;
  goOn(): void;
}

function steppedClock(fromMs: number): SteppedClock {
  let standsAtMs: number | undefined = Math.floor(fromMs / MTU_MS) * MTU_MS;
  return {
    nowMs: () => standsAtMs ?? wallClock.nowMs(),
    stepTo: (instantMs) => (standsAtMs = instantMs),
    goOn: () => (standsAtMs = undefined),
  };
}
