import {
  type CalendarEntry,
  type FlexibilityOffer,
  type FlexibilityRequest,
  type MarketRegister,
  type MarketSessionCommand,
  type MarketSessionEvent,
  type MarketSessionState,
  type RowValidation,
  type Schedule,
  type ScheduledSession,
  DomainError,
  GateJustOpened,
  marketSessionDecider,
  quarterHoursOf,
  sessionStream,
} from '@flexledger/domain';
import {
  type CommandContext,
  type CommandResult,
  type EventStore,
  createCommandHandler,
} from '@flexledger/event-store';
import type { RegisterPort } from '@flexledger/ports';
import type { Clock } from '@flexledger/runtime';
import { createReliabilityOfLog } from '../reliability/reliability-of-log';
import type { RulesOfLog } from './rules-of-log';
import { createSessionsOfLog } from './sessions-of-log';

/** The market's commands as its REST interface and its neighbours in the same process give them. */
export type MarketSessions = ReturnType<typeof createMarketSessions>;

export interface MarketSessionsOptions {
  readonly store: EventStore;
  readonly clock: Clock;
  /** Where PoDs and points of measurement are looked up (flow 0b). */
  readonly register: Pick<RegisterPort, 'lookUp'>;
  readonly rulesOf: RulesOfLog;
  /** Sessions kept folded in memory; those of two delivery days where absent. */
  readonly cachedSessions?: number;
}

const TWO_DAYS_SESSIONS = 16;

