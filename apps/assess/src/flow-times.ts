/**
 * How long the flows of a day took, from the flow logs of its platforms: executions from their begin to their
 * end, messages from their sending to their receipt.
 */
import type { FlowLogLine } from '@flexledger/service-kit';

/** One execution, or one message, of a flow. */
export interface FlowTime {
  readonly flow: FlowLogLine['flow'];
  readonly kind: 'execution' | 'communication';
  /** Who worked, or who received. */
  readonly platform: FlowLogLine['platform'];
  readonly durationMs: number;
}

/** What of a line the times come from. */
export type FlowLine = Omit<FlowLogLine, 'dateTime'>;

/** The times, and how many steps found no counterpart: a retry, a request of a person. */
export interface FlowTimes {
  readonly times: readonly FlowTime[];
  readonly unpaired: number;
}

/**
 * Pairs the steps by flow and reference, the first begun with the first ended.
 *
 * @param lines of all platforms of one machine, in any order
 */
export function flowTimes(lines: readonly FlowLine[]): FlowTimes {
  const waiting = new Map<string, FlowLine[]>();
  const times: FlowTime[] = [];
  let unpaired = 0;
  for (const line of [...lines].sort((one, other) => one.monotonicUs - other.monotonicUs)) {
    const { flow, type, platform, referenceId } = line;
    const isExecution = type === 'start_execution' || type === 'end_execution';
    const kind = isExecution ? 'execution' : 'communication';
    const key = JSON.stringify([flow, kind, referenceId, isExecution ? platform : '']);
    if (type === 'start_execution' || type === 'message_sent') {
      waiting.set(key, [...(waiting.get(key) ?? []), line]);
      continue;
    }
    const begun = waiting.get(key)?.shift();
    if (!begun) unpaired += 1;
    else {
      const durationMs = (line.monotonicUs - begun.monotonicUs) / 1e3;
      times.push({ flow, kind, platform, durationMs });
    }
  }
  for (const left of waiting.values()) unpaired += left.length;
  return { times, unpaired };
}

/** The mean of a flow's times on one day, ms; undefined where it never happened. */
export function meanMs(
  times: readonly FlowTime[],
  { flows, kind }: { readonly flows: readonly FlowTime['flow'][]; readonly kind: FlowTime['kind'] },
): number | undefined {
  const found = times.filter((time) => time.kind === kind && flows.includes(time.flow));
  if (found.length === 0) return undefined;
  return found.reduce((sum, { durationMs }) => sum + durationMs, 0) / found.length;
}
