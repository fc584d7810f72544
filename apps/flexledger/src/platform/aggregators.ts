/** The aggregators that bid by themselves in one process: their reactors at the other platforms' ports. */
import {
  type PublishedSettlements,
  createBaselineDesk,
  createDispatchProcess,
  createForecastProcess,
  createOfferProcess,
  createSettlementCheck,
} from '@flexledger/aggregator-platform';
import type { RulePack, SettlementRow } from '@flexledger/domain';
import type { EventStore, Reactor } from '@flexledger/event-store';
import type { MarketSessions, SettlementDispute } from '@flexledger/market-platform';
import {
  type DocumentStore,
  findSettlementRows,
  getSession,
  getSettlement,
} from '@flexledger/projections';
import { type Clock, type Timers, isoFromMs, msFromIso } from '@flexledger/runtime';
import { type Census, createSetpointDesk } from '@flexledger/shared-customer-database';
import { soldResults } from './market-adapters';
import type { AggregatorKnowledge } from './market-knowledge';
import { meteringSource, portfolioOf } from './register-adapters';

export interface AggregatorParts {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly documents: DocumentStore;
  readonly census: Census;
  readonly sessions: MarketSessions;
  readonly rules: RulePack;
  readonly dispute: PublishedSettlements['dispute'];
  readonly onProblem: (problem: string) => void;
}

/** When aggregators act, in minutes after a gate opens. */
const FORECAST_MINUTES = 1;
const OFFER_MINUTES = 30;
/** Part of the declared flexibility that is offered day-ahead. */
const DAY_AHEAD_SHARE_PER_MILLE = 700;
const PAGE = 1_000;
const MTU_MS = 900_000;

/** The reactors of one aggregator. */
export function aggregatorReactors(parts: AggregatorParts, own: AggregatorKnowledge): Reactor[] {
  const { store, clock, timers, documents, census, sessions, rules, dispute, onProblem } = parts;
  const { timeZone, calendar } = rules;
  const { aggregatorId, marginPerMille } = own;
  const tell = (problem: string): void => onProblem(`${aggregatorId}: ${problem}`);
  const portfolio = portfolioOf(documents, aggregatorId, new Map(Object.entries(own.pods)));
  const results = soldResults(sessions, rules);
  const metering = meteringSource(documents, rules);
  return [
    createForecastProcess({
      ...{ portfolio, metering, timers, rules, delayMinutes: FORECAST_MINUTES },
      desk: createBaselineDesk({ aggregatorId, register: census, timeZone }),
      onMissing: (day, podIds, reason) =>
        tell(`${podIds.length} PoDs without a baseline for ${day} (${podIds[0]} ...): ${reason}`),
    }),
    createOfferProcess({
      ...{ portfolio, market: sessions, timers, timeZone, delayMinutes: OFFER_MINUTES },
      policy: { marginPerMille, dayAheadSharePerMille: DAY_AHEAD_SHARE_PER_MILLE },
    }),
    createDispatchProcess({
      ...{ portfolio, results, timers, timeZone },
      desk: createSetpointDesk({ store, clock }),
      setpointsBeforeMinutes: calendar.setpointsBeforeMinutes,
      onInfeasible: (windowStart, infeasible) => {
        for (const { podId, mtu, soldChangeW, changeW, limit } of infeasible) {
          const at = isoFromMs(msFromIso(windowStart) + mtu * MTU_MS);
          tell(`PoD ${podId} sold ${soldChangeW} W at ${at} and is sent ${changeW} W (${limit})`);
        }
      },
    }),
    createSettlementCheck({
      ...{ aggregatorId, results, metering, rules },
      settlements: publishedSettlements(documents, async (disputed, context) => {
        tell(toldDispute(disputed));
        await dispute(disputed, context);
      }),
    }),
  ];
}

function publishedSettlements(
  documents: DocumentStore,
  dispute: PublishedSettlements['dispute'],
): PublishedSettlements {
  return {
    dispute,
    async rowsOf(aggregatorId, sessionId, correction) {
      const settlement = await getSettlement(documents, sessionId);
      const session = await getSession(documents, sessionId);
      if (settlement?.correction !== correction || !session) return undefined;
      const rows: SettlementRow[] = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page = { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
        const found = await findSettlementRows(documents, { sessionId, aggregatorId }, page);
        rows.push(...found.items);
        cursor = found.next;
      }
      return { deliveryDay: session.deliveryDay, rows };
    },
  };
}

function toldDispute({
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
