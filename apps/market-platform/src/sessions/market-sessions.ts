import {
  type CalendarEntry,
  type FlexibilityOffer,
  type FlexibilityRequest,
  type MarketRegister,
  type MarketSessionCommand,
  type MarketSessionEvent,
  type MarketSessionState,
  type RowValidation,
  type ScheduledSession,
  DomainError,
  marketSessionDecider,
  sessionStream,
} from '@flexledger/domain';
import {
  type CommandContext,
  type CommandResult,
  type EventStore,
  createCommandHandler,
} from '@flexledger/event-store';
import type { Clock } from '@flexledger/runtime';

/** Where the market platform learns of PoDs (flow 0b). */
export interface RegisterSource {
  /** The register as far as these PoDs and points of measurement are concerned. */
  lookUp(podIds: readonly string[], poms: readonly string[]): Promise<MarketRegister>;
}

/** The market's commands as its REST interface and its neighbours in the same process give them. */
export type MarketSessions = ReturnType<typeof createMarketSessions>;

export interface MarketSessionsOptions {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly register: RegisterSource;
}

/** Sessions kept folded in memory: those of two delivery days. */
const CACHED_SESSIONS = 16;

/** Opens the command side of the market over a log. */
export function createMarketSessions({ store, clock, register }: MarketSessionsOptions) {
  const handler = createCommandHandler<
    MarketSessionState,
    MarketSessionCommand,
    MarketSessionEvent
  >({ store, clock, decider: marketSessionDecider, cachedStreams: CACHED_SESSIONS });

  type Result = Promise<CommandResult<MarketSessionEvent>>;
  const handle = (
    sessionId: string,
    command: MarketSessionCommand,
    context: CommandContext,
  ): Result => handler.handle(sessionStream(sessionId), command, context);

  return {
    /** The session as its stream tells it; `unknown` when there is none. */
    stateOf: (sessionId: string): Promise<MarketSessionState> =>
      handler.stateOf(sessionStream(sessionId)),

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
      // Not checked yet: the decider says what of it is malformed.
      const scope = request.scope as { podIds?: unknown; pom?: unknown } | null;
      const podIds = Array.isArray(scope?.podIds) ? scope.podIds : [];
      const poms = typeof scope?.pom === 'string' ? [scope.pom] : [];
      const known = await register.lookUp(podIds, poms);
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
      const known = await register.lookUp(podIdsOf(bid.offers), []);
      const nowMs = clock.nowMs();
      return handle(
        sessionId,
        { kind: 'offerFlexibility', nowMs, ...bid, register: known },
        context,
      );
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
