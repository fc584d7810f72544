/** What Light Nodes have found and signed, each from its begin to its end (D3.3 FR_BALLN_AD_1 to 3). */
import type { AnomalyKind, NodeEvent } from '@flexledger/domain';
import { documentKey } from '../document-key';
import type { Recorded, View } from '../view';

export interface AnomalyDocument {
  readonly podId: string;
  /** The node's own name for it. */
  readonly anomalyId: string;
  readonly kind: AnomalyKind;
  /** What caused it, in one word. */
  readonly code: string;
  readonly detail: string;
  /** By the node's clock, ISO 8601 UTC. */
  readonly startedAt: string;
  /** null while it lasts. */
  readonly endedAt: string | null;
}

type Told = Recorded<Extract<NodeEvent, { type: 'AnomalyRaised' | 'AnomalyCleared' }>>;

export const anomaliesView: View<AnomalyDocument, Told> = {
  name: 'anomalies',
  version: 1,
  types: ['AnomalyRaised', 'AnomalyCleared'],
  indexes: ['podId', 'startedAt'],
  // Logs of earlier releases hold some without a statement: they have no name.
  keysOf: ({ data: { podId, statement } }) =>
    statement ? [documentKey(podId, statement.content.anomalyId)] : [],
  evolve(_, { data }) {
    const { endedAt = null, ...told } = data.statement!.content;
    return { ...told, podId: data.podId, endedAt };
  },
};
