/**
 * What the grid is observed by, in seconds (D3.3 A.5.3.3, table 30): of each registered PoD the power now,
 * the setpoint that holds now, where it hangs, what is wrong, and the last quarter-hour that is certified.
 */
import {
  type ActivationEvent,
  type AnomalyKind,
  type MeterEvent,
  type NodeEvent,
  type PodEvent,
  MTU_MS,
} from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { type Clock, isoNow, msFromIso } from '@flexledger/runtime';
import { foldOfLog } from '@flexledger/service-kit';
import type { LivePower } from './live-power';

/** What is wrong: no power was told within the last minute, no node, a node that is cut off, or what it says of itself. */
export type ObservedAnomaly = 'no-data' | 'no-node' | 'disconnected' | AnomalyKind;

/** A PoD as it is observed. */
export interface ObservedPod {
  readonly podId: string;
  readonly aggregatorId: string;
  /** When its node measured the power, by the node's clock; now where it told none. ISO 8601 UTC. */
  readonly timestamp: string;
  /**
   * The last quarter-hour that was certified of late (within 200,000 events, at most): the hash that its node signed,
   * which stands in the log; null where there is none.
   */
  readonly validation: { readonly mtuStart: string; readonly hash: string } | null;
  /** Withdrawal positive; null where none was told within the last minute. */
  readonly powerW: number | null;
  /** Primary substation; null until the DSO has located the PoD. */
  readonly pom: string | null;
  /** What its setpoint asks of it in this quarter-hour, withdrawal positive; null where it is free. */
  readonly setpointW: number | null;
  /** Empty where all is well. */
  readonly anomalies: readonly ObservedAnomaly[];
}

export interface Observability {
  /** Registered PoDs, by id. */
  now(): Promise<readonly ObservedPod[]>;
}

interface Known {
  aggregatorId: string | null;
  pom: string | null;
  hasNode: boolean;
  isConnected: boolean;
  readonly anomalies: Set<AnomalyKind>;
  /** By the start of their window; those that are over are forgotten. */
  readonly setpoints: Map<number, readonly (number | null)[]>;
  validation: ObservedPod['validation'];
}

type Followed =
  | Extract<
      PodEvent,
      { type: 'PodRegistered' | 'PodDetailsChanged' | 'PodUnregistered' | 'PodLocated' }
    >
  | Extract<
      NodeEvent,
      {
        type:
          | 'NodeEnrolled'
          | 'NodeRevoked'
          | 'NodeConnected'
          | 'NodeDisconnected'
          | 'AnomalyRaised'
          | 'AnomalyCleared';
      }
    >
  | Extract<ActivationEvent, { type: 'SetpointIssued' }>;
type Certified = Extract<MeterEvent, { type: 'MeasurementRecorded' }>;

const FOLLOWED: readonly Followed['type'][] = [
  'PodRegistered',
  'PodDetailsChanged',
  'PodUnregistered',
  'PodLocated',
  'NodeEnrolled',
  'NodeRevoked',
  'NodeConnected',
  'NodeDisconnected',
  'AnomalyRaised',
  'AnomalyCleared',
  'SetpointIssued',
];

/** Measurements of the last minutes of a city, of the last day of a town; years of them are not read for the last of each. */
const CERTIFIED_LOOK_BACK = 200_000;

/** A row as it is compared with the one before: where no power was told, the time of asking says nothing new. */
export function observedText(row: ObservedPod): string {
  return JSON.stringify(row.powerW === null ? { ...row, timestamp: null } : row);
}

/** What is observed from now on; the log is read when it is first asked. */
export function createObservability(
  log: EventStore,
  clock: Clock,
  livePower: Pick<LivePower, 'since'>,
): Observability {
  const pods = new Map<string, Known>();
  const knownOf = (podId: string): Known => {
    const known = pods.get(podId) ?? nothingKnown();
    pods.set(podId, known);
    return known;
  };
  const readOn = foldOfLog(log, FOLLOWED, (event) => {
    const followed = event as unknown as Followed;
    take(knownOf(followed.data.podId), followed, clock.nowMs());
  });
  const readCertified = foldOfLog(
    log,
    ['MeasurementRecorded'] satisfies Certified['type'][],
    (event) => {
      const { podId, inputData, hash } = (event as unknown as Certified).data;
      knownOf(podId).validation = { mtuStart: inputData.mtuStart, hash };
    },
    CERTIFIED_LOOK_BACK,
  );

  return {
    async now() {
      const head = await log.head();
      await readOn(head);
      await readCertified(head);
      const nowMs = clock.nowMs();
      const { powers } = await livePower.since(0);
      const powerOf = new Map(powers.map((power) => [power.podId, power]));
      const rows: ObservedPod[] = [];
      for (const [podId, known] of pods) {
        const { aggregatorId, pom, validation } = known;
        if (aggregatorId === null) continue;
        const power = powerOf.get(podId);
        rows.push({
          podId,
          aggregatorId,
          timestamp: power?.at ?? isoNow(clock),
          validation,
          powerW: power ? power.withdrawnW - power.injectedW : null,
          pom,
          setpointW: setpointAt(known, nowMs),
          anomalies: [...(power ? [] : ['no-data' as const]), ...anomaliesOf(known)],
        });
      }
      return rows.sort((a, b) => (a.podId < b.podId ? -1 : 1));
    },
  };
}

function nothingKnown(): Known {
  return {
    aggregatorId: null,
    pom: null,
    hasNode: false,
    isConnected: false,
    anomalies: new Set(),
    setpoints: new Map(),
    validation: null,
  };
}

function take(known: Known, event: Followed, nowMs: number): void {
  switch (event.type) {
    case 'PodRegistered':
    case 'PodDetailsChanged':
      known.aggregatorId = event.data.aggregatorId;
      return;
    case 'PodUnregistered':
      known.aggregatorId = null;
      return;
    case 'PodLocated':
      known.pom = event.data.pom;
      return;
    case 'NodeEnrolled':
    case 'NodeRevoked':
      known.hasNode = event.type === 'NodeEnrolled';
      known.isConnected = false;
      known.anomalies.clear();
      return;
    case 'NodeConnected':
    case 'NodeDisconnected':
      known.isConnected = event.type === 'NodeConnected';
      return;
    case 'AnomalyRaised':
      known.anomalies.add(event.data.anomaly);
      return;
    case 'AnomalyCleared':
      known.anomalies.delete(event.data.anomaly);
      return;
    case 'SetpointIssued': {
      const { windowStart, targetW } = event.data;
      for (const [startMs, targets] of known.setpoints) {
        if (startMs + targets.length * MTU_MS <= nowMs) known.setpoints.delete(startMs);
      }
      known.setpoints.set(msFromIso(windowStart), targetW);
    }
  }
}

function setpointAt({ setpoints }: Known, nowMs: number): number | null {
  for (const [startMs, targetW] of setpoints) {
    const mtu = Math.floor((nowMs - startMs) / MTU_MS);
    if (mtu >= 0 && mtu < targetW.length) return targetW[mtu]!;
  }
  return null;
}

function anomaliesOf({ hasNode, isConnected, anomalies }: Known): ObservedAnomaly[] {
  if (!hasNode) return ['no-node'];
  return [...(isConnected ? [] : ['disconnected' as const]), ...anomalies];
}
