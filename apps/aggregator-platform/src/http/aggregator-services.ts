import type { RulePack } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import type { DocumentStore } from '@flexledger/projections';
import type { Clock } from '@flexledger/runtime';
import type { Aggregator } from '../aggregator';
import type { Alarms } from '../alarms/alarms';
import type { Assets } from '../assets/assets';
import type { Dashboards } from '../dashboards/dashboards';
import type { WidgetLinks } from '../embedding/widget-links';

/** What the aggregator platform's HTTP interface stands on. */
export interface AggregatorServices {
  /** Also one of whom nothing is known. */
  aggregatorOf(aggregatorId: string): Aggregator;
  /** The read models, as far as the log had come when the request came in. */
  readonly documents: DocumentStore;
  readonly alarms: Alarms;
  readonly assets: Assets;
  readonly dashboards: Dashboards;
  readonly widgetLinks: WidgetLinks;
  readonly clock: Clock;
  readonly log: Pick<EventStore, 'head'>;
  readonly rules: RulePack;
  /** Origins from which time series may be imported. */
  readonly importFrom: readonly string[];
}

/** Under which Nest finds the `AggregatorServices`. */
export const AGGREGATORS = Symbol('aggregator services');
