/**
 * The settlement of one session from what the log holds, pure, because the audit and a replay compute
 * it again (DESIGN 11): its rows, what the other sessions of the delivery day sold for the same MTUs,
 * and what was expected and measured at its PoDs.
 */
import {
  type HistoryDay,
  type MarketSessionState,
  type MeteredProduct,
  type RulePack,
  type ScheduledSession,
  type SessionSales,
  type SettlementRow,
  finalRows,
  settleSession,
} from '@flexledger/domain';
import { documentDigest } from '@flexledger/identity';

/** What a settlement needs besides the session itself. */
export interface SettlementBasis {
  /** All sessions of the delivery day in the order in which they sell, the settled one among them. */
  readonly ofTheDay: readonly MarketSessionState[];
  /** Of the session's PoDs, W by MTU of the delivery day; a PoD without one is missing. */
  readonly baselines: ReadonlyMap<string, readonly number[]>;
  /** Of the session's PoDs, mean W by MTU of the session, null where nothing was measured. */
  readonly measured: ReadonlyMap<string, readonly (number | null)[]>;
  /** The days that `historyDays` names, for packs whose baseline is measured. */
  readonly history?: readonly HistoryDay[];
  /** Where reactive power was sold. */
  readonly reactive?: MeteredProduct;
}

export interface ComputedSettlement {
  readonly rows: SettlementRow[];
  /** SHA-256 of the canonical inputs: result, the baselines that were used, measurements. */
  readonly inputDigest: string;
}

/**
 * Settles a published session.
 *
 * @throws RangeError when a PoD has no baseline
 */
export function computeSettlement(
  session: ScheduledSession,
  { ofTheDay, baselines, measured, history = [], reactive }: SettlementBasis,
  rules: RulePack,
): ComputedSettlement {
  const { sessionId, deliveryDay } = session.schedule;
  const sales = ofTheDay.flatMap((other) => {
    if (other.status === 'unknown') return [];
    if (other.schedule.sessionId === sessionId) return [salesOf(session)];
    return other.status === 'published' ? [salesOf(other)] : [];
  });
  const metering = { baselines, measured, history, ...(reactive ? { reactive } : {}) };
  const settled = settleSession(sessionId, deliveryDay, sales, metering, rules);
  const used = [...settled.baselines].map(([podId, { baselineW }]) => [podId, baselineW] as const);
  return {
    rows: settled.rows,
    inputDigest: documentDigest({
      rows: finalRows(session),
      baselines: Object.fromEntries(used),
      measured: Object.fromEntries(measured),
      ...(reactive ? { reactive: Object.fromEntries(reactive.measured) } : {}),
    }),
  };
}

/** What a session sold, after the DSO's word. */
export function salesOf(session: ScheduledSession): SessionSales {
  const { sessionId, deliveryStart, mtuCount } = session.schedule;
  return { sessionId, startMs: Date.parse(deliveryStart), mtuCount, rows: finalRows(session) };
}
