/**
 * The settlements of each session: the totals as published, the token awards, and who disputes them. A
 * correcting settlement settles the whole session anew; the last complete one counts.
 */
import { type DisputedRow, isLastPart, type SettlementEvent } from '@flexledger/domain';
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
  /** Of any of its settlements, earlier ones included. */
  readonly disputes: readonly Dispute[];
}

export interface PublishedSettlement {
  readonly correction: number;
  readonly rows: number;
  readonly unmeasuredMtus: number;
  readonly acceptedWMtu: number;
  readonly deliveredWMtu: number;
  /** Of reactive power. */
  readonly acceptedVarMtu: number;
  readonly deliveredVarMtu: number;
  readonly netMicroEur: number;
  readonly publishedAt: string;
}

export interface TokenAward {
  readonly correction: number;
  readonly amountMicroEur: number;
  /** What wallets had been given too much by then and have still to earn. */
  readonly carriedMicroEur: number;
  readonly accounts: number;
  readonly distributionRoot: string;
  readonly txHash: string;
  readonly blockNumber: number;
  readonly awardedAt: string;
}

/** An aggregator that comes to other money. */
export interface Dispute {
  readonly correction: number;
  readonly aggregatorId: string;
  /** Net of the aggregator's rows, as settled and as it computes them. */
  readonly settledMicroEur: number;
  readonly expectedMicroEur: number;
  readonly disputedRows: number;
  /** Those that differ most. */
  readonly rows: readonly DisputedRow[];
  readonly disputedAt: string;
}

export const settlementsView: View<SettlementDocument, Recorded<SettlementEvent>> = {
  name: 'settlements',
  version: 3,
  types: ['SettlementComputed', 'SettlementPublished', 'TokensAwarded', 'SettlementDisputed'],
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
        const { acceptedVarMtu = 0, deliveredVarMtu = 0 } = event.data;
        const totals = { rows, unmeasuredMtus, acceptedWMtu, deliveredWMtu, netMicroEur };
        const published = {
          correction,
          ...totals,
          acceptedVarMtu,
          deliveredVarMtu,
          publishedAt: event.occurredAt,
        };
        return { ...settlement, published };
      }
      case 'TokensAwarded': {
        const { correction, amountMicroEur, carriedMicroEur = 0 } = event.data;
        const { accounts, distributionRoot, txHash, blockNumber } = event.data;
        const sums = { correction, amountMicroEur, carriedMicroEur, accounts };
        const proof = { distributionRoot, txHash, blockNumber };
        const award = { ...sums, ...proof, awardedAt: event.occurredAt };
        return { ...settlement, awards: [...settlement.awards, award] };
      }
      case 'SettlementDisputed': {
        const { correction, aggregatorId, settledMicroEur, expectedMicroEur } = event.data;
        const { disputedRows, rows } = event.data;
        const money = { settledMicroEur, expectedMicroEur, disputedRows, rows };
        const dispute = { correction, aggregatorId, ...money, disputedAt: event.occurredAt };
        return { ...settlement, disputes: [...settlement.disputes, dispute] };
      }
    }
  },
};

function unsettled(sessionId: string): SettlementDocument {
  const nothing = { correction: null, inputDigest: null, computedAt: null, published: null };
  return { sessionId, ...nothing, awards: [], disputes: [] };
}
