/** The baseline declared for each PoD and delivery day; the last one declared counts. */
import type { PodEvent } from '@flexledger/domain';
import { documentKey } from '../document-key';
import type { Recorded, View } from '../view';

export interface BaselineDocument {
  readonly podId: string;
  /** Civil day of delivery, ISO date. */
  readonly deliveryDay: string;
  /** Power in each MTU of the day, withdrawal positive. */
  readonly baselineW: readonly number[];
  readonly origin: 'byHand' | 'imported' | 'forecast';
  readonly declaredAt: string;
}

type BaselineEvent = Recorded<Extract<PodEvent, { type: 'BaselineDeclared' }>>;

export const baselinesView: View<BaselineDocument, BaselineEvent> = {
  name: 'baselines',
  version: 1,
  types: ['BaselineDeclared'],
  indexes: ['podId', 'deliveryDay'],
  keysOf: ({ data }) => [documentKey(data.podId, data.deliveryDay)],
  evolve(_doc, { data, occurredAt }) {
    const { podId, deliveryDay, baselineW, origin } = data;
    return { podId, deliveryDay, baselineW, origin, declaredAt: occurredAt };
  },
};
