/**
 * What nodes sign beside their measurements (D3.3 table 19): receipts of setpoints, and that a plant begins
 * to follow one. Each is kept with its signature, which anybody can verify; a forged one is kept as rejected.
 */
import {
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
  /** Takes a message of the topics `setpointAck` and `activation`. */
  receive(message: ReceivedMessage): void;
  /** Statements that wait to be recorded. */
  waiting(): number;
  /** Records what has come in, by PoD and content, whatever the order of arrival. Calls MUST NOT overlap. */
  flush(): Promise<void>;
}

interface Arrived {
  readonly podId: string;
  readonly kind: 'receipt' | 'activation';
  readonly payload: Buffer;
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

  async function commandOf({ podId, kind, payload }: Arrived): Promise<NodeStatementCommand> {
    const message = payload.subarray(0, EVIDENCE_BYTES).toString('utf8');
    const enrolledKey = enrolment.keyOf(podId);
    const facts = { topicPodId: podId, enrolledKey, message };
    const isOwn = async ({ content, publicKey, signature }: SignedMessage): Promise<boolean> =>
      publicKey === enrolledKey && signatures.isBy(publicKey, canonicalJson(content), signature);
    if (kind === 'receipt') {
      const parsed = parseDeviceMessage('setpointAck', payload);
      if (!parsed.ok) return { kind: 'unreadable', detail: parsed.reason, ...facts };
      const stated = parsed.message;
      return { kind, stated, ...facts, signatureValid: await isOwn(stated) };
    }
    const parsed = parseDeviceMessage('activation', payload);
    if (!parsed.ok) return { kind: 'unreadable', detail: parsed.reason, ...facts };
    const stated = parsed.message;
    return { kind, stated, ...facts, signatureValid: await isOwn(stated) };
  }

  return {
    receive({ podId, kind, payload }) {
      const waiting = waitingOf.get(podId) ?? 0;
      const arrived = { podId, kind: kind === 'activation' ? kind : 'receipt', payload } as const;
      if (waiting >= WAITING_PER_NODE || !inbox.put(arrived)) {
        return onProblem(`The ${kind} of ${podId} found no room`);
      }
      waitingOf.set(podId, waiting + 1);
    },
    waiting: () => inbox.size,
    async flush() {
      const arrived = inbox.takeAll();
      if (arrived.length === 0) return;
      waitingOf.clear();
      await enrolment.readOn();
      const named = await Promise.all(
        arrived.map(async (each) => ({
          name: `statement/${each.podId}/${sha256Hex(each.payload)}`,
          podId: each.podId,
          command: await commandOf(each),
        })),
      );
      named.sort((one, other) => compare(orderOf(one), orderOf(other)));
      const cameAt = isoNow(clock);
      const results = await handler.handleInOrder(
        named.map(({ name, podId, command }) => {
          const sender = command.enrolledKey === undefined ? UNKNOWN_SENDER : podId;
          const context = recurringContextOf(name, name, `node:${podId}`);
          return { streamId: statementStream(sender, cameAt), command, context };
        }),
      );
      results.forEach((result, index) => {
        if (result.status === 'fulfilled') return;
        onProblem(`A statement of ${named[index]!.podId} was not kept: ${String(result.reason)}`);
      });
    },
  };
}

interface SignedMessage {
  readonly content: object;
  readonly signature: string;
  readonly publicKey: string;
}

/** PoD, receipts before activations, then what is said: not the signature, which may be random. */
function orderOf({ podId, command }: { podId: string; command: NodeStatementCommand }): string {
  if (command.kind === 'unreadable') return `${podId}/x/${command.message}`;
  const kind = command.kind === 'receipt' ? 'a' : 'b';
  return `${podId}/${kind}/${canonicalJson(command.stated.content)}`;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
