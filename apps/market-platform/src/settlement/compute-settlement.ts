/**
 * The settlement of one session from what the log holds (DESIGN 11): its rows, what the other sessions
 * of the delivery day sold for the same MTUs, and what was expected and measured at its PoDs. The
 * market, the audit and a replay settle by it, each from its own source.
 */
import {
  type MarketSessionState,
  type MeteringSource,
  type RulePack,
  type ScheduledSession,
  type SessionSales,
  type SettlementMetering,
  type SettlementRow,
  finalRows,
  gatherMetering,
  podsSold,
  settleSession,
} from '@flexledger/domain';
import { documentDigest } from '@flexledger/identity';

export interface ComputedSettlement {
  readonly rows: SettlementRow[];
  /** SHA-256 of the canonical inputs: result, the baselines that were used, measurements. */
  readonly inputDigest: string;
}

/**
 * Settles a published session.
 *
 * @param ofTheDay all sessions of the delivery day in the order in which they sell, this one among them
 * @param rules the pack that the session was scheduled under, or another to see what it would change
 */
export async function settleFrom(
  source: MeteringSource,
  session: ScheduledSession,
  ofTheDay: readonly MarketSessionState[],
  rules: RulePack,
): Promise<ComputedSettlement> {
  const { deliveryDay, deliveryStart, gateClosesAt, mtuCount } = session.schedule;
  const { podIds, reactivePodIds } = podsSold(finalRows(session));
  const startMs = Date.parse(deliveryStart);
  const gateClosesMs = Date.parse(gateClosesAt);
  const metered = { deliveryDay, startMs, mtuCount, gateClosesMs, reactivePodIds };
  const metering = await gatherMetering(source, podIds, metered, rules);
  return computeSettlement(session, ofTheDay, metering, rules);
}

function computeSettlement(
  session: ScheduledSession,
  ofTheDay: readonly MarketSessionState[],
  metering: SettlementMetering,
  rules: RulePack,
): ComputedSettlement {
  const { sessionId, deliveryDay } = session.schedule;
  const sales = ofTheDay.flatMap((other) => {
    if (other.status === 'unknown') return [];
    if (other.schedule.sessionId === sessionId) return [salesOf(session)];
    return other.status === 'published' ? [salesOf(other)] : [];
  });
  const settled = settleSession(sessionId, deliveryDay, sales, metering, rules);
  const used = [...settled.baselines].map(([podId, { baselineW }]) => [podId, baselineW] as const);
  const { measured, reactive } = metering;
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
