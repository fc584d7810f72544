/**
 * Settlement of a session once its delivery is over and the measurements are in: what was delivered
 * against the baseline, what is paid, and the awards in tokens, one transaction a session. Every
 * step follows from the log, so a restart goes on where the settlement's stream ends.
 */
import {
  type PodWallets,
  type RulePack,
  type ScheduledSession,
  type SettlementCommand,
  type SettlementEvent,
  type SettlementRow,
  type SettlementState,
  MTU_MINUTES,
  addAwards,
  finalRows,
  isLastPart,
  netMicroEur,
  sessionsDelivering,
  settlementDecider,
  settlementStream,
} from '@flexledger/domain';
import {
  type CommandContext,
  type EventStore,
  type Reactor,
  contextOf,
  createCommandHandler,
} from '@flexledger/event-store';
import type { Clock, Timers } from '@flexledger/runtime';
import type { MarketSessions } from '../sessions/market-sessions';
import { type ComputedSettlement, computeSettlement } from './compute-settlement';

/** What the shared customer database knows (flow 8). */
export interface MeteringSource {
  /** Baselines of a delivery day by PoD, W by MTU of the day; a PoD without one is missing. */
  baselinesOf(
    podIds: readonly string[],
    day: string,
  ): Promise<ReadonlyMap<string, readonly number[]>>;
  /** Mean power by MTU from an instant on, null where nothing was measured. */
  measuredW(
    podIds: readonly string[],
    startMs: number,
    mtuCount: number,
  ): Promise<ReadonlyMap<string, readonly (number | null)[]>>;
}

/** Where the money goes. */
export interface AgreementSource {
  walletsOf(podIds: readonly string[]): Promise<ReadonlyMap<string, PodWallets>>;
}

/** The token contract (libs of the chain), as the market needs it. */
export interface TokenLedger {
  /** Publishes the cumulative distribution and mints what it adds; the same session and correction once. */
  award(award: {
    readonly sessionId: string;
    readonly correction: number;
    readonly amountMicroEur: number;
    /** Cumulative micro-euro by wallet, all sessions so far. */
    readonly cumulative: ReadonlyMap<string, number>;
  }): Promise<{
    readonly distributionRoot: string;
    readonly txHash: string;
    readonly blockNumber: number;
  }>;
}

export interface SettlementProcessOptions {
  readonly store: EventStore;
  readonly sessions: MarketSessions;
  readonly metering: MeteringSource;
  readonly agreements: AgreementSource;
  readonly tokens: TokenLedger;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly rules: RulePack;
  /** Told of a settlement that failed and will be tried again. */
  readonly onError: (sessionId: string, error: unknown) => void;
}

const RETRY_MINUTES = 5;
const MINUTE_MS = 60_000;
const MTU_MS = MTU_MINUTES * MINUTE_MS;

