import type { AgreementTerms } from '../agreement/events';
import { sharePerMille } from '../units/units';
import type { SettlementRow } from './events';

/** Under which terms and to which wallets a PoD's settlement goes. */
export interface PodWallets {
  readonly terms: AgreementTerms;
  readonly customerWallet: string;
}

/**
 * Adds a settlement to the cumulative awards by wallet, micro-euro. Of each PoD's net pay the
 * customer has the agreement's share and bears its share of the penalty; the aggregator has the
 * rest, so the sum of awards is the sum of settlements to the micro-euro.
 *
 * @throws RangeError when a settled PoD has no agreement
 */
export function addAwards(
  cumulative: ReadonlyMap<string, number>,
  rows: readonly SettlementRow[],
  walletsOf: (row: SettlementRow) => PodWallets | undefined,
): Map<string, number> {
  const next = new Map(cumulative);
  const give = (wallet: string, microEur: number): void => {
    if (microEur !== 0) next.set(wallet, (next.get(wallet) ?? 0) + microEur);
  };
  for (const row of rows) {
    const wallets = walletsOf(row);
    if (!wallets) throw new RangeError(`PoD ${row.podId} is settled but has no agreement`);
    const paid = sum(row.paidMicroEur);
    const penalty = sum(row.penaltyMicroEur);
    const { customerSharePerMille, customerPenaltySharePerMille, aggregatorWallet } = wallets.terms;
    const customer = Math.max(
      0,
      sharePerMille(paid, customerSharePerMille) -
        sharePerMille(penalty, customerPenaltySharePerMille),
    );
    const net = paid - penalty;
    const customerNet = Math.min(customer, net);
    give(wallets.customerWallet, customerNet);
    give(aggregatorWallet, net - customerNet);
  }
  return next;
}

/** Pay minus penalty of rows, micro-euro. */
export function netMicroEur(rows: readonly SettlementRow[]): number {
  return rows.reduce((total, row) => total + sum(row.paidMicroEur) - sum(row.penaltyMicroEur), 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
