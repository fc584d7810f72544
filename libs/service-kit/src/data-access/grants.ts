/**
 * What owners have granted, as the log says it now: the one place that REST, event streams, webhooks, Kafka
 * and mirrors ask for what a party may read beyond the rights of its role.
 */
import { type DataAccessEvent, type DataSet, type RecordedEvent } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import type { GrantedReads } from '@flexledger/identity';
import { foldOfLog } from '../events/fold-of-log';

/** Grants of a log. */
export interface DataGrants {
  /** Resolves once everything is known that stood in the log when it was called. */
  caughtUp(): Promise<void>;
  /** Resolves once everything up to a position is known. */
  upTo(position: number): Promise<void>;
  /**
   * The position of the grant by which a party reads a data set of a source without a break since then;
   * undefined where none is in force.
   */
  grantedSince(reader: string, dataSet: DataSet, source: string): number | undefined;
  /** What one party was granted. */
  readsOf(reader: string): GrantedReads;
}

const TYPES = [
  'DataAccessGranted',
  'DataAccessRevoked',
] as const satisfies readonly DataAccessEvent['type'][];

/** Reads what it needs of a log when it is first asked, and what came since then each time. */
export function grantsOfLog(store: EventStore): DataGrants {
  /** By reader, source and data set, since which position. */
  const granted = new Map<string, Map<string, Map<DataSet, number>>>();

  function fold({ position, ...event }: RecordedEvent): void {
    const { type, data } = event as unknown as Extract<
      DataAccessEvent,
      { type: (typeof TYPES)[number] }
    >;
    const { reader, source } = data;
    const sources = granted.get(reader) ?? new Map<string, Map<DataSet, number>>();
    granted.set(reader, sources);
    if (type === 'DataAccessRevoked') {
      sources.delete(source);
      return;
    }
    const before = sources.get(source);
    sources.set(
      source,
      new Map(data.dataSets.map((dataSet) => [dataSet, before?.get(dataSet) ?? position])),
    );
  }

  const upTo = foldOfLog(store, TYPES, fold);
  const caughtUp = async (): Promise<void> => upTo(await store.head());
  const grantedSince: DataGrants['grantedSince'] = (reader, dataSet, source) =>
    granted.get(reader)?.get(source)?.get(dataSet);
  return {
    caughtUp,
    upTo,
    grantedSince,
    readsOf: (reader) => ({
      caughtUp,
      has: (dataSet, source) => grantedSince(reader, dataSet, source) !== undefined,
      dataSets: () => [
        ...new Set([...(granted.get(reader)?.values() ?? [])].flatMap((sets) => [...sets.keys()])),
      ],
    }),
  };
}
