/**
 * The settlements of each session: the totals as published, and the token awards. A correcting
 * settlement settles the whole session anew; the last complete one counts.
 */
import { isLastPart, type SettlementEvent } from '@flexledger/domain';
import type { Recorded, View } from '../view';

export interface SettlementDocument {
  readonly sessionId: string;
  /** The last correction whose rows are all there; null until the first is. */
  readonly correction: number | null;
  readonly inputDigest: string | null;
  readonly computedAt: string | null;
  /** Totals of the last settlement published; null before. */
  readonly published: PublishedSettlement | null;
  /** One for each settlement that was awarded. */
  readonly awards: readonly TokenAward[];
}

export interface PublishedSettlement {
  readonly correction: number;
  readonly rows: number;
  readonly unmeasuredMtus: number;
  readonly acceptedWMtu: number;
  readonly deliveredWMtu: number;
  readonly netMicroEur: number;
  readonly publishedAt: string;
}

export interface TokenAward {
  readonly correction: number;
  readonly amountMicroEur: number;
  readonly accounts: number;
  readonly distributionRoot: string;
  readonly txHash: string;
  readonly blockNumber: number;
  readonly awardedAt: string;
}

export const settlementsView: View<SettlementDocument, Recorded<SettlementEvent>> = {
  name: 'settlements',
  version: 1,
  types: ['SettlementComputed', 'SettlementPublished', 'TokensAwarded'],
  indexes: ['sessionId'],
  keysOf: ({ data }) => [data.sessionId],
  evolve(doc, event) {
    const settlement = doc ?? unsettled(event.data.sessionId);
    switch (event.type) {
      case 'SettlementComputed': {
        const { correction, part, inputDigest } = event.data;
        if (!isLastPart(part)) return settlement;
        return { ...settlement, correction, inputDigest, computedAt: event.occurredAt };
      }
      case 'SettlementPublished': {
        const { correction, rows, unmeasuredMtus, acceptedWMtu, deliveredWMtu, netMicroEur } =
          event.data;
        const totals = { rows, unmeasuredMtus, acceptedWMtu, deliveredWMtu, netMicroEur };
        const published = { correction, ...totals, publishedAt: event.occurredAt };
        return { ...settlement, published };
      }
      case 'TokensAwarded': {
        const { correction, amountMicroEur, accounts, distributionRoot, txHash, blockNumber } =
          event.data;
        const proof = { accounts, distributionRoot, txHash, blockNumber };
        const award = { correction, amountMicroEur, ...proof, awardedAt: event.occurredAt };
        return { ...settlement, awards: [...settlement.awards, award] };
      }
    }
  },
};

function unsettled(sessionId: string): SettlementDocument {
  const nothing = { correction: null, inputDigest: null, computedAt: null, published: null };
  return { sessionId, ...nothing, awards: [] };
}
