/** Settlements in the names and units of the seeds (D2.4, tables 5 to 7). */
import type { SettlementRow } from '@flexledger/domain';
import { type PlatoneSession, euro, kilo, ofProduct, signedKilo } from './platone-units';

/** Table 5: what PoDs delivered of a session's outcome. */
export interface PlatoneSettlement {
  readonly marketOutcomeId: string;
  readonly marketType: 'dayAhead' | 'realTime';
  readonly flexibility: readonly PlatoneSettledPod[];
  readonly startTime: string;
  /** It was published, and so told to whom it concerns. */
  readonly sent: boolean;
}

/** Table 6. */
export interface PlatoneSettledPod {
  readonly pod: string;
  readonly power: readonly PlatoneMeasuredPower[];
}

/** Table 7. P and Q are rows of their own: of the other, every field is null. */
export interface PlatoneMeasuredPower {
  /** Of the quarter-hour within its session; text, as there. */
  readonly index: string;
  /** kW and kvar that were sold, upwards positive. */
  readonly requestedP: number | null;
  /** kW and kvar at the meter, withdrawal positive; null where nothing was measured too. */
  readonly measuredP: number | null;
  /** EUR. */
  readonly paidP: number | null;
  readonly penaltyP: number | null;
  readonly requestedQ: number | null;
  readonly measuredQ: number | null;
  readonly paidQ: number | null;
  readonly penaltyQ: number | null;
  /** DSO or TSO. */
  readonly requestPlayerId: string;
  /** The aggregator. */
  readonly offerPlayerId: string;
}

/**
 * @param rows of the settlement that counts, or some of them; PoDs stand in the order in which they come
 * @param sent true once it is published
 */
export function platoneSettlement(
  session: PlatoneSession,
  rows: readonly SettlementRow[],
  sent: boolean,
): PlatoneSettlement {
  const pods = new Map<string, PlatoneMeasuredPower[]>();
  for (const row of rows) {
    const power = pods.get(row.podId) ?? [];
    power.push(...measuredPower(row));
    pods.set(row.podId, power);
  }
  return {
    marketOutcomeId: session.sessionId,
    marketType: session.kind,
    flexibility: [...pods].map(([pod, power]) => ({ pod, power })),
    startTime: session.deliveryStart,
    sent,
  };
}

/** Quarter-hours of a row in which something was sold. */
export function measuredPower(row: SettlementRow): PlatoneMeasuredPower[] {
  const { product, direction, requester, aggregatorId } = row;
  return row.acceptedW.flatMap((acceptedW, at) => {
    if (acceptedW === 0) return [];
    const measuredW = row.measuredW[at] ?? null;
    const requested = ofProduct(product, signedKilo(acceptedW, direction));
    const measured = ofProduct(product, measuredW === null ? null : kilo(measuredW));
    const paid = ofProduct(product, euro(row.paidMicroEur[at]!));
    const penalty = ofProduct(product, euro(row.penaltyMicroEur[at]!));
    return [
      {
        index: String(row.firstMtu + at),
        requestedP: requested.p,
        measuredP: measured.p,
        paidP: paid.p,
        penaltyP: penalty.p,
        requestedQ: requested.q,
        measuredQ: measured.q,
        paidQ: paid.q,
        penaltyQ: penalty.q,
        requestPlayerId: requester,
        offerPlayerId: aggregatorId,
      },
    ];
  });
}