/** Opens the sessions of a log: what happens to them, and where each stands. */
export function createMarketSessions(options: MarketSessionsOptions) {
  const { store, clock, register, rulesOf, cachedSessions = TWO_DAYS_SESSIONS } = options;
  const ofLog = createSessionsOfLog(store);
  const reliability = createReliabilityOfLog(store, clock);
  const clocks = new Map<string, readonly number[]>();
  const handler = createCommandHandler<
    MarketSessionState,
    MarketSessionCommand,
    MarketSessionEvent
  >({ store, clock, decider: marketSessionDecider, cachedStreams: cachedSessions });

  type Result = Promise<CommandResult<MarketSessionEvent>>;
  const handle = (
    sessionId: string,
    command: MarketSessionCommand,
    context: CommandContext,
  ): Result => handler.handle(sessionStream(sessionId), command, context);

  const stateOf = (sessionId: string): Promise<MarketSessionState> =>
    handler.stateOf(sessionStream(sessionId));

  async function registerFor(
    podIds: readonly string[],
    poms: readonly string[],
  ): Promise<MarketRegister> {
    const known = await register.lookUp(podIds, poms);
    return { pod: (podId) => known.pods.get(podId), hasPom: (pom) => known.poms.has(pom) };
  }

  /** By the clock of the rules that the session was scheduled under; each session worked out once. */
  async function quarterHoursIn(sessionId: string): Promise<readonly number[]> {
    const known = clocks.get(sessionId);
    if (known) return known;
    const { schedule } = await scheduledSession({ stateOf }, sessionId);
    const { timeZone } = await rulesOf(schedule);
    const { deliveryStart, mtuCount } = schedule;
    const period = { startMs: Date.parse(deliveryStart), mtuCount };
    const quarterHours = quarterHoursOf(period, timeZone);
    if (clocks.size === cachedSessions) clocks.delete(clocks.keys().next().value!);
    clocks.set(sessionId, quarterHours);
    return quarterHours;
  }

  /** Of an aggregator's PoDs, as the session goes by since it opened. */
  async function reliabilityIn(
    sessionId: string,
    aggregatorId: string,
  ): Promise<'not-open' | ((podId: string) => number | undefined)> {
    const indices = await reliability.indicesOf(sessionId);
    return indices ? (podId) => indices.indexOf(aggregatorId, podId) : 'not-open';
  }

  return {
    ...ofLog,

    /** The session as its stream tells it; `unknown` when there is none. */
    stateOf,

    /** How reliable providers are for a session whose gate opens now. */
    reliabilityNow: () => reliability.indicesNow(),

    /** The day-ahead session of a session's delivery day, itself if it is one. */
    async dayAheadOf({ deliveryDay }: Pick<Schedule, 'deliveryDay'>): Promise<MarketSessionState> {
      const [first] = await ofLog.deliveringOn(deliveryDay);
      return first?.kind === 'dayAhead' ? stateOf(first.sessionId) : { status: 'unknown' };
    },

    /** Puts a session of the calendar into the log; again changes nothing. */
    schedule: async (
      entry: CalendarEntry,
      rulePackDigest: string,
      context: CommandContext,
    ): Result => {
      const registerPosition = await store.head();
      const command = { kind: 'schedule', entry, rulePackDigest, registerPosition } as const;
      return handle(entry.sessionId, command, context);
    },

    open: (sessionId: string, context: CommandContext): Result =>
      handle(sessionId, { kind: 'open', nowMs: clock.nowMs() }, context),

    close: (sessionId: string, context: CommandContext): Result =>
      handle(sessionId, { kind: 'close', nowMs: clock.nowMs() }, context),

    cancel: (sessionId: string, reason: string, context: CommandContext): Result =>
      handle(sessionId, { kind: 'cancel', reason }, context),

    /** Flows 2b and 2c. @throws DomainError `gate-closed`, `request-malformed`, `session-unknown` */
    requestFlexibility: async (
      sessionId: string,
      request: FlexibilityRequest,
      context: CommandContext,
    ): Result => {
      const known = await registerFor(...named(request.scope));
      const nowMs = clock.nowMs();
      return handle(
        sessionId,
        { kind: 'requestFlexibility', nowMs, request, register: known },
        context,
      );
    },

    withdrawRequest: (sessionId: string, requestId: string, context: CommandContext): Result =>
      handle(sessionId, { kind: 'withdrawRequest', nowMs: clock.nowMs(), requestId }, context),

    /** Flow 2a: an aggregator's bid. Bad rows are refused by name in the event, the others stand. */
    offerFlexibility: async (
      sessionId: string,
      bid: {
        readonly bidId: string;
        readonly aggregatorId: string;
        readonly offers: readonly FlexibilityOffer[];
      },
      context: CommandContext,
    ): Result => {
      const known = await registerFor(podIdsOf(bid.offers), []);
      const quarterHours = await quarterHoursIn(sessionId);
      const give = async (): Result => {
        const reliabilityOf = await reliabilityIn(sessionId, bid.aggregatorId);
        const judgedBy = { register: known, quarterHours, reliabilityOf };
        const nowMs = clock.nowMs();
        return handle(sessionId, { kind: 'offerFlexibility', nowMs, ...bid, ...judgedBy }, context);
      };
      try {
        return await give();
      } catch (error) {
        if (!(error instanceof GateJustOpened)) throw error;
        // The opening stands in the log by now.
        return give();
      }
    },

    withdrawOffers: (
      sessionId: string,
      aggregatorId: string,
      offerIds: readonly string[],
      context: CommandContext,
    ): Result => {
      const nowMs = clock.nowMs();
      return handle(sessionId, { kind: 'withdrawOffers', nowMs, aggregatorId, offerIds }, context);
    },

    /** Flow 4: the DSO's answer to one outcome. */
    recordValidation: (
      sessionId: string,
      answer: {
        readonly outcomeId: string;
        readonly validatedBy: 'DSO' | 'no-answer';
        readonly exceptions: readonly RowValidation[];
      },
      context: CommandContext,
    ): Result => handle(sessionId, { kind: 'recordValidation', ...answer }, context),

    /** Any other command of the session's life, for the clearing process. */
    handle,
  };
}

/** PoDs and points of measurement named in a scope that has not been checked yet. */
function named(scope: unknown): [podIds: string[], poms: string[]] {
  const { podIds, pom } = (scope ?? {}) as { podIds?: unknown; pom?: unknown };
  const isText = (value: unknown): value is string => typeof value === 'string';
  return [Array.isArray(podIds) ? podIds.filter(isText) : [], isText(pom) ? [pom] : []];
}

/** PoDs named in rows that have not been checked yet. */
function podIdsOf(offers: readonly unknown[]): string[] {
  return offers.flatMap((offer) => {
    const podId = (offer as { podId?: unknown } | null)?.podId;
    return typeof podId === 'string' ? [podId] : [];
  });
}

/** The session, or the error that says it does not exist. */
export async function scheduledSession(
  sessions: Pick<MarketSessions, 'stateOf'>,
  sessionId: string,
): Promise<ScheduledSession> {
  const state = await sessions.stateOf(sessionId);
  if (state.status !== 'unknown') return state;
  throw new DomainError(
    'session-unknown',
    `There is no session ${sessionId}; GET /api/v1/sessions lists those of the calendar.`,
  );
}
