/**
 * Measurements and setpoints by market outcome (FR_SCD_PDA_1/2, flow 8 in sum): of the PoDs that a published
 * session sold something of, for the quarter-hours in which it delivers.
 */
import { MTU_MS } from '@flexledger/domain';
import {
  type ActivationDocument,
  type DocumentStore,
  type SessionDocument,
  allOf,
  findActivations,
  findOutcomes,
  findSessions,
  measurementsBetween,
} from '@flexledger/projections';
import { isoFromMs, msFromIso } from '@flexledger/runtime';

/** Whose rows of an outcome are meant; all where nothing is said. */
export interface OutcomeOwner {
  readonly aggregatorId?: string;
  readonly podId?: string;
}

/** What was measured for an outcome, in sum. */
export interface OutcomeSum {
  /** The id of the session. */
  readonly marketOutcomeId: string;
  readonly deliveryStart: string;
  readonly mtuCount: number;
  readonly pods: number;
  readonly measuredMtus: number;
  readonly missingMtus: number;
  readonly withdrawnWh: number;
  readonly injectedWh: number;
  readonly reactiveVarh: number;
}

/** By MTU of the session; null where nothing was measured, or the plant was left free. */
export interface OutcomePod {
  readonly podId: string;
  readonly withdrawnWh: readonly (number | null)[];
  readonly injectedWh: readonly (number | null)[];
  readonly reactiveVarh: readonly (number | null)[];
  /** The setpoints: target power at the PoD, withdrawal positive. */
  readonly targetW: readonly (number | null)[];
  readonly targetVar: readonly (number | null)[];
}

const PODS_AT_ONCE = 200;
/** A setpoint's window is no longer than a day. */
const LONGEST_WINDOW_MS = 25 * 3_600_000;

/** Sums of every published outcome that delivers on a day, in the order in which they deliver. */
export async function outcomesOfDay(
  documents: DocumentStore,
  deliveryDay: string,
  owner: OutcomeOwner,
): Promise<OutcomeSum[]> {
  const sessions = await allOf((page) => findSessions(documents, { deliveryDay }, page));
  const sums: OutcomeSum[] = [];
  for (const session of sessions.reverse()) {
    if (session.publishedAt === null) continue;
    const podIds = await podsOfOutcome(documents, session.sessionId, owner);
    if (podIds.length > 0) sums.push(await sumOf(documents, session, podIds));
  }
  return sums;
}

/** The PoDs of which an outcome sold something, in the order of their codes. */
export async function podsOfOutcome(
  documents: DocumentStore,
  sessionId: string,
  owner: OutcomeOwner,
): Promise<string[]> {
  const rows = await allOf((page) => findOutcomes(documents, { sessionId, ...owner }, page));
  return [...new Set(rows.map(({ podId }) => podId))].sort();
}

/** What was measured and asked of some PoDs while a session delivers. */
export async function measuredPods(
  documents: DocumentStore,
  session: SessionDocument,
  podIds: readonly string[],
): Promise<OutcomePod[]> {
  const { startMs, endMs, mtuCount } = periodOf(session);
  const measured = await measurementsBetween(documents, podIds, startMs, endMs);
  const nothing = (): (number | null)[] => new Array<number | null>(mtuCount).fill(null);
  return Promise.all(
    podIds.map(async (podId, index) => {
      const columns = { withdrawnWh: nothing(), injectedWh: nothing(), reactiveVarh: nothing() };
      for (const { mtuStartMs, ...energies } of measured[index]!) {
        const mtu = (mtuStartMs - startMs) / MTU_MS;
        columns.withdrawnWh[mtu] = energies.withdrawnWh;
        columns.injectedWh[mtu] = energies.injectedWh;
        columns.reactiveVarh[mtu] = energies.reactiveVarh;
      }
      return { podId, ...columns, ...(await targetsOf(documents, podId, session)) };
    }),
  );
}

async function sumOf(
  documents: DocumentStore,
  session: SessionDocument,
  podIds: readonly string[],
): Promise<OutcomeSum> {
  const { sessionId: marketOutcomeId, deliveryStart, mtuCount } = session;
  const { startMs, endMs } = periodOf(session);
  const sum = { measuredMtus: 0, withdrawnWh: 0, injectedWh: 0, reactiveVarh: 0 };
  for (let from = 0; from < podIds.length; from += PODS_AT_ONCE) {
    const some = podIds.slice(from, from + PODS_AT_ONCE);
    for (const quarterHours of await measurementsBetween(documents, some, startMs, endMs)) {
      sum.measuredMtus += quarterHours.length;
      for (const { withdrawnWh, injectedWh, reactiveVarh } of quarterHours) {
        sum.withdrawnWh += withdrawnWh;
        sum.injectedWh += injectedWh;
        sum.reactiveVarh += reactiveVarh;
      }
    }
  }
  const pods = podIds.length;
  const missingMtus = pods * mtuCount - sum.measuredMtus;
  return { marketOutcomeId, deliveryStart, mtuCount, pods, ...sum, missingMtus };
}

async function targetsOf(
  documents: DocumentStore,
  podId: string,
  session: SessionDocument,
): Promise<Pick<OutcomePod, 'targetW' | 'targetVar'>> {
  const { startMs, endMs, mtuCount } = periodOf(session);
  const windowStart = { from: isoFromMs(startMs - LONGEST_WINDOW_MS), below: isoFromMs(endMs) };
  const setpoints = await allOf((page) => findActivations(documents, { podId, windowStart }, page));
  const targetW = new Array<number | null>(mtuCount).fill(null);
  const targetVar = new Array<number | null>(mtuCount).fill(null);
  for (const setpoint of setpoints) {
    for (const [mtu, at] of mtusOf(setpoint, startMs)) {
      if (mtu < 0 || mtu >= mtuCount) continue;
      targetW[mtu] = setpoint.targetW[at] ?? null;
      targetVar[mtu] = setpoint.targetVar[at] ?? null;
    }
  }
  return { targetW, targetVar };
}

/** MTUs of a session that a setpoint's window covers, each with its place in the window. */
function mtusOf(
  { windowStart, targetW }: ActivationDocument,
  startMs: number,
): (readonly [mtu: number, at: number])[] {
  const first = (msFromIso(windowStart) - startMs) / MTU_MS;
  return targetW.map((_, at) => [first + at, at]);
}

function periodOf({ deliveryStart, mtuCount }: SessionDocument) {
  const startMs = msFromIso(deliveryStart);
  return { startMs, endMs: startMs + mtuCount * MTU_MS, mtuCount };
}
