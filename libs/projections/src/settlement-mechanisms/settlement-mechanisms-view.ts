/** Settlement mechanisms by their id, also those that are withdrawn. */
import type { SettlementMechanism, SettlementMechanismEvent } from '@flexledger/domain';
import {
  type DocumentStore,
  type Page,
  type PageRequest,
  type Where,
  getOne,
} from '../document-store';
import type { Recorded, View } from '../view';

export interface SettlementMechanismDocument extends SettlementMechanism {
  readonly status: 'offered' | 'withdrawn';
  /** Since when it is what it is, ISO 8601 UTC. */
  readonly since: string;
}

export const settlementMechanismsView: View<
  SettlementMechanismDocument,
  Recorded<SettlementMechanismEvent>
> = {
  name: 'settlement-mechanisms',
  version: 1,
  types: ['SettlementMechanismOffered', 'SettlementMechanismWithdrawn'],
  indexes: ['aggregatorId', 'status'],
  keysOf: ({ data }) => [data.smartContractId],
  evolve(doc, { type, data, occurredAt: since }) {
    if (type === 'SettlementMechanismOffered') return { ...data, status: 'offered', since };
    return doc && { ...doc, status: 'withdrawn', since };
  },
};

/** Mechanisms in the order of their ids. @throws InvalidQuery */
export function findSettlementMechanisms(
  documents: DocumentStore,
  where: Where<SettlementMechanismDocument>,
  page: PageRequest = {},
): Promise<Page<SettlementMechanismDocument>> {
  return documents.find(settlementMechanismsView, { where, ...page });
}

/** One mechanism. */
export function getSettlementMechanism(
  documents: DocumentStore,
  smartContractId: string,
): Promise<SettlementMechanismDocument | undefined> {
  return getOne(documents, settlementMechanismsView, smartContractId);
}
