/**
 * What the log had said before an event: the states of sessions and settlements, folded by the
 * deciders themselves, and baselines and meters as the market must have known them.
 * Keeps what later checks need and drops order books once a session is over.
 */
import {
  type MarketSessionState,
  type OutcomeRow,
  type RulePack,
  type ScheduledSession,
  type SessionSales,
  type SettlementState,
  MTUS_PER_HOUR,
  MTU_MINUTES,
  finalRows,
  marketSessionDecider,
  sessionsDelivering,
  settlementDecider,
} from '@flexledger/domain';
import { salesOf } from '@flexledger/market-platform';
import type { LoggedEvent, LoggedOf } from './logged-event';
import { createQuarterHourTable } from './quarter-hours';

/** The state of the market before an event. */
export interface Replay {
  session(sessionId: string): MarketSessionState;
  /** @throws Error when the log had no such session */
  scheduled(sessionId: string): ScheduledSession;
  /** Sessions of a delivery day in the order in which they sell. @throws Error as `rulesOf` */
  sessionsOfDay(session: ScheduledSession): MarketSessionState[];
  /** What the sessions of a delivery day sold that had been published. */
  salesOn(day: string, rules: RulePack): SessionSales[];
  /** @throws Error when the pack the session was scheduled under is not in the log */
  rulesOf(session: ScheduledSession): RulePack;
  settlement(sessionId: string): SettlementState;
  /** Baselines of a delivery day, W by MTU; a PoD without one is missing. */
  baselinesOf(podIds: readonly string[], day: string): Map<string, readonly number[]>;
  /** Mean power by MTU from an instant on, null where nothing was recorded. */
  measuredW(
    podIds: readonly string[],
    startMs: number,
    mtuCount: number,
  ): Map<string, (number | null)[]>;
  /** Folds one event. */
  take(event: LoggedEvent): void;
}

const MTU_MS = MTU_MINUTES * 60_000;

/** A market before its first event. */
export function createReplay(): Replay {
  const market = createMarketReplay();
  const metering = createMeteringReplay();
  return {
    ...market,
    ...metering,
    take(event) {
      market.take(event);
      metering.take(event);
    },
  };
}

/** PoDs of the rows that a session sold. */
export function podsOf(rows: readonly OutcomeRow[]): string[] {
  return [...new Set(rows.map((row) => row.podId))].sort();
}

function createMarketReplay() {
  const rulePacks = new Map<string, RulePack>();
  const sessions = new Map<string, MarketSessionState>();
  const settlements = new Map<string, SettlementState>();
  const session = (sessionId: string): MarketSessionState =>
    sessions.get(sessionId) ?? marketSessionDecider.initialState;
  const settlement = (sessionId: string): SettlementState =>
    settlements.get(sessionId) ?? settlementDecider.initialState;
  const rulesOf = ({ schedule }: ScheduledSession): RulePack => {
    const rules = rulePacks.get(schedule.rulePackDigest);
    if (rules) return rules;
    throw new Error(`rule pack ${schedule.rulePackDigest} is not in the log before it`);
  };
  return {
    session,
    settlement,
    rulesOf,
    scheduled(sessionId: string): ScheduledSession {
      const state = session(sessionId);
      if (state.status !== 'unknown') return state;
      throw new Error(`session ${sessionId} is not scheduled in the log before it`);
    },
    sessionsOfDay(of: ScheduledSession): MarketSessionState[] {
      const entries = sessionsDelivering(of.schedule.deliveryDay, rulesOf(of));
      return entries.map(({ sessionId }) => session(sessionId));
    },
    salesOn(day: string, rules: RulePack): SessionSales[] {
      return sessionsDelivering(day, rules).flatMap(({ sessionId }) => {
        const state = session(sessionId);
        return state.status === 'published' ? [salesOf(state)] : [];
      });
    },
    take(event: LoggedEvent): void {
      switch (event.type) {
        case 'RulePackAdopted':
          rulePacks.set(event.data.digest, event.data.rulePack);
          return;
        case 'SettlementComputed':
        case 'TokensAwarded':
        case 'SettlementPublished':
        case 'SettlementDisputed': {
          const { sessionId } = event.data;
          settlements.set(sessionId, settlementDecider.evolve(settlement(sessionId), event));
          return;
        }
        default:
          if (event.streamId.startsWith('session-')) {
            const { sessionId } = (event as LoggedOf<'SessionOpened'>).data;
            const known = event as LoggedOf<'SessionOpened'>;
            sessions.set(
              sessionId,
              withoutSpent(marketSessionDecider.evolve(session(sessionId), known)),
            );
          }
      }
    },
  };
}

/** Orders are not needed once a session is over. */
function withoutSpent(state: MarketSessionState): MarketSessionState {
  const isOver = state.status === 'published' || state.status === 'cancelled';
  return isOver ? { ...state, bids: [], requests: [] } : state;
}

function createMeteringReplay() {
  const baselines = new Map<string, readonly number[]>();
  const meanW = createQuarterHourTable();
  const keyOf = (podId: string, day: string): string => `${podId}/${day}`;
  return {
    baselinesOf(podIds: readonly string[], day: string): Map<string, readonly number[]> {
      const known = new Map<string, readonly number[]>();
      for (const podId of podIds) {
        const baselineW = baselines.get(keyOf(podId, day));
        if (baselineW) known.set(podId, baselineW);
      }
      return known;
    },
    measuredW(podIds: readonly string[], startMs: number, mtuCount: number) {
      const atMtu = (podId: string, mtu: number): number | null =>
        meanW.at(podId, startMs + mtu * MTU_MS) ?? null;
      return new Map(
        podIds.map((podId) => [
          podId,
          Array.from({ length: mtuCount }, (_, mtu) => atMtu(podId, mtu)),
        ]),
      );
    },
    take(event: LoggedEvent): void {
      if (event.type === 'BaselineDeclared') {
        const { podId, deliveryDay, baselineW } = event.data;
        baselines.set(keyOf(podId, deliveryDay), baselineW);
      } else if (event.type === 'MeasurementRecorded') {
        const { podId, inputData } = event.data;
        const energyWh = inputData.withdrawnWh - inputData.injectedWh;
        meanW.set(podId, Date.parse(inputData.mtuStart), energyWh * MTUS_PER_HOUR);
      }
    },
  };
}

/** Rows a published session sold; none before. */
export function publishedRows(state: MarketSessionState): OutcomeRow[] {
  return state.status === 'published' ? finalRows(state) : [];
}
