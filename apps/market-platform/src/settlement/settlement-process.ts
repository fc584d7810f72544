/**
 * Settlement of a session once its delivery is over: what was delivered against the baseline, what is
 * paid, and the awards in tokens, one transaction a settlement. What was not measured in time is
 * settled later by a correcting settlement, once a day while the rule pack's horizon lasts. Every step
 * follows from the log, so a restart goes on where the settlement's stream ends.
 */
import {
  type ComputedSettlement,
  type DueAward,
  type MeteringSource,
  type RecordedEvent,
  type RulePack,
  type Schedule,
  type ScheduledSession,
  type SettlementCommand,
  type SettlementEvent,
  type SettlementRow,
  type SettlementState,
  DomainError,
  fromHex,
  isUnsettled,
  settleFrom,
  settlementDecider,
  settlementStream,
  toHex,
  withoutSalt,
  MTU_MS,
} from '@flexledger/domain';
import {
  type CommandContext,
  type EventStore,
  type Processor,
  contextOf,
  createCommandHandler,
} from '@flexledger/event-store';
import { canonicalJson, sha256 } from '@flexledger/identity';
import { leafHash } from '@flexledger/merkle-log';
import type { SettlementDispute } from '@flexledger/ports';
import { type Clock, type Timers, inOrder, isoFromMs } from '@flexledger/runtime';
import { type MarketSessions, scheduledSession } from '../sessions/market-sessions';
import type { RulesOfLog } from '../sessions/rules-of-log';
import type { AwardsOfLog } from '../wallets/awards-of-log';
import type { TokenLedger } from '../wallets/token-ledger';
import { saltRows } from './salt-rows';
import { computeOnStandingFacts } from './standing-facts';

export interface SettlementProcessOptions {
  readonly store: EventStore;
  readonly sessions: MarketSessions;
  readonly rulesOf: RulesOfLog;
  /** What it answers MUST hold all that the log had when it was asked. */
  readonly metering: MeteringSource;
  readonly tokens: TokenLedger;
  readonly awards: AwardsOfLog;
  /** Secret from which the salts of rows are made, hex; the same as long as the log is the same. */
  readonly saltKey: string;
  readonly clock: Clock;
  readonly timers: Timers;
  /** After which a settlement that failed is tried again; 5 where absent. */
  readonly retryMinutes?: number;
  /** Told of a settlement that failed and will be tried again. */
  readonly onError: (sessionId: string, error: unknown) => void;
}

/** When a session is settled first, and for how many days its settlement may be corrected. */
interface SettlementTimes {
  readonly firstMs: number;
  readonly correctionDays: number;
}

