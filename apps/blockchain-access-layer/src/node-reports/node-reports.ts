/**
 * What nodes tell of themselves: that they are there (the broker tells when they are gone, by the
 * last will) and what troubles them (D3.3 FR_BALLN_AD_1..2). Only changes enter the log, and so many of one
 * node a minute (`createReportBudget`).
 */
import { DomainError, type NodeCommand, nodeStream } from '@flexledger/domain';
import { recurringContextOf } from '@flexledger/event-store';
import { type VerifyingPool, canonicalJson } from '@flexledger/identity';
import {
  type AnomalyMessage,
  type ReceivedMessage,
  parseDeviceMessage,
} from '@flexledger/messaging';
import { type Clock, inOrder, isoNow } from '@flexledger/runtime';
import type { Enrolment, NodeCommandHandler } from '../enrolment/enrolment';
import { createInbox } from '../inbox';
import { REPORTS_A_MINUTE, createReportBudget } from './report-budget';

export interface NodeReportsOptions {
  readonly nodes: NodeCommandHandler;
  readonly clock: Clock;
  readonly enrolment: Pick<Enrolment, 'readOn' | 'keyOf'>;
  readonly signatures: Pick<VerifyingPool, 'isBy'>;
  /** Takes an anomaly that is not its node's own word, to be kept as rejected. */
  readonly keepRejected: (message: ReceivedMessage) => void;
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

type Connection = 'reportConnected' | 'reportDisconnected';

interface Report {
  readonly message: ReceivedMessage;
  readonly told: Connection | AnomalyMessage;
}

/** Reports that wait; a fleet that comes back at once is well below. */
const INBOX_CAPACITY = 100_000;

export function createNodeReports(options: NodeReportsOptions): NodeReports {
  const { nodes, clock, enrolment, signatures, keepRejected, onProblem } = options;
  const inbox = createInbox<Report>(INBOX_CAPACITY);
  const budget = createReportBudget<Report>(clock);
  /** What the log did not take: it comes before what came later. */
  let again: Report[] = [];

  /**
   * What a report asks for; nothing where it is refused. Asked when all that was enrolled before it came is
   * known.
   */
  async function commandOf({ message, told }: Report): Promise<NodeCommand | undefined> {
    const { podId, kind } = message;
    const enrolledKey = enrolment.keyOf(podId);
    if (typeof told === 'string') {
      if (enrolledKey !== undefined) return { kind: told, podId };
      // The last will of a node that was revoked and cut off: no news, and no fault.
      if (told === 'reportConnected') {
        onProblem(`A ${kind} came from ${podId}, which is not enrolled`);
      }
      return undefined;
    }
    const { content, signature, publicKey } = told;
    const isOwn =
      content.podId === podId &&
      publicKey === enrolledKey &&
      (await signatures.isBy(publicKey, canonicalJson(content), signature));
    if (isOwn) return { kind: 'reportAnomaly', podId, statement: told };
    keepRejected(message);
    return undefined;
  }

  /** Puts back what the log did not take, and what the same nodes said after it: so their order stays. */
  function putBack(reports: readonly Report[], failed: ReadonlyMap<string, unknown>): void {
    const isLeft = ({ message }: Report): boolean => failed.has(message.podId);
    const left = reports.filter(isLeft);
    again = left.slice(-INBOX_CAPACITY);
    for (const [podId, reason] of failed) {
      onProblem(`A report of node ${podId} was not recorded: ${String(reason)}; it is tried again`);
    }
  }

  const inTurn = inOrder();
  const flush = () =>
    inTurn(async () => {
      // Before anything is taken out: it waits on while the log cannot be read.
      await enrolment.readOn();
      const arrived = [...again, ...budget.due(), ...inbox.takeAll()].sort((one, other) =>
        compare(one.message.podId, other.message.podId),
      );
      again = [];
      const at = isoNow(clock);
      const failed = new Map<string, unknown>();
      let recorded = 0;
      try {
        const commands = await Promise.all(arrived.map(commandOf));
        const asked = commands.filter((command) => command !== undefined);
        const results = await nodes.handleInOrder(
          asked.map((command, index) => {
            const { podId } = command;
            const name = `node-report/${podId}/${command.kind}/${at}/${index}`;
            const context = recurringContextOf(name, name, `node:${podId}`);
            return { streamId: nodeStream(podId), command, context };
          }),
        );
        results.forEach((result, index) => {
          const { podId } = asked[index]!;
          if (result.status === 'fulfilled') recorded += result.value.events.length;
          else if (result.reason instanceof DomainError) {
            onProblem(`A report of node ${podId}: ${String(result.reason)}`);
          } else failed.set(podId, result.reason);
        });
      } catch (error) {
        for (const { message } of arrived) failed.set(message.podId, error);
      }
      putBack(arrived, failed);
      return recorded;
    });

  return {
    receive(message) {
      const { podId, kind } = message;
      const read = readingOf(message);
      const report = 'told' in read ? { message, told: read.told } : undefined;
      const taken = budget.take(podId, report && topicOf(report.told), report);
      if (taken === 'first') {
        onProblem(
          `${podId} sends more than ${REPORTS_A_MINUTE} reports a minute: of further ones the last of ` +
            'each kind counts, when the minute is over',
        );
      }
      if (taken !== 'now') return;
      if ('fault' in read) {
        // What nobody can read is evidence as well, where it should have been signed.
        if (kind === 'anomaly') keepRejected(message);
        else onProblem(`The ${kind} of ${podId}: ${read.fault}`);
      } else if (report && !inbox.put(report)) {
        onProblem(`The ${kind} of ${podId} found no room`);
      }
    },
    waiting: () => inbox.size + again.length,
    flush,
    async collect(expected, timeoutMs) {
      await inbox.untilHolds(expected, timeoutMs);
      return flush();
    },
  };
}

/** What a message tells, or why it cannot be read. */
function readingOf({
  kind,
  payload,
}: ReceivedMessage): Pick<Report, 'told'> | { readonly fault: string } {
  if (kind === 'status') {
    const status = parseDeviceMessage(kind, payload);
    if (!status.ok) return { fault: status.reason };
    return { told: status.message.online ? 'reportConnected' : 'reportDisconnected' };
  }
  if (kind !== 'anomaly') return { fault: 'it is no report' };
  const anomaly = parseDeviceMessage(kind, payload);
  return anomaly.ok ? { told: anomaly.message } : { fault: anomaly.reason };
}

/** What a later report replaces: whether the node is there, and each of its anomalies. */
function topicOf(told: Report['told']): string {
  return typeof told === 'string' ? 'connection' : told.content.kind;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
