/**
 * What nodes tell of themselves: that they are there (the broker tells when they are gone, by the
 * last will) and what troubles them (D3.3 FR_BALLN_AD_1..2). Only changes enter the log, and so many of one
 * node a minute (`createReportBudget`).
 */
import { type NodeCommand, nodeStream, wellFormed } from '@flexledger/domain';
import { recurringContextOf } from '@flexledger/event-store';
import { parseDeviceMessage, type ReceivedMessage } from '@flexledger/messaging';
import { type Clock, inOrder, isoNow } from '@flexledger/runtime';
import type { Enrolment, NodeCommandHandler } from '../enrolment/enrolment';
import { createInbox } from '../inbox';
import { REPORTS_A_MINUTE, createReportBudget } from './report-budget';

export interface NodeReportsOptions {
  readonly nodes: NodeCommandHandler;
  readonly clock: Clock;
  readonly enrolment: Pick<Enrolment, 'readOn' | 'keyOf'>;
  /** Told of what was not recorded, and why. */
  readonly onProblem: (problem: string) => void;
}

export interface NodeReports {
  /** Takes a message of the topics `status` and `anomaly`. */
  receive(message: ReceivedMessage): void;
  /** Reports that wait to be recorded; what is held for a minute's end does not count. */
  waiting(): number;
  /**
   * Records what has come in, by PoD, and for one PoD in the order of arrival.
   *
   * @returns how many events were appended
   */
  flush(): Promise<number>;
  /** Waits for so many reports, at most `timeoutMs` of real time, and records them. */
  collect(expected: number, timeoutMs: number): Promise<number>;
}

interface Report {
  readonly podId: string;
  readonly kind: ReceivedMessage['kind'];
  readonly command: NodeCommand;
}

/** Reports that wait; a fleet that comes back at once is well below. */
const INBOX_CAPACITY = 100_000;
/** Most characters of an anomaly's detail that the log keeps. */
const DETAIL_CHARACTERS = 300;

export function createNodeReports(options: NodeReportsOptions): NodeReports {
  const { nodes, clock, enrolment, onProblem } = options;
  const inbox = createInbox<Report>(INBOX_CAPACITY);
  const budget = createReportBudget<Report>(clock);

  /** Asked when all that was enrolled before the report came is known. */
  function isEnrolled({ podId, kind, command }: Report): boolean {
    if (enrolment.keyOf(podId) !== undefined) return true;
    // The last will of a node that was revoked and cut off: no news, and no fault.
    if (command.kind === 'reportDisconnected') return false;
    onProblem(`A ${kind} came from ${podId}, which is not enrolled`);
    return false;
  }

  const inTurn = inOrder();
  const flush = () =>
    inTurn(async () => {
      const arrived = [...budget.due(), ...inbox.takeAll()].sort((one, other) =>
        compare(one.podId, other.podId),
      );
      await enrolment.readOn();
      const reports = arrived.filter(isEnrolled);
      const at = isoNow(clock);
      const results = await nodes.handleInOrder(
        reports.map(({ podId, command }, index) => {
          const name = `node-report/${podId}/${command.kind}/${at}/${index}`;
          const context = recurringContextOf(name, name, `node:${podId}`);
          return { streamId: nodeStream(podId), command, context };
        }),
      );
      let recorded = 0;
      results.forEach((result, index) => {
        if (result.status === 'fulfilled') recorded += result.value.events.length;
        else onProblem(`A report of node ${reports[index]!.podId}: ${String(result.reason)}`);
      });
      return recorded;
    });

  return {
    receive(message) {
      const { podId, kind } = message;
      const read = commandOf(message);
      const report = 'command' in read ? { podId, kind, command: read.command } : undefined;
      const taken = budget.take(podId, report && kindOf(report.command), report);
      if (taken === 'first') {
        onProblem(
          `${podId} sends more than ${REPORTS_A_MINUTE} reports a minute: of further ones the last of ` +
            'each kind counts, when the minute is over',
        );
      }
      if (taken !== 'now') return;
      if ('fault' in read) onProblem(`The ${kind} of ${podId}: ${read.fault}`);
      else if (report && !inbox.put(report)) onProblem(`The ${kind} of ${podId} found no room`);
    },
    waiting: () => inbox.size,
    flush,
    async collect(expected, timeoutMs) {
      await inbox.untilHolds(expected, timeoutMs);
      return flush();
    },
  };
}

/** The command that a message asks for, or why it cannot be read. */
function commandOf({
  podId,
  kind,
  payload,
}: ReceivedMessage): { readonly command: NodeCommand } | { readonly fault: string } {
  if (kind === 'status') {
    const status = parseDeviceMessage(kind, payload);
    if (!status.ok) return { fault: status.reason };
    return {
      command: { kind: status.message.online ? 'reportConnected' : 'reportDisconnected', podId },
    };
  }
  if (kind !== 'anomaly') return { fault: 'it is no report' };
  const anomaly = parseDeviceMessage(kind, payload);
  if (!anomaly.ok) return { fault: anomaly.reason };
  const { kind: what, raised, detail } = anomaly.message;
  return raised
    ? { command: { kind: 'raiseAnomaly', podId, anomaly: what, detail: keptOf(detail) } }
    : { command: { kind: 'clearAnomaly', podId, anomaly: what } };
}

/** What a later report replaces: whether the node is there, and each of its anomalies. */
function kindOf(command: NodeCommand): string {
  return 'anomaly' in command ? command.anomaly : 'connection';
}

/** As much of a detail as tells what it is; what a lone surrogate was has no canonical JSON. */
function keptOf(detail: string): string {
  const kept = [...detail.slice(0, 2 * DETAIL_CHARACTERS)].slice(0, DETAIL_CHARACTERS).join('');
  return wellFormed(kept).replace(/\p{Control}/gu, ' ');
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
