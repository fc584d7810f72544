/**
 * The aggregator's double-check of every settlement (FR_AP_SR_2): computed again from what it was told
 * it sold and from the measurements it received, compared with what the market published. A
 * disagreement is recorded in the settlement's own stream, for everybody to see.
 */
import {
  type MeteringSource,
  type RecordedEvent,
  type RulePack,
  type SettlementEvent,
  type SettlementRow,
  DISPUTED_ROWS_SHOWN,
  DomainError,
  gatherMetering,
  podsSold,
  sessionsDelivering,
  settleSession,
} from '@flexledger/domain';
import { type Processor, contextFrom } from '@flexledger/event-store';
import type { ResultsPort, SettlementDispute } from '@flexledger/ports';
import type { Aggregator } from '../aggregator';
import type { Bidders } from '../bidders';
import { compareSettlement } from './compare-settlement';

export interface SettlementCheckOptions {
  /** Each with what it was told it sold and the market's settlements (flow 5), and its own records. */
  readonly bidders: Bidders;
  readonly rules: RulePack;
  /** Told of each dispute that is recorded, and of one that the market refuses. */
  readonly onProblem: (aggregatorId: string, problem: string) => void;
}

/** What an aggregator settles by for itself. */
export interface OwnRecords {
  readonly aggregatorId: string;
  /** What it was told it sold. */
  readonly results: Pick<ResultsPort, 'resultsOf'>;
  /** Baselines and measurements by its own records (flow 1). */
  readonly metering: MeteringSource;
  readonly rules: RulePack;
}

type Published = Extract<SettlementEvent, { type: 'SettlementPublished' }>['data'];

/**
 * Checks each settlement once it is published. A platform that is down rejects the event, so that it is
 * handed on again: the same check then leads to the same command.
 */
export function createSettlementCheck(options: SettlementCheckOptions): Processor {
  const { bidders, rules, onProblem } = options;

  async function check(
    { aggregatorId, metering, ports: { results } }: Aggregator,
    event: RecordedEvent,
  ): Promise<void> {
    const { sessionId, correction } = event.data as Published;
    const published = await results.settledRows(aggregatorId, sessionId, correction);
    if (!published) return;
    const own = { aggregatorId, results, metering, rules };
    const expected = await ownSettlement(own, sessionId, published.deliveryDay);
    const { disputed, ...money } = compareSettlement(published.rows, expected);
    if (disputed.length === 0) return;
    const dispute: SettlementDispute = {
      sessionId,
      correction,
      aggregatorId,
      disputedRows: disputed.length,
      ...money,
      rows: disputed.slice(0, DISPUTED_ROWS_SHOWN),
    };
    const context = contextFrom(event, `dispute/${aggregatorId}`, `aggregator:${aggregatorId}`);
    try {
      await results.dispute(dispute, context);
      onProblem(aggregatorId, inWords(dispute));
    } catch (error) {
      // A refusal would come back each time; what is disputed is told at least.
      if (!(error instanceof DomainError)) throw error;
      const refused = `the market refuses the dispute: ${error.message}`;
      onProblem(aggregatorId, `${inWords(dispute)}; ${refused}`);
    }
  }

  return {
    name: 'aggregators/settlement-check',
    types: ['SettlementPublished'],
    handle: async (event) => {
      const failures: unknown[] = [];
      for (const aggregator of await bidders()) {
        // One whose records cannot be had keeps none of the others from disputing in time.
        await check(aggregator, event).catch((error: unknown) => failures.push(error));
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}

function inWords({
  sessionId,
  correction,
  settledMicroEur,
  expectedMicroEur,
  rows,
}: SettlementDispute): string {
  const of = correction === 0 ? sessionId : `${sessionId}, correction ${correction},`;
  return (
    `the settlement of ${of} pays ${settledMicroEur} micro-euro, own computation ${expectedMicroEur}; ` +
    `PoD ${rows[0]!.podId}, ${rows[0]!.reason}`
  );
}

/** The rows of a session as the aggregator settles them; none when it was told of no sale. */
export async function ownSettlement(
  { aggregatorId, results, metering, rules }: OwnRecords,
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
