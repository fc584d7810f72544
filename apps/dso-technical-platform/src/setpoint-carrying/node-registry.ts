/**
 * What the DSO reads itself of Light Nodes: who may sign for a PoD, and whether its node is away. Read
 * anew for each answer, since keys are rotated and nodes come and go by other platforms' doing.
 */
import { LRUCache } from 'lru-cache';
import { nodeDecider, type NodeEvent, nodeStream, type NodeState } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';

export interface KnownNode {
  /** The enrolled key; undefined where no node is enrolled. */
  readonly publicKey: string | undefined;
  /** It said goodbye, or fell silent, and has not come back. */
  readonly isAway: boolean;
}

/** The node of a PoD as the log has it now. */
export type NodeRegistry = (podId: string) => Promise<KnownNode>;

interface Folded {
  readonly state: NodeState;
  readonly isAway: boolean;
  /** Revision to read on from. */
  readonly next: number;
}

/** Nodes whose streams are not read from their beginning again. */
const KEPT = 10_000;
const NEW: Folded = { state: nodeDecider.initialState, isAway: false, next: 0 };

export function createNodeRegistry(log: EventStore): NodeRegistry {
  const known = new LRUCache<string, Folded>({ max: KEPT });
  return async (podId) => {
    let folded = known.get(podId) ?? NEW;
    for await (const recorded of log.readStream(nodeStream(podId), folded.next)) {
      const event = recorded as unknown as NodeEvent;
      folded = {
        state: nodeDecider.evolve(folded.state, event),
        isAway: event.type === 'NodeConnected' ? false : folded.isAway || isGoodbye(event),
        next: recorded.revision + 1,
      };
    }
    known.set(podId, folded);
    const { state, isAway } = folded;
    return { publicKey: state.status === 'enrolled' ? state.publicKey : undefined, isAway };
  };
}

const isGoodbye = ({ type }: NodeEvent): boolean => type === 'NodeDisconnected';
