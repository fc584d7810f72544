/** What a home gave in a day, and what of the pay is its own. */
import type { Schemas } from '@flexledger/api-client';

type Row = Pick<
  Schemas['SettlementRowDocument'],
  'product' | 'deliveredW' | 'paidMicroEur' | 'penaltyMicroEur'
>;
type Terms = Pick<
  Schemas['AgreementTerms'],
  'customerSharePerMille' | 'customerPenaltySharePerMille'
>;

export interface Earned {
  /** Active energy moved, up or down, Wh. */
  readonly deliveredWh: number;
  /** The customer's share, rounded as a sentence needs it; tokens are exact. */
  readonly earnedMicroEur: number;
}

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);

/** Rows of all sessions of the day; without terms nothing is the customer's. */
export function earnedOf(rows: readonly Row[], terms: Terms | undefined): Earned {
  const active = rows.filter(({ product }) => product === 'P');
  const paid = rows.reduce((total, row) => total + sum(row.paidMicroEur), 0);
  const penalty = rows.reduce((total, row) => total + sum(row.penaltyMicroEur), 0);
  return {
    deliveredWh: active.reduce((total, row) => total + sum(row.deliveredW), 0) / 4,
    earnedMicroEur: shareOf(paid, penalty, terms),
  };
}

/** What of a pay and of the penalties in it is the customer's, micro-EUR; nothing without terms. */
export function shareOf(
  paidMicroEur: number,
  penaltyMicroEur: number,
  terms: Terms | undefined,
): number {
  const { customerSharePerMille = 0, customerPenaltySharePerMille = 0 } = terms ?? {};
  return Math.round(
    (paidMicroEur * customerSharePerMille - penaltyMicroEur * customerPenaltySharePerMille) / 1_000,
  );
}

/** A window in which the home is going to be asked for something. */
export interface Coming {
  readonly key: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly direction: Schemas['Direction'];
  /** Most W asked. */
  readonly mostW: number;
}

/** What was sold of the home and is not over, in the order of time. */
export function comingOf(
  sales: readonly Schemas['SessionSales'][],
  nowMs: number,
): readonly Coming[] {
  return sales
    .flatMap(({ sessionId, startMs, rows }) =>
      rows.map((row, index): Coming => {
        const fromMs = startMs + row.firstMtu * 900_000;
        return {
          key: `${sessionId}/${index}`,
          fromMs,
          untilMs: fromMs + row.acceptedW.length * 900_000,
          direction: row.direction,
          mostW: Math.max(0, ...row.acceptedW),
        };
      }),
    )
    .filter(({ untilMs, mostW }) => untilMs > nowMs && mostW > 0)
    .sort((a, b) => a.fromMs - b.fromMs);
}
