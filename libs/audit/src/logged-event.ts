import type {
  AgreementEvent,
  CertificationEvent,
  DataAccessBatchEvent,
  DataAccessEvent,
  DomainEvent,
  GridForecastEvent,
  GridModelPublished,
  MarketSessionEvent,
  MeterEvent,
  MirrorEvent,
  NodeEvent,
  NodeStatementEvent,
  PodEvent,
  RecordedEvent,
  RulePackAdopted,
  SettlementEvent,
  StoredRow,
} from '@flexledger/domain';
import type { Findings } from './report';

/**
 * A recorded event as it reads today (`decodeEvent`), whose data has the shape of its type; that it has
 * is what is being checked.
 */
export type Logged<Event extends DomainEvent<string, object>> = Omit<
  RecordedEvent,
  'type' | 'data'
> &
  Event;

/** Every event the log knows, told apart by `type`. */
export type LoggedEvent = Logged<
  | AgreementEvent
  | CertificationEvent
  | DataAccessBatchEvent
  | DataAccessEvent
  | GridForecastEvent
  | GridModelPublished
  | MarketSessionEvent
  | MeterEvent
  | MirrorEvent
  | NodeEvent
  | NodeStatementEvent
  | PodEvent
  | RulePackAdopted
  | SettlementEvent
>;

/** An event of one type. */
export type LoggedOf<Type extends LoggedEvent['type']> = Extract<LoggedEvent, { type: Type }>;

/**
 * A check that is shown the events of some types, in the order of the log. What it throws counts as
 * a failure of the event it was shown.
 */
export interface EventCheck {
  readonly findings: Findings;
  readonly types: readonly LoggedEvent['type'][];
  /** @param row the same as it is stored, in the version it was written in */
  see(event: LoggedEvent, row: StoredRow): Promise<void> | void;
  /** After the last event. */
  end?(): Promise<void> | void;
  /**
   * In the place of `end`, and before the last event: the log goes on in a way that this release cannot
   * read. What is missing from here on is no fault of the log.
   */
  stop?(): Promise<void> | void;
}
