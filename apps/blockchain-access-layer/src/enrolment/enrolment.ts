/**
 * Which key speaks for which PoD. The log is the register; what is kept in memory here follows it, for
 * another instance may have enrolled a node or changed its key.
 */
import {
  DomainError,
  type NodeCommand,
  type NodeEvent,
  type NodeState,
  nodeStream,
} from '@flexledger/domain';
import {
  BEFORE_FIRST,
  type CommandHandler,
  contextOf,
  type EventStore,
} from '@flexledger/event-store';
import { inOrder } from '@flexledger/runtime';

export interface NodeToEnrol {
  readonly podId: string;
  /** ECDSA P-256, SEC 1 uncompressed point, hex; the private half never leaves the node. */
  readonly publicKey: string;
  /** How the node reads its meter: `modbusTcp`, `chain2`, `simulated`. */
  readonly meterDriver: string;
}

/** What became of one enrolment. */
export type EnrolmentAnswer =
  | { readonly podId: string; readonly accepted: true }
  | { readonly podId: string; readonly accepted: false; readonly error: DomainError };

export interface Enrolment {
  /**
   * Enrols nodes in the order given, each by itself; a node enrolled already is left as it is.
   *
   * @param actor who enrols: `aggregator:AGG1`, `dso`
   * @throws what the log throws when it cannot be written; enrolling again is then safe
   */
  enrol(nodes: readonly NodeToEnrol[], actor: string): Promise<readonly EnrolmentAnswer[]>;
  /**
   * From now on the node signs with another key. Packets still signed with the old one are refused:
   * a key is changed because it may be stolen.
   *
   * @throws DomainError when the node is unknown or the key malformed or given up before
   */
  rotateKey(podId: string, publicKey: string, actor: string): Promise<void>;
  /** Takes in what the log has gained, by whomever; costs next to nothing when that is nothing. */
  readOn(): Promise<void>;
  /** The key enrolled for a PoD as far as the log was read, undefined without a node. */
  keyOf(podId: string): string | undefined;
}

export type NodeCommandHandler = CommandHandler<NodeCommand, NodeState, NodeEvent>;

/** Reads who is enrolled from the log. */
export async function createEnrolment(options: {
  readonly store: EventStore;
  readonly nodes: NodeCommandHandler;
}): Promise<Enrolment> {
  const { store, nodes } = options;
  const keys = new Map<string, string>();
  const learn = (event: NodeEvent): void => {
    if (event.type === 'NodeEnrolled' || event.type === 'KeyRotated') {
      keys.set(event.data.podId, event.data.publicKey);
    }
  };
  const filter = { types: ['NodeEnrolled', 'KeyRotated'], streamPrefixes: [nodeStream('')] };
  /** Position up to which the log was read. */
  let read = BEFORE_FIRST;
  const inTurn = inOrder();
  const readOn = (): Promise<void> =>
    inTurn(async () => {
      const head = await store.head();
      if (head <= read) return;
      let last = head;
      for await (const event of store.readAll({ after: read, filter })) {
        learn(event as unknown as NodeEvent);
        last = Math.max(last, event.position);
      }
      read = last;
    });
  await readOn();

  return {
    readOn,
    async enrol(list, actor) {
      const results = await nodes.handleInOrder(
        list.map((node) => {
          const { podId, publicKey } = node;
          const name = `enrolment/${podId}/${publicKey}`;
          const command: NodeCommand = { kind: 'enrolNode', ...node };
          return { streamId: nodeStream(podId), command, context: contextOf(name, name, actor) };
        }),
      );
      return results.map((result, index) => {
        const { podId } = list[index]!;
        if (result.status === 'fulfilled') {
          result.value.events.forEach(learn);
          return { podId, accepted: true };
        }
        if (result.reason instanceof DomainError) {
          return { podId, accepted: false, error: result.reason };
        }
        throw result.reason;
      });
    },
    async rotateKey(podId, publicKey, actor) {
      const name = `key-rotation/${podId}/${publicKey}`;
      const { events } = await nodes.handle(
        nodeStream(podId),
        { kind: 'rotateKey', podId, publicKey },
        contextOf(name, name, actor),
      );
      events.forEach(learn);
    },
    keyOf: (podId) => keys.get(podId),
  };
}
