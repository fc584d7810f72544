/**
 * The settlement of one session from what the log holds (DESIGN 11): its rows, what the other sessions
 * of the delivery day sold for the same MTUs, and what was expected and measured at its PoDs. The
 * market, the audit and a replay settle by it, each from its own source.
 */
import { documentDigest } from '../log/event-hash';
import type { Sha256 } from '../log/sha256';
import { finalRows } from '../market-session/outcome';
import type { MarketSessionState, ScheduledSession } from '../market-session/state';
import type { RulePack } from '../rule-pack/rule-pack';
import type { SettlementRow } from './events';
import { type MeteringSource, type SettlementMetering, gatherMetering, podsSold } from './metering';
import { type SessionSales, settleSession } from './settle-session';

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
  sha256: Sha256,
): Promise<ComputedSettlement> {
  const { deliveryDay, deliveryStart, gateClosesAt, mtuCount } = session.schedule;
  const { podIds, reactivePodIds } = podsSold(finalRows(session));
  const startMs = Date.parse(deliveryStart);
  const gateClosesMs = Date.parse(gateClosesAt);
  const metered = { deliveryDay, startMs, mtuCount, gateClosesMs, reactivePodIds };
  const metering = await gatherMetering(source, podIds, metered, rules);
  return computeSettlement(session, ofTheDay, metering, rules, sha256);
}

function computeSettlement(
  session: ScheduledSession,
  ofTheDay: readonly MarketSessionState[],
  metering: SettlementMetering,
  rules: RulePack,
  sha256: Sha256,
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
    inputDigest: documentDigest(sha256, {
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
