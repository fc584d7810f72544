/** Who reads which data by the owner's grant, and who asks for it. One document a source and reader. */
import type { DataAccessEvent, DataSet } from '@flexledger/domain';
import { documentKey } from '../document-key';
import { type DocumentStore, type Page, type PageRequest, type Where } from '../document-store';
import { allOf } from '../each-page';
import type { Recorded, View } from '../view';

export interface DataAccessDocument {
  /** Code of a PoD, or `grid`. */
  readonly source: string;
  /** A party as events name it. */
  readonly reader: string;
  /** `granted` while anything is, else `requested` while something waits; else what was said last. */
  readonly status: 'requested' | 'granted' | 'revoked' | 'refused';
  /** What it reads now. */
  readonly dataSets: readonly DataSet[];
  /** When that was granted, ISO 8601 UTC; null while nothing is. */
  readonly grantedAt: string | null;
  /** What waits for the owner's answer; null where nothing does. */
  readonly request: AccessRequested | null;
  /** Why it was revoked or refused last; null where the owner has granted since. */
  readonly reason: string | null;
}

export interface AccessRequested {
  readonly dataSets: readonly DataSet[];
  readonly purpose: string;
  /** ISO 8601 UTC. */
  readonly requestedAt: string;
}

export const dataAccessView: View<DataAccessDocument, Recorded<DataAccessEvent>> = {
  name: 'data-access',
  version: 1,
  types: ['DataAccessRequested', 'DataAccessGranted', 'DataAccessRevoked', 'DataAccessRefused'],
  indexes: ['source', 'reader', 'status'],
  keysOf: ({ data: { source, reader } }) => [documentKey(source, reader)],
  evolve(doc, event) {
    const { source, reader } = event.data;
    const before: DataAccessDocument = doc ?? {
      source,
      reader,
      status: 'requested',
      dataSets: [],
      grantedAt: null,
      request: null,
      reason: null,
    };
    switch (event.type) {
      case 'DataAccessRequested': {
        const { dataSets, purpose } = event.data;
        const request = { dataSets, purpose, requestedAt: event.occurredAt };
        const status = before.dataSets.length > 0 ? 'granted' : 'requested';
        return { ...before, status, request };
      }
      case 'DataAccessGranted': {
        const { dataSets } = event.data;
        const granted = { status: 'granted', dataSets, grantedAt: event.occurredAt } as const;
        return { ...before, ...granted, request: null, reason: null };
      }
      case 'DataAccessRevoked': {
        const { reason } = event.data;
        const status = before.request ? 'requested' : 'revoked';
        return { ...before, status, dataSets: [], grantedAt: null, reason };
      }
      case 'DataAccessRefused': {
        const status = before.dataSets.length > 0 ? 'granted' : 'refused';
        return { ...before, status, request: null, reason: event.data.reason };
      }
      default:
        return before;
    }
  },
};

/** A page of them, by source and reader. @throws InvalidQuery */
export function findDataAccess(
  documents: DocumentStore,
  where: Where<DataAccessDocument>,
  page: PageRequest = {},
): Promise<Page<DataAccessDocument>> {
  return documents.find(dataAccessView, { where, ...page });
}

/** All readers of a source by the owner's grant, and all who ask. */
export function readersOf(documents: DocumentStore, source: string): Promise<DataAccessDocument[]> {
  return allOf((page) => findDataAccess(documents, { source }, page));
}