const RETRY_MINUTES = 5;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** The processor that settles published sessions when their time has come, and corrects them. */
export function createSettlementProcess(options: SettlementProcessOptions) {
  const { store, sessions, rulesOf, metering, tokens, awards, saltKey, clock, timers } = options;
  const { onError } = options;
  const { retryMinutes = RETRY_MINUTES } = options;
  const handler = createCommandHandler<SettlementState, SettlementCommand, SettlementEvent>({
    store,
    clock,
    decider: settlementDecider,
    cachedStreams: 16,
  });
  const { book } = awards;
  const armed = new Set<string>();
  /** Settlements are computed and awarded one after another: each award rests on the one before. */
  const inTurn = inOrder();

  /**
   * Settles a session, or corrects its settlement where something it missed is known now; otherwise
   * ends what was begun, or does nothing.
   *
   * @returns whether something is still unsettled
   */
  function settleSession(sessionId: string): Promise<boolean> {
    return inTurn(() => settleInTurn(sessionId));
  }

  async function settleInTurn(sessionId: string): Promise<boolean> {
    const session = await sessions.stateOf(sessionId);
    if (session.status !== 'published') return false;
    const stream = settlementStream(sessionId);
    const { settlements } = await handler.stateOf(stream);
    const last = settlements.at(-1);
    if (!last?.complete || last.rows.some(isUnsettled)) {
      const correction = last?.complete ? last.correction + 1 : (last?.correction ?? 0);
      const computed = await compute(session, await rulesOf(session.schedule));
      if (!last?.complete || !isSame(computed.rows, last.rows.map(withoutSalt))) {
        const { inputDigest } = computed;
        const salted = saltRows(saltKey, { sessionId, correction }, computed.rows);
        const facts = { sessionId, correction, inputDigest, ...salted };
        const context = contextFor(sessionId, correction, 'compute');
        await handler.handle(stream, { kind: 'recordSettlement', ...facts }, context);
      }
    }
    await awardAllDue();
    refuseWithoutAgreement(sessionId, (await book()).waitsFor(sessionId));
    const settled = (await handler.stateOf(stream)).settlements.at(-1)!;
    const context = contextFor(sessionId, settled.correction, 'publish');
    await handler.handle(stream, { kind: 'publishSettlement', sessionId }, context);
    return settled.rows.some(isUnsettled);
  }

  async function compute(session: ScheduledSession, rules: RulePack): Promise<ComputedSettlement> {
    const ofLog = await sessions.deliveringOn(session.schedule.deliveryDay);
    const ofTheDay = await Promise.all(ofLog.map(({ sessionId }) => sessions.stateOf(sessionId)));
    return computeOnStandingFacts(store, () =>
      settleFrom(metering, session, ofTheDay, rules, sha256),
    );
  }

  /** Awards every settlement that has none, in the order in which they were computed. */
  async function awardAllDue(): Promise<void> {
    for (let due = await dueHere(); due; due = await dueHere()) {
      const { carriedMicroEur, ...award } = due;
      const { sessionId, correction, amountMicroEur, cumulative } = award;
      const settlementLeaf = await leafOf(sessionId, correction);
      const proof = await tokens.award({ ...award, settlementLeaf });
      const sums = { amountMicroEur, carriedMicroEur, accounts: cumulative.size };
      const facts = { sessionId, correction, settlementLeaf, ...sums, ...proof };
      const context = contextFor(sessionId, correction, 'award');
      const command = { kind: 'recordAward', award: facts } as const;
      await handler.handle(settlementStream(sessionId), command, context);
    }
  }

  /**
   * The award that is due first. The book's leaves are those of the token contract in force: in the one before, what nobody
   * has claimed there yet would not be under the next root any more.
   *
   * @throws DomainError `another-contract` where the log went on to another contract since this process was started
   */
  async function dueHere(): Promise<DueAward | undefined> {
    const awarded = await book();
    const due = awarded.due();
    const inForce = awarded.tokenContract() ?? tokens.address;
    if (!due || inForce.toLowerCase() === tokens.address.toLowerCase()) return due;
    throw new DomainError(
      'another-contract',
      `The log awards in the token contract ${inForce} since its contracts were changed, and this process has ` +
        `${tokens.address} open; start the platform anew.`,
    );
  }

  /** Leaf in the log's tree of the event with which a settlement is complete, hex. */
  async function leafOf(sessionId: string, correction: number): Promise<string> {
    let last: RecordedEvent | undefined;
    for await (const event of store.readStream(settlementStream(sessionId))) {
      if (event.type !== 'SettlementComputed') continue;
      if ((event.data as { readonly correction: number }).correction === correction) last = event;
    }
    return toHex(leafHash(sha256, fromHex(last!.hash)));
  }

  /** Settles a session at its time, now if that is past; again changes nothing. */
  async function arm(session: ScheduledSession): Promise<void> {
    const { sessionId } = session.schedule;
    if (armed.has(sessionId)) return;
    armed.add(sessionId);
    const { firstMs } = await settlementTimes(session.schedule);
    timers.at(firstMs, timerName(session), () => tryToSettle(session));
  }

  async function settlementTimes(schedule: Schedule): Promise<SettlementTimes> {
    const { settlement } = await rulesOf(schedule);
    const { afterMinutes, correctUntilDays: correctionDays = 0 } = settlement;
    const endMs = Date.parse(schedule.deliveryStart) + schedule.mtuCount * MTU_MS;
    return { firstMs: endMs + afterMinutes * MINUTE_MS, correctionDays };
  }

  /**
   * Settles a session on demand, between the end of its delivery and the end of the pack's horizon.
   *
   * @throws DomainError `settlement-pending` before, `settlement-final` afterwards
   */
  async function settleOnDemand(sessionId: string): Promise<void> {
    const session = await scheduledSession(sessions, sessionId);
    const { schedule, status } = session;
    const { firstMs, correctionDays } = await settlementTimes(schedule);
    const endMs = Date.parse(schedule.deliveryStart) + schedule.mtuCount * MTU_MS;
    const nowMs = clock.nowMs();
    if (status !== 'published' || nowMs < endMs) {
      throw new DomainError(
        'settlement-pending',
        `Session ${sessionId} is ${status} and delivers until ${isoFromMs(endMs)}; ask again then.`,
      );
    }
    if (nowMs > firstMs + correctionDays * DAY_MS) {
      throw new DomainError(
        'settlement-final',
        `The settlement of session ${sessionId} is final since ` +
          `${isoFromMs(firstMs + correctionDays * DAY_MS)}, as its rule pack has it.`,
      );
    }
    await settleSession(sessionId);
  }

  /** After a start: takes up every session that is not settled yet or may still be corrected. */
  async function resume(): Promise<void> {
    const schedules = new Map<string, Schedule>();
    const types = ['SessionScheduled', 'SettlementPublished'];
    for await (const event of store.readAll({ filter: { types } })) {
      if (event.type === 'SessionScheduled') {
        const schedule = event.data as Schedule;
        schedules.set(schedule.sessionId, schedule);
        continue;
      }
      const { sessionId } = event.data as { sessionId: string };
      const schedule = schedules.get(sessionId);
      if (!schedule) continue;
      const { firstMs, correctionDays } = await settlementTimes(schedule);
      if (firstMs + correctionDays * DAY_MS < clock.nowMs()) schedules.delete(sessionId);
    }
    for (const sessionId of schedules.keys()) {
      const session = await sessions.stateOf(sessionId);
      if (session.status === 'published') await arm(session);
    }
  }

  /** What cannot be settled now (the chain is silent) is tried again until it can. */
  async function tryToSettle(session: ScheduledSession): Promise<void> {
    const { sessionId } = session.schedule;
    try {
      if (await settleSession(sessionId)) await armCorrection(session);
    } catch (error) {
      onError(sessionId, error);
      const againMs = clock.nowMs() + retryMinutes * MINUTE_MS;
      timers.at(againMs, timerName(session), () => tryToSettle(session));
    }
  }

  /** Looks again a day later, at the same time after delivery, until the pack's horizon. */
  async function armCorrection(session: ScheduledSession): Promise<void> {
    const { firstMs, correctionDays } = await settlementTimes(session.schedule);
    const days = Math.max(1, Math.floor((clock.nowMs() - firstMs) / DAY_MS) + 1);
    if (days > correctionDays) return;
    timers.at(firstMs + days * DAY_MS, timerName(session), () => tryToSettle(session));
  }

  const processor = {
    name: 'market/settlement',
    types: ['ResultPublished'],
    begin: resume,
    handle: async (event: RecordedEvent) => {
      const { sessionId } = event.data as { sessionId: string };
      const session = await sessions.stateOf(sessionId);
      if (session.status === 'published') await arm(session);
    },
  } satisfies Processor;
  return {
    processor,
    settleSession,
    settleOnDemand,
    /** Records that an aggregator comes to another settlement; each once a settlement. */
    async dispute(dispute: SettlementDispute, context: CommandContext): Promise<void> {
      const stream = settlementStream(dispute.sessionId);
      await handler.handle(stream, { kind: 'disputeSettlement', dispute }, context);
    },
  };
}

function contextFor(sessionId: string, correction: number, step: string): CommandContext {
  return contextOf(`settlement/${sessionId}/${correction}/${step}`, sessionId, 'platform:market');
}

function refuseWithoutAgreement(sessionId: string, podId: string | undefined): void {
  if (podId === undefined) return;
  throw new DomainError(
    'agreement-missing',
    `PoD ${podId} is settled in session ${sessionId} but has no agreement in force; propose one and ` +
      'have it accepted, then the award is made.',
  );
}

function timerName({ schedule }: ScheduledSession): string {
  return `market/settle/${schedule.sessionId}`;
}

/** True where two settlements have the same rows. */
function isSame(one: readonly SettlementRow[], other: readonly SettlementRow[]): boolean {
  if (one.length !== other.length) return false;
  return one.every((row, index) => canonicalJson(row) === canonicalJson(other[index]!));
}
