/** The Kafka topics of the market: what each holds, who it is for, and who may read it. */
import type { EventType } from '@flexledger/domain';
import { type Principal, partyOf } from '@flexledger/identity';

/** A topic and what is published in it. */
export interface Topic {
  readonly name: string;
  /** The party that it is for: it alone may read the topic, and each event is as this party is shown it. */
  readonly party: string;
  /** Of events; none where it holds something else. */
  readonly types: readonly string[];
}

/** What becomes of a session once the DSO has judged its outcome; the DSO's own judgement too. */
const OUTCOME_TYPES = ['OutcomeValidated', 'ResultPublished'];
const SETTLEMENT_TYPES = ['SettlementComputed', 'TokensAwarded', 'SettlementPublished'];
const MEASUREMENT_TYPES: readonly EventType[] = ['MeasurementRecorded', 'PacketRejected'];
/** With what a quarter-hour's package says is wrong with one's PoDs, so also that nothing came of them. */
const PACKAGE_TYPES: readonly EventType[] = [...MEASUREMENT_TYPES, 'QuarterHourReported'];
/** What nodes say of themselves, and whether they are there. */
const ANOMALY_TYPES: readonly EventType[] = [
  'AnomalyRaised',
  'AnomalyCleared',
  'NodeConnected',
  'NodeDisconnected',
];
/** What a Light Node says of the setpoints that it was sent, and what it signs for them. */
const RECEIPT_TYPES: readonly EventType[] = [
  'SetpointReceived',
  'SetpointApplied',
  'SetpointFailed',
  'SetpointReceiptSigned',
];
/** What an aggregator and a customer agree on, and what of it is certified on the chain. */
const AGREEMENT_TYPES: readonly EventType[] = [
  'AgreementProposed',
  'AgreementAccepted',
  'AgreementRefused',
  'AgreementEnded',
  'AgreementCertified',
  'AgreementEndCertified',
];

/** The market, which measurements are settled by. */
const MARKET = 'platform:market';
/** The shared customer database, which the access layer writes to. */
const CUSTOMERS = 'platform:shared-customer-database';

/** What the TSO observes the grid by, in seconds: rows of now instead of events. */
export const OBSERVABILITY: Topic = { name: 'observability_TSO', party: 'tso', types: [] };

/** Topics of parties that there always are. */
const LASTING: readonly Topic[] = [
  { name: 'validated_outcome_DSO', party: 'dso', types: OUTCOME_TYPES },
  { name: 'validated_outcome_TSO', party: 'tso', types: OUTCOME_TYPES },
  { name: 'measurements_market', party: MARKET, types: MEASUREMENT_TYPES },
  { name: 'setpoint_receipts_DSO', party: 'dso', types: RECEIPT_TYPES },
  { name: 'packets_SCD', party: CUSTOMERS, types: MEASUREMENT_TYPES },
  { name: 'anomalies_SCD', party: CUSTOMERS, types: ANOMALY_TYPES },
  OBSERVABILITY,
];

/** Every type that is published. */
export const PUBLISHED_TYPES = [
  ...OUTCOME_TYPES,
  ...SETTLEMENT_TYPES,
  ...PACKAGE_TYPES,
  ...ANOMALY_TYPES,
  ...RECEIPT_TYPES,
  ...AGREEMENT_TYPES,
];

/** Names that Kafka takes in a topic, but for the dot, which it confuses with the underscore. */
const TOPIC_NAME = /^[A-Za-z0-9_-]{1,200}$/;

/** All topics of a market with these aggregators; one whose id no topic can be named after has none. */
export function topicsOf(aggregatorIds: Iterable<string>): Topic[] {
  const ofAggregators = [...aggregatorIds]
    .filter((aggregatorId) => TOPIC_NAME.test(aggregatorId))
    .flatMap((aggregatorId) => {
      const party = `aggregator:${aggregatorId}`;
      return [
        { name: `validated_outcome_${aggregatorId}`, party, types: OUTCOME_TYPES },
        { name: `settlement_${aggregatorId}`, party, types: SETTLEMENT_TYPES },
        { name: `measurements_${aggregatorId}`, party, types: PACKAGE_TYPES },
        { name: `setpoint_receipts_${aggregatorId}`, party, types: RECEIPT_TYPES },
        { name: `agreements_${aggregatorId}`, party, types: AGREEMENT_TYPES },
      ];
    });
  return [...LASTING, ...ofAggregators];
}

/** Who reads a topic, as the log is shown to it. */
export function readerOf({ name, party }: Topic): Principal {
  return { clientId: `kafka/${name}`, actor: party, scopes: ['events:read'], ...partyOf(party) };
}

/** The common name of a party's certificate, by which Kafka knows it: `aggregator.alfa`. */
export function principalName(party: string): string {
  return party.replace(':', '.');
}

/**
 * The key of an event: its PoD, else its session, so that what is said of one stays in order, whatever the
 * partitions; else its stream.
 */
export function keyOf({
  data,
  streamId,
}: {
  readonly data: object;
  readonly streamId: string;
}): string {
  const { podId, sessionId } = data as { readonly podId?: unknown; readonly sessionId?: unknown };
  if (typeof podId === 'string') return podId;
  return typeof sessionId === 'string' ? sessionId : streamId;
}
