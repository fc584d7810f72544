/** One household of a demo on the present day: a Light Node with a key of its own before a simulated plant. */
import { MTU_MS } from '@flexledger/domain';
import {
  type LightNode,
  type OutboxEntry,
  type SimulatedPlant,
  enrolInFolder,
  enrolledNode,
  livingPlant,
  nodeSigner,
  openFileOutbox,
  outboxIn,
  quarterHoursUntil,
  startLightNode,
} from '@flexledger/edge-node';
import { type Clock, inOrder, seededRandom } from '@flexledger/runtime';
import type { ScenarioPod } from '@flexledger/scenario';
import type { AggregatorDesk } from './aggregator-desk';
import type { LivingDays } from './living-days';

export interface HouseholdOptions {
  readonly pod: ScenarioPod;
  readonly days: LivingDays;
  /** Its own: key, credentials, and what was measured and is not answered yet. */
  readonly folder: string;
  readonly desk: Pick<AggregatorDesk, 'invite' | 'enrolledKey'>;
  readonly url: string;
  /** Where the broker listens now: at another port, perhaps, than when the node enrolled. */
  readonly brokerPort: number;
  readonly clock: Clock;
  readonly onProblem: (problem: string) => void;
}

export interface Household {
  readonly podId: string;
  readonly node: LightNode;
  /** True when it has enrolled now, false when it had before. */
  readonly hasEnrolled: boolean;
  /** Another node has taken its place; it has left. */
  hasLeft(): boolean;
  close(): Promise<void>;
}

/**
 * Enrols, unless it has before, and connects. Where its aggregator has another node enrolled for the PoD
 * it leaves, and never takes its place back.
 *
 * @throws EnrolmentRefused, NodeFolderUnusable, OutboxDamaged, UsageError as the platform refuses
 */
export async function openHousehold(options: HouseholdOptions): Promise<Household> {
  const { pod, folder, desk, url, brokerPort, clock, onProblem } = options;
  const { podId } = pod;
  const isKept = enrolledNode(folder, podId) !== undefined;
  const { kept, hasEnrolled } = await enrolInFolder({
    podId,
    folder,
    ...(isKept ? {} : { invitation: { url, token: await desk.invite(podId) } }),
    meterDriver: 'simulated',
    meterSerialNumber: `SIMULATED-${podId}`,
  });
  const signer = nodeSigner(kept.key);
  const outbox = await openFileOutbox(outboxIn(folder));
  const { meter, ems } = plantOf(options, outbox.last());
  const inTurn = inOrder();
  let hasLeft = false;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= node.close());

  async function leaveIfReplaced(problem: string): Promise<void> {
    if (closing) return;
    // Where nobody can say whose place it is now, it is still its own.
    const key = await desk.enrolledKey(podId).catch(() => signer.publicKey);
    if (closing) return;
    if (key === signer.publicKey) return onProblem(problem);
    hasLeft = true;
    onProblem(`${podId}: its simulated household leaves, as another node has its place or none`);
    await close();
  }

  const node = startLightNode({
    podId,
    meter,
    ems,
    signer,
    outbox,
    mqtt: { ...kept.broker, port: brokerPort },
    clock,
    firstSequence: quarterHoursUntil(clock.nowMs()),
    onProblem: (problem) => void inTurn(() => leaveIfReplaced(problem)),
  });
  return {
    podId,
    node,
    hasEnrolled,
    hasLeft: () => hasLeft,
    async close() {
      await close();
      await inTurn(async () => {});
    },
  };
}

/** Its plant from this quarter-hour on, whose meter goes on from where it stood. */
function plantOf(
  { pod, days, clock }: HouseholdOptions,
  last: OutboxEntry | undefined,
): SimulatedPlant {
  const startMs = Math.floor(clock.nowMs() / MTU_MS) * MTU_MS;
  const naturalAt = days.naturalAt(pod);
  return livingPlant(
    {
      startMs,
      naturalIn: (mtu) => naturalAt(startMs + mtu * MTU_MS),
      reach: pod.flexibility,
      counters: last?.closing ?? countersAtFirst(pod),
    },
    clock,
    seededRandom(startMs, `ems/${pod.podId}`),
  );
}

/** Years that a meter has counted, and full-load hours of a year. */
const [METER_YEARS, FULL_LOAD_HOURS] = [10, 1_200];

/**
 * Where the counters of a household stand that lives on: far above what its simulated day, whose meter
 * began at 0, has counted, since a meter never counts backwards.
 */
function countersAtFirst({ annualEnergyKwh, pvPeakW, storageW }: ScenarioPod) {
  return {
    withdrawnTotalWh: METER_YEARS * annualEnergyKwh * 1_000,
    injectedTotalWh: METER_YEARS * FULL_LOAD_HOURS * (pvPeakW + storageW),
  };
}