/** The reactor that settles published sessions when their time has come. */
export function createSettlementProcess(options: SettlementProcessOptions) {
  const { store, sessions, metering, agreements, tokens, clock, timers, rules, onError } = options;
  const handler = createCommandHandler<SettlementState, SettlementCommand, SettlementEvent>({
    store,
    clock,
    decider: settlementDecider,
    cachedStreams: 16,
  });
  /** Awards by wallet of each session settled so far, read from the log once. */
  let awards: Promise<Map<string, ReadonlyMap<string, number>>> | undefined;

  async function settleSession(sessionId: string): Promise<void> {
    const session = await sessions.stateOf(sessionId);
    if (session.status !== 'published') return;
    const stream = settlementStream(sessionId);
    const correction = 0;
    const context = (step: string): CommandContext =>
      contextOf(`settlement/${sessionId}/${correction}/${step}`, sessionId, 'platform:market');
    if (!(await handler.stateOf(stream)).settlements[correction]?.complete) {
      const { rows, inputDigest } = await compute(session);
      const facts = { sessionId, correction, inputDigest, rows };
      await handler.handle(stream, { kind: 'recordSettlement', ...facts }, context('compute'));
    }
    const settlement = (await handler.stateOf(stream)).settlements[correction]!;
    if (!settlement.awarded && netMicroEur(settlement.rows) > 0) {
      const award = await awardTokens(sessionId, correction, settlement.rows);
      await handler.handle(stream, { kind: 'recordAward', award }, context('award'));
    }
    await handler.handle(stream, { kind: 'publishSettlement', sessionId }, context('publish'));
  }

  async function compute(session: ScheduledSession): Promise<ComputedSettlement> {
    const { mtuCount, deliveryStart, deliveryDay } = session.schedule;
    const podIds = [...new Set(finalRows(session).map((row) => row.podId))].sort();
    const entries = sessionsDelivering(deliveryDay, rules);
    return computeSettlement(
      session,
      {
        ofTheDay: await Promise.all(entries.map(({ sessionId }) => sessions.stateOf(sessionId))),
        baselines: await metering.baselinesOf(podIds, deliveryDay),
        measured: await metering.measuredW(podIds, Date.parse(deliveryStart), mtuCount),
      },
      rules,
    );
  }

  async function awardTokens(
    sessionId: string,
    correction: number,
    rows: readonly SettlementRow[],
  ) {
    awards ??= readAwards();
    const bySession = await awards;
    bySession.set(sessionId, await awardsOf(rows));
    const cumulative = new Map<string, number>();
    for (const session of bySession.values()) {
      for (const [wallet, microEur] of session) {
        cumulative.set(wallet, (cumulative.get(wallet) ?? 0) + microEur);
      }
    }
    const amountMicroEur = netMicroEur(rows);
    const awarded = await tokens.award({ sessionId, correction, amountMicroEur, cumulative });
    return { sessionId, correction, amountMicroEur, accounts: cumulative.size, ...awarded };
  }

  async function awardsOf(rows: readonly SettlementRow[]): Promise<Map<string, number>> {
    const wallets = await agreements.walletsOf([...new Set(rows.map((row) => row.podId))]);
    return addAwards(new Map(), rows, (podId) => wallets.get(podId));
  }

  async function readAwards(): Promise<Map<string, ReadonlyMap<string, number>>> {
    const rowsOf = new Map<string, SettlementRow[]>();
    const settled = new Set<string>();
    for await (const event of store.readAll({ filter: { types: ['SettlementComputed'] } })) {
      const { sessionId, rows, part } = event.data as Extract<
        SettlementEvent,
        { type: 'SettlementComputed' }
      >['data'];
      rowsOf.set(sessionId, [...(part.index === 0 ? [] : (rowsOf.get(sessionId) ?? [])), ...rows]);
      if (isLastPart(part)) settled.add(sessionId);
    }
    const bySession = new Map<string, ReadonlyMap<string, number>>();
    for (const sessionId of settled)
      bySession.set(sessionId, await awardsOf(rowsOf.get(sessionId)!));
    return bySession;
  }

  /** Settles a session at its time, now if that is past. */
  function arm(session: ScheduledSession): void {
    const { sessionId, deliveryStart, mtuCount } = session.schedule;
    const endMs = Date.parse(deliveryStart) + mtuCount * MTU_MS;
    const atMs = endMs + rules.settlement.afterMinutes * MINUTE_MS;
    timers.at(atMs, `market/settle/${sessionId}`, () => tryToSettle(sessionId));
  }

  /** What cannot be settled now (the chain is silent) is tried again until it can. */
  async function tryToSettle(sessionId: string): Promise<void> {
    try {
      await settleSession(sessionId);
    } catch (error) {
      onError(sessionId, error);
      const againMs = clock.nowMs() + RETRY_MINUTES * MINUTE_MS;
      timers.at(againMs, `market/settle/${sessionId}`, () => tryToSettle(sessionId));
    }
  }

  const reactor: Reactor = {
    name: 'market/settlement',
    types: ['ResultPublished'],
    handle: async (event) => {
      const { sessionId } = event.data as { sessionId: string };
      const session = await sessions.stateOf(sessionId);
      if (session.status === 'published') arm(session);
    },
  };
  return { reactor, arm, settleSession };
}
