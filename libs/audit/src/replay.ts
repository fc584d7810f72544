/**
 * What the log had said before an event: the states of sessions and settlements, folded by the
 * deciders themselves, and baselines and meters as the market must have known them.
 * Keeps what later checks need and drops order books once a session is over.
 */
import {
  type MarketSessionState,
  type MeteringSource,
  type OutcomeRow,
  type RulePack,
  type Schedule,
  type ScheduledSession,
  type SessionSales,
  type SettlementState,
  MTUS_PER_HOUR,
  MTU_MS,
  activatedMtus,
  deliveryDay,
  bySale,
  finalRows,
  marketSessionDecider,
  rowsOfDay,
  salesOf,
  settlementDecider,
} from '@flexledger/domain';
import type { LoggedEvent, LoggedOf } from './logged-event';
import { type QuarterHourTable, createQuarterHourTable } from './quarter-hours';

/** The state of the market before an event. */
export interface Replay {
  session(sessionId: string): MarketSessionState;
  /** @throws Error when the log had no such session */
  scheduled(sessionId: string): ScheduledSession;
  /**
   * The sessions that were scheduled for a session's delivery day, in the order in which they sell: those
   * of the log, whatever a calendar says that came later.
   */
  sessionsOfDay(session: ScheduledSession): MarketSessionState[];
  /** The day-ahead session of a session's delivery day, itself if it is one; `unknown` when there is none. */
  dayAheadOf(session: ScheduledSession): MarketSessionState;
  /** @throws Error when the pack the session was scheduled under is not in the log */
  rulesOf(session: ScheduledSession): RulePack;
  settlement(sessionId: string): SettlementState;
  /** Baselines, meters and sales, for the settlements of a session under `rules`. */
  metering(rules: RulePack): MeteringSource;
  /** Folds one event. */
  take(event: LoggedEvent): void;
  /** Folds what a packet says, as `take` does with its event. */
  measured(podId: string, packet: Measured): void;
}

/** What was metered in a quarter-hour. */
export interface Measured {
  readonly startMs: number;
  /** Withdrawn less fed in. */
  readonly energyWh: number;
  readonly reactiveVarh: number;
}

/** A market before its first event. */
export function createReplay(): Replay {
  const { salesOn, ...market } = createMarketReplay();
  const { take, measured, ...meters } = createMeteringReplay();
  return {
    ...market,
    measured,
    metering: (rules) => ({
      ...meters,
      async activatedOn(podIds, day) {
        const wanted = new Set(podIds);
        const sales = salesOn(day).map((session) => ({
          ...session,
          rows: session.rows.filter(({ podId }) => wanted.has(podId)),
        }));
        const period = deliveryDay(day, rules.timeZone);
        return activatedMtus(rowsOfDay(sales, period), period.mtuCount);
      },
    }),
    take(event) {
      market.take(event);
      take(event);
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
  /** By civil day, in the order of sale. */
  const schedules = new Map<string, readonly Schedule[]>();
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
  const deliveringOn = (day: string): readonly Schedule[] => schedules.get(day) ?? [];
  return {
    session,
    settlement,
    rulesOf,
    scheduled(sessionId: string): ScheduledSession {
      const state = session(sessionId);
      if (state.status !== 'unknown') return state;
      throw new Error(`session ${sessionId} is not scheduled in the log before it`);
    },
    sessionsOfDay({ schedule }: ScheduledSession): MarketSessionState[] {
      return deliveringOn(schedule.deliveryDay).map(({ sessionId }) => session(sessionId));
    },
    dayAheadOf({ schedule }: ScheduledSession): MarketSessionState {
      const [first] = deliveringOn(schedule.deliveryDay);
      return first?.kind === 'dayAhead'
        ? session(first.sessionId)
        : marketSessionDecider.initialState;
    },
    /** What the sessions of a day sold that had been published. */
    salesOn(day: string): SessionSales[] {
      return deliveringOn(day).flatMap(({ sessionId }) => {
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
            if (event.type === 'SessionScheduled') {
              const { deliveryDay: day } = event.data;
              const others = deliveringOn(day).filter((other) => other.sessionId !== sessionId);
              schedules.set(day, [...others, event.data].sort(bySale));
            }
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

interface DeclaredBaseline {
  readonly declaredMs: number;
  readonly baselineW: readonly number[];
  readonly baselineVar: readonly number[] | undefined;
}

function createMeteringReplay() {
  const declared = new Map<string, DeclaredBaseline[]>();
  const meanW = createQuarterHourTable();
  const meanVar = createQuarterHourTable();
  const keyOf = (podId: string, day: string): string => `${podId}/${day}`;
  const powerIn =
    (table: QuarterHourTable): MeteringSource['measuredW'] =>
    async (podIds, startMs, mtuCount) => {
      const starts = Array.from({ length: mtuCount }, (_, mtu) => startMs + mtu * MTU_MS);
      const of = (podId: string): (number | null)[] =>
        starts.map((start) => table.at(podId, start) ?? null);
      return new Map(podIds.map((podId) => [podId, of(podId)]));
    };
  const declaredIn =
    (field: 'baselineW' | 'baselineVar'): MeteringSource['baselinesOf'] =>
    async (podIds, day, untilMs = Infinity) => {
      const known = new Map<string, readonly number[]>();
      for (const podId of podIds) {
        const ofDay = declared.get(keyOf(podId, day)) ?? [];
        const standing = ofDay.findLast(({ declaredMs }) => declaredMs <= untilMs)?.[field];
        if (standing) known.set(podId, standing);
      }
      return known;
    };
  const measured = (podId: string, { startMs, energyWh, reactiveVarh }: Measured): void => {
    meanW.set(podId, startMs, energyWh * MTUS_PER_HOUR);
    meanVar.set(podId, startMs, reactiveVarh * MTUS_PER_HOUR);
  };
  return {
    measured,
    baselinesOf: declaredIn('baselineW'),
    baselinesVarOf: declaredIn('baselineVar'),
    measuredW: powerIn(meanW),
    measuredVar: powerIn(meanVar),
    take(event: LoggedEvent): void {
      if (event.type === 'BaselineDeclared') {
        const { podId, deliveryDay: day, baselineW, baselineVar } = event.data;
        const ofDay = declared.get(keyOf(podId, day)) ?? [];
        declared.set(keyOf(podId, day), ofDay);
        ofDay.push({ declaredMs: Date.parse(event.occurredAt), baselineW, baselineVar });
      } else if (event.type === 'MeasurementRecorded') {
        const { podId, inputData } = event.data;
        const { mtuStart, withdrawnWh, injectedWh, reactiveVarh } = inputData;
        const startMs = Date.parse(mtuStart);
        measured(podId, { startMs, energyWh: withdrawnWh - injectedWh, reactiveVarh });
      }
    },
  };
}

/** Rows a published session sold; none before. */
export function publishedRows(state: MarketSessionState): OutcomeRow[] {
  return state.status === 'published' ? finalRows(state) : [];
}
