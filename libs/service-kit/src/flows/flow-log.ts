/** The flow log: what passes between the platforms, a JSON line a step, as Platone D2.16 (table 7) collected it. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { type FlowMoment, listenToFlows } from '@flexledger/runtime';

/** One line of the flow log (Platone D2.16, table 7), and the instant by a clock that no correction moves. */
export interface FlowLogLine {
  readonly flow: FlowMoment['flow'];
  readonly type: FlowMoment['step'];
  readonly platform: FlowMoment['platform'];
  /** ISO 8601 UTC with milliseconds, by the machine's clock. */
  readonly dateTime: string;
  readonly referenceId: string;
  /** Comparable between processes of one machine only. */
  readonly monotonicUs: number;
}

/** The line of a step, told at an instant of the machine's clock; ends in a line feed. */
export function flowLogLine({ step, ...moment }: FlowMoment, nowMs: number): string {
  const { flow, platform, referenceId, monotonicUs } = moment;
  const dateTime = new Date(nowMs).toISOString();
  const line: FlowLogLine = { flow, type: step, platform, dateTime, referenceId, monotonicUs };
  return `${JSON.stringify(line)}\n`;
}

/** Lines are kept until there are so many, or for so long. */
const LINES_AT_ONCE = 200;
const KEPT_MS = 1_000;

/**
 * Writes what this process tells of flows to a file, at its end; its folder is made where it is absent.
 *
 * @param nowMs the machine's clock
 * @returns what writes the rest and closes the file
 * @throws Error when the file cannot be opened
 */
export function openFlowLog(file: string, nowMs: () => number): () => void {
  mkdirSync(path.dirname(file), { recursive: true });
  const descriptor = openSync(file, 'a', 0o600);
  let lines: string[] = [];
  const write = (): void => {
    if (lines.length > 0) writeSync(descriptor, lines.join(''));
    lines = [];
  };
  const unlisten = listenToFlows((moment) => {
    lines.push(flowLogLine(moment, nowMs()));
    if (lines.length >= LINES_AT_ONCE) write();
  });
  const again = setInterval(write, KEPT_MS);
  again.unref();
  return () => {
    unlisten();
    clearInterval(again);
    write();
    closeSync(descriptor);
  };
}
