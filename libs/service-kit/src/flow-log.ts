import { type Clock, isoNow } from '@flexledger/runtime';

/** Flows between the platforms, as Platone D2.16 numbers them. */
export type Flow =
  | `flow${0 | 1 | 3 | 4 | 5 | 6 | 7 | 8}`
  | 'flow0a'
  | 'flow0b'
  | 'flow1a'
  | 'flow2a'
  | 'flow2b'
  | 'flow2c'
  | 'flow7b';

/** What happened to the flow at a platform. */
type FlowLogType = 'message_received' | 'start_execution' | 'end_execution' | 'message_sent';

type FlowPlatform = 'AP' | 'DSOTP' | 'MP' | 'SCD' | 'BAL' | 'TSO' | 'LN';

/** One line of the flow log (Platone D2.16, table 7). */
interface FlowLogLine {
  readonly flow: Flow;
  readonly type: FlowLogType;
  readonly platform: FlowPlatform;
  /** ISO 8601 UTC with milliseconds. */
  readonly dateTime: string;
  /** What the flow is about, the same on every platform it passes: a session, a PoD, a packet. */
  readonly referenceId: string;
}

/** Writes one line. */
type FlowLog = (flow: Flow, type: FlowLogType, referenceId: string) => void;

/** The flow log of one platform: JSON lines, each ended by a line feed, to `write`. */
export function createFlowLog(
  platform: FlowPlatform,
  clock: Clock,
  write: (line: string) => void,
): FlowLog {
  return (flow, type, referenceId) => {
    const line: FlowLogLine = { flow, type, platform, dateTime: isoNow(clock), referenceId };
    write(`${JSON.stringify(line)}\n`);
  };
}
