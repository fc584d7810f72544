/**
 * The baselines declared for each PoD and delivery day. The last one counts for what comes; what a
 * session was sold by is the one that stood when its gate closed, so the earlier ones are kept.
 */
import type { PodEvent } from '@flexledger/domain';
import { documentKey } from '../document-key';
import type { Recorded, View } from '../view';

export interface BaselineDocument {
  readonly podId: string;
  /** Civil day of delivery, ISO date. */
  readonly deliveryDay: string;
  /** Power in each MTU of the day, withdrawal positive. */
  readonly baselineW: readonly number[];
  /** Reactive power in each MTU, inductive positive; null where none was declared with it. */
  readonly baselineVar: readonly number[] | null;
  readonly origin: 'byHand' | 'imported' | 'forecast';
  readonly declaredAt: string;
  /** Those that it replaced, oldest first. */
  readonly earlier: readonly {
    readonly baselineW: readonly number[];
    readonly baselineVar: readonly number[] | null;
    readonly declaredAt: string;
  }[];
}

type BaselineEvent = Recorded<Extract<PodEvent, { type: 'BaselineDeclared' }>>;

export const baselinesView: View<BaselineDocument, BaselineEvent> = {
  name: 'baselines',
  version: 3,
  types: ['BaselineDeclared'],
  indexes: ['podId', 'deliveryDay'],
  keysOf: ({ data }) => [documentKey(data.podId, data.deliveryDay)],
  evolve(doc, { data, occurredAt }) {
    const { podId, deliveryDay, baselineW, baselineVar = null, origin } = data;
    const earlier = [...(doc?.earlier ?? []), ...(doc ? [replaced(doc)] : [])];
    return { podId, deliveryDay, baselineW, baselineVar, origin, declaredAt: occurredAt, earlier };
  },
};

function replaced({ baselineW, baselineVar, declaredAt }: BaselineDocument) {
  return { baselineW, baselineVar, declaredAt };
}
