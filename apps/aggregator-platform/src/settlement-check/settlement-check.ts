/**
 * The aggregator's double-check of every settlement (FR_AP_SR_2): computed again from what it was told
 * it sold and from the measurements it received, compared with what the market published. A
 * disagreement is recorded in the settlement's own stream, for everybody to see.
 */
import {
  type MeteringSource,
  type RulePack,
  type SettlementEvent,
  type SettlementRow,
  DISPUTED_ROWS_SHOWN,
  gatherMetering,
  podsSold,
  sessionsDelivering,
  settleSession,
} from '@flexledger/domain';
import { type CommandContext, type Processor, contextFrom } from '@flexledger/event-store';
import type { SoldResults } from '../dispatch/dispatch-process';
import { compareSettlement } from './compare-settlement';

/** The market's settlements, as an aggregator reaches them. */
export interface PublishedSettlements {
  /** The aggregator's rows of a settlement; undefined once a later correction has replaced it. */
  rowsOf(
    aggregatorId: string,
    sessionId: string,
    correction: number,
  ): Promise<{ readonly deliveryDay: string; readonly rows: readonly SettlementRow[] } | undefined>;
  dispute(
    dispute: Extract<SettlementEvent, { type: 'SettlementDisputed' }>['data'],
    context: CommandContext,
  ): Promise<void>;
}

export interface SettlementCheckOptions {
  readonly aggregatorId: string;
  readonly settlements: PublishedSettlements;
  /** What the aggregator was told it sold (flow 5). */
  readonly results: SoldResults;
  /** Baselines and measurements by its own records (flow 1). */
  readonly metering: MeteringSource;
  readonly rules: RulePack;
}

type Published = Extract<SettlementEvent, { type: 'SettlementPublished' }>['data'];

/** The processor that checks each settlement once it is published. */
export function createSettlementCheck(options: SettlementCheckOptions): Processor {
  const { aggregatorId, settlements } = options;
  return {
    name: `${aggregatorId}/settlement-check`,
    types: ['SettlementPublished'],
    handle: async (event) => {
      const { sessionId, correction } = event.data as Published;
      const published = await settlements.rowsOf(aggregatorId, sessionId, correction);
      if (!published) return;
      const expected = await ownSettlement(options, sessionId, published.deliveryDay);
      const { disputed, ...money } = compareSettlement(published.rows, expected);
      if (disputed.length === 0) return;
      const rows = disputed.slice(0, DISPUTED_ROWS_SHOWN);
      const of = { sessionId, correction, aggregatorId, disputedRows: disputed.length };
      const context = contextFrom(event, `dispute/${aggregatorId}`, `aggregator:${aggregatorId}`);
      await settlements.dispute({ ...of, ...money, rows }, context);
    },
  };
}

/** The rows of a session as the aggregator settles them; none when it was told of no sale. */
export async function ownSettlement(
  {
    aggregatorId,
    results,
    metering,
    rules,
  }: Pick<SettlementCheckOptions, 'aggregatorId' | 'results' | 'metering' | 'rules'>,
  sessionId: string,
  deliveryDay: string,
): Promise<readonly SettlementRow[]> {
  const sales = await results.resultsOf(aggregatorId, deliveryDay);
  const session = sales.find((sold) => sold.sessionId === sessionId);
  if (!session) return [];
  const { podIds, reactivePodIds } = podsSold(session.rows);
  const entry = sessionsDelivering(deliveryDay, rules).find((one) => one.sessionId === sessionId);
  // A session that an earlier pack's calendar had sold at the latest when its delivery began.
  const gateClosesMs = entry?.gateClosesMs ?? session.startMs;
  const period = { deliveryDay, ...session, gateClosesMs, reactivePodIds };
  const metered = await gatherMetering(metering, podIds, period, rules);
  return settleSession(sessionId, deliveryDay, sales, metered, rules).rows;
}
