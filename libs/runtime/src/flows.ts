/**
 * What passes between the platforms and how long it is worked on, told to whoever listens: the flow log
 * and the metrics. Told on a channel of Node's own (`node:diagnostics_channel`), so that no function has to be given a
 * listener and nothing is spent where none is.
 */
import { channel } from 'node:diagnostics_channel';

/** Flows between the platforms, as Platone D2.16 (table 6) and D3.3 number them. */
export type Flow =
  | `flow${0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8}`
  | 'flow0a'
  | 'flow0b'
  | 'flow1a'
  | 'flow2a'
  | 'flow2b'
  | 'flow2c'
  | 'flow7b';

/** What happens to a flow at a platform (D2.16, table 7). */
export type FlowStep = 'message_received' | 'start_execution' | 'end_execution' | 'message_sent';

/** A platform as D2.16 abbreviates it; `LN`: a Light Node. */
export type FlowPlatform = 'AP' | 'DSOTP' | 'MP' | 'SCD' | 'BAL' | 'TSO' | 'LN';

/** One step of one flow. */
export interface FlowMoment {
  readonly flow: Flow;
  readonly step: FlowStep;
  readonly platform: FlowPlatform;
  /** What it is about, the same at every platform that it passes: a session, a command, a packet. */
  readonly referenceId: string;
  /** By the machine's monotonic clock, which its processes share and no correction of the time moves. */
  readonly monotonicUs: number;
}

const moments = channel('flexledger.flow');

/** Tells a step, where anybody listens. */
export function tellFlow(moment: Omit<FlowMoment, 'monotonicUs'>): void {
  if (!moments.hasSubscribers) return;
  moments.publish({ ...moment, monotonicUs: Number(process.hrtime.bigint() / 1_000n) });
}

/** Tells when the work on a flow begins and when it ends; one that fails has no end. */
export async function toldExecution<Result>(
  flow: Flow,
  platform: FlowPlatform,
  referenceId: string,
  work: () => Promise<Result>,
): Promise<Result> {
  tellFlow({ flow, step: 'start_execution', platform, referenceId });
  const result = await work();
  tellFlow({ flow, step: 'end_execution', platform, referenceId });
  return result;
}

/** Work on a flow that is over. */
export interface Execution extends Pick<FlowMoment, 'flow' | 'platform' | 'referenceId'> {
  readonly seconds: number;
}

/** Executions that never ended are forgotten beyond so many. */
const OPEN_EXECUTIONS_MOST = 10_000;

/** Listens for work that is over; what failed never is. @returns what ends the listening */
export function listenToExecutions(listener: (execution: Execution) => void): () => void {
  const begun = new Map<string, number>();
  return listenToFlows(({ flow, step, platform, referenceId, monotonicUs }) => {
    const key = `${flow} ${platform} ${referenceId}`;
    if (step === 'start_execution') {
      if (begun.size >= OPEN_EXECUTIONS_MOST) begun.clear();
      begun.set(key, monotonicUs);
    } else if (step === 'end_execution') {
      const sinceUs = begun.get(key);
      begun.delete(key);
      if (sinceUs === undefined) return;
      listener({ flow, platform, referenceId, seconds: (monotonicUs - sinceUs) / 1e6 });
    }
  });
}

/** @returns what ends the listening */
export function listenToFlows(listener: (moment: FlowMoment) => void): () => void {
  const take = (moment: unknown): void => listener(moment as FlowMoment);
  moments.subscribe(take);
  return () => void moments.unsubscribe(take);
}
