/**
 * What nodes sign beside their measurements (D3.3 table 19): receipts of setpoints, and that a plant begins
 * to follow one. Each is kept with its signature, which anybody can verify; a forged one is kept as rejected.
 */
import {
  DomainError,
  type NodeStatementCommand,
  UNKNOWN_SENDER,
  nodeStatementDecider,
  statementStream,
} from '@flexledger/domain';
import { createCommandHandler, type EventStore, recurringContextOf } from '@flexledger/event-store';
import { type VerifyingPool, canonicalJson, sha256Hex } from '@flexledger/identity';
import { type ReceivedMessage, parseDeviceMessage } from '@flexledger/messaging';
import { type Clock, isoNow } from '@flexledger/runtime';
import type { Enrolment } from '../enrolment/enrolment';
import { createInbox } from '../inbox';

export interface NodeStatementsOptions {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly enrolment: Pick<Enrolment, 'readOn' | 'keyOf'>;
  readonly signatures: Pick<VerifyingPool, 'isBy'>;
  /** Nodes in the field, about; the months of so many are kept at hand. */
  readonly expectedNodes: number;
  /** Told of what was not recorded, and why. */
  readonly onProblem: (problem: string) => void;
}

export interface NodeStatements {
  /** Takes a message of the topics `setpointAck` and `activation`, and an `anomaly` that is to be rejected. */
  receive(message: ReceivedMessage): void;
  /** Statements that wait to be recorded. */
  waiting(): number;
  /**
   * Records what has come in, by PoD and content, whatever the order of arrival; what could not be recorded waits on.
   * Calls MUST NOT overlap.
   *
   * @throws what the log throws where it cannot be read
   */
  flush(): Promise<void>;
}

interface Arrived {
  readonly podId: string;
  readonly kind: 'receipt' | 'activation' | 'anomaly';
  readonly payload: Buffer;
}

interface Judged {
  readonly arrived: Arrived;
  readonly command: NodeStatementCommand;
  /** PoD, and what is said: statements are recorded by it. */
  readonly order: string;
}

/** Statements that wait; what a fleet says at once is well below. Of one node, so many at once. */
const INBOX_CAPACITY = 50_000;
const WAITING_PER_NODE = 50;
/** Bytes of evidence read as text; the log keeps fewer characters. */
const EVIDENCE_BYTES = 16 * 1024;

export function createNodeStatements(options: NodeStatementsOptions): NodeStatements {
  const { store, clock, enrolment, signatures, expectedNodes, onProblem } = options;
  const inbox = createInbox<Arrived>(INBOX_CAPACITY);
  const waitingOf = new Map<string, number>();
  const handler = createCommandHandler({
    store,
    clock,
    decider: nodeStatementDecider,
    cachedStreams: expectedNodes,
    rememberedCommands: 0,
  });

  /** Never for what the message holds: rejects only where its signature could not be verified. */
  async function judge(arrived: Arrived): Promise<Judged> {
    const { podId, payload } = arrived;
    const message = payload.subarray(0, EVIDENCE_BYTES).toString('utf8');
    const enrolledKey = enrolment.keyOf(podId);
    const facts = { topicPodId: podId, enrolledKey, message };
    const read = readingOf(arrived);
    if (!read.ok) {
      const command = { kind: 'unreadable', detail: read.reason, ...facts } as const;
      return { arrived, command, order: `${podId}/x/${message}` };
    }
    const { signed, ...said } = read;
    const { publicKey, signature } = said.stated;
    const signatureValid =
      publicKey === enrolledKey && (await signatures.isBy(publicKey, signed, signature));
    // Receipts before activations, then what is said: not the signature, which may be random.
    const order = `${podId}/${said.kind === 'receipt' ? 'a' : 'b'}/${signed}`;
    return { arrived, command: { ...said, ...facts, signatureValid }, order };
  }

  function put(arrived: Arrived): boolean {
    if (!inbox.put(arrived)) return false;
    waitingOf.set(arrived.podId, (waitingOf.get(arrived.podId) ?? 0) + 1);
    return true;
  }

  /** What failed for no fault of its own is tried again with the next flush. */
  function putBack(arrived: Arrived, reason: unknown): void {
    const isRefused = reason instanceof DomainError;
    const fate = isRefused ? '' : put(arrived) ? '; it is tried again' : ' and found no room';
    onProblem(`A statement of ${arrived.podId} was not kept: ${String(reason)}${fate}`);
  }

  async function judgeAll(arrived: readonly Arrived[]): Promise<Judged[]> {
    const results = await Promise.allSettled(arrived.map(judge));
    return results
      .flatMap((result, index) => {
        if (result.status === 'fulfilled') return [result.value];
        putBack(arrived[index]!, result.reason);
        return [];
      })
      .sort((one, other) => compare(one.order, other.order));
  }

  return {
    receive({ podId, kind, payload }) {
      const isOther = kind === 'activation' || kind === 'anomaly';
      const arrived = { podId, kind: isOther ? kind : 'receipt', payload } as const;
      if ((waitingOf.get(podId) ?? 0) >= WAITING_PER_NODE || !put(arrived)) {
        onProblem(`The ${kind} of ${podId} found no room`);
      }
    },
    waiting: () => inbox.size,
    async flush() {
      if (inbox.size === 0) return;
      // Before anything is taken out: it waits on while the log cannot be read.
      await enrolment.readOn();
      const arrived = inbox.takeAll();
      waitingOf.clear();
      const judged = await judgeAll(arrived);
      const cameAt = isoNow(clock);
      const commands = judged.map(({ arrived: { podId, payload }, command }) => {
        const name = `statement/${podId}/${sha256Hex(payload)}`;
        const sender = command.enrolledKey === undefined ? UNKNOWN_SENDER : podId;
        const context = recurringContextOf(name, name, `node:${podId}`);
        return { streamId: statementStream(sender, cameAt), command, context };
      });
      try {
        const results = await handler.handleInOrder(commands);
        results.forEach((result, index) => {
          if (result.status === 'rejected') putBack(judged[index]!.arrived, result.reason);
        });
      } catch (error) {
        for (const { arrived: each } of judged) putBack(each, error);
      }
    },
  };
}

/** What a statement says, and the text that its signature is over; or why it cannot be read. */
function readingOf({ kind, payload }: Arrived) {
  try {
    if (kind === 'receipt') {
      const parsed = parseDeviceMessage('setpointAck', payload);
      if (!parsed.ok) return parsed;
      const stated = parsed.message;
      return { ok: true, kind, stated, signed: canonicalJson(stated.content) } as const;
    }
    if (kind === 'anomaly') {
      const parsed = parseDeviceMessage('anomaly', payload);
      if (!parsed.ok) return parsed;
      const stated = parsed.message;
      return { ok: true, kind, stated, signed: canonicalJson(stated.content) } as const;
    }
    const parsed = parseDeviceMessage('activation', payload);
    if (!parsed.ok) return parsed;
    const stated = parsed.message;
    return { ok: true, kind, stated, signed: canonicalJson(stated.content) } as const;
  } catch (error) {
    return { ok: false, reason: String(error) } as const;
  }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
