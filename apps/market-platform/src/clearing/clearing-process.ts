/**
 * What follows when a gate closes: clear, send to the DSO, take the answer or the lack of one, fill
 * up what it refused, publish. `advance` looks at the session and takes its next step, so the same
 * code serves the events of the log and a restart in mid-session, also under another rule pack: a
 * session is cleared under the one it was scheduled under.
 */
import {
  type ClearingInstance,
  type ClearingRecord,
  type RecordedEvent,
  type ScheduledSession,
  addDays,
  civilDay,
  isFillUpDue,
  mayFillUp,
  sessionInput,
  sessionsDelivering,
} from '@flexledger/domain';
import { type CommandContext, type Processor, contextOf } from '@flexledger/event-store';
import { type Clock, type Timers, toldExecution } from '@flexledger/runtime';
import type { MarketSessions } from '../sessions/market-sessions';
import type { RulesOfLog } from '../sessions/rules-of-log';
import { type ClearSession, clearSession } from './clear-session';

export interface ClearingProcessOptions {
  readonly sessions: MarketSessions;
  readonly rulesOf: RulesOfLog;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly clear?: ClearSession;
}

const MINUTE_MS = 60_000;

/** The processor that takes closed sessions to their published result. */
export function createClearingProcess(options: ClearingProcessOptions) {
  const { sessions, rulesOf, clock, timers, clear = clearSession } = options;

  async function advance(sessionId: string): Promise<void> {
    const state = await sessions.stateOf(sessionId);
    if (state.status === 'unknown') return;
    const round = state.rounds.filter(({ cleared }) => cleared).length;
    switch (state.status) {
      case 'closed':
        return record(state, 0);
      case 'cleared': {
        const answerDueMs = await answerDue(state);
        const context = marketContext(sessionId, `validate/${round}`);
        await sessions.handle(sessionId, { kind: 'sendForValidation', answerDueMs }, context);
        return;
      }
      case 'validating':
        return waitForAnswer(state);
      case 'validated':
        if (await isRoundDue(state)) return record(state, round);
        return toldExecution('flow5', 'MP', sessionId, () => publish(sessionId));
    }
  }

  async function isRoundDue(state: ScheduledSession): Promise<boolean> {
    const rules = await rulesOf(state.schedule);
    return mayFillUp(state, rules) && isFillUpDue(state, await inputOf(state), rules);
  }

  async function publish(sessionId: string): Promise<void> {
    await sessions.handle(sessionId, { kind: 'publish' }, marketContext(sessionId, 'publish'));
  }

  async function record(state: ScheduledSession, round: number): Promise<void> {
    const { sessionId } = state.schedule;
    const clearing = await toldExecution('flow3', 'MP', sessionId, async () =>
      clear(await inputOf(state), await rulesOf(state.schedule), round),
    );
    // The operator may have cancelled the session while it was being cleared.
    if ((await sessions.stateOf(sessionId)).status === 'cancelled') return;
    await recordClearing(sessionId, clearing);
  }

  async function recordClearing(sessionId: string, clearing: ClearingRecord): Promise<void> {
    const context = marketContext(sessionId, `clear/${clearing.round}`);
    await sessions.handle(sessionId, { kind: 'recordClearing', clearing }, context);
  }

  async function inputOf(state: ScheduledSession): Promise<ClearingInstance> {
    const rules = await rulesOf(state.schedule);
    const [dayAhead] = sessionsDelivering(state.schedule.deliveryDay, rules);
    return sessionInput(state, await sessions.stateOf(dayAhead!.sessionId));
  }

  /** When an answer that is asked for now is due. */
  async function answerDue({ schedule }: ScheduledSession): Promise<number> {
    const { validation } = await rulesOf(schedule);
    return clock.nowMs() + validation.answerWithinMinutes * MINUTE_MS;
  }

  async function waitForAnswer(state: ScheduledSession): Promise<void> {
    const { sessionId } = state.schedule;
    const { outcomeId } = state.rounds.at(-1)!;
    timers.at(await answerDue(state), `market/no-answer/${outcomeId}`, async () => {
      const now = await sessions.stateOf(sessionId);
      if (now.status !== 'validating' || now.rounds.at(-1)!.outcomeId !== outcomeId) return;
      await sessions.recordValidation(
        sessionId,
        { outcomeId: outcomeId!, validatedBy: 'no-answer', exceptions: [] },
        marketContext(sessionId, `no-answer/${outcomeId}`),
      );
    });
  }

  /** After a start: an answer that is awaited may never come, and who awaited it is gone. */
  async function resume(): Promise<void> {
    for (const sessionId of await awaitedSessions()) {
      const state = await sessions.stateOf(sessionId);
      if (state.status === 'validating') await waitForAnswer(state);
    }
  }

  /** Those of the days on which anything that is awaited now delivers; a zone more or less is within them. */
  async function awaitedSessions(): Promise<readonly string[]> {
    const today = civilDay(clock.nowMs(), 'UTC');
    const days = [-1, 0, 1, 2].map((offset) => addDays(today, offset));
    const ofDays = await Promise.all(days.map((day) => sessions.deliveringOn(day)));
    return ofDays.flat().map(({ sessionId }) => sessionId);
  }

  const processor: Processor = {
    name: 'market/clearing',
    begin: resume,
    types: ['SessionClosed', 'MarketCleared', 'OutcomeSentForValidation', 'OutcomeValidated'],
    handle: (event: RecordedEvent) => advance((event.data as { sessionId: string }).sessionId),
  };
  return { processor, advance };
}

function marketContext(sessionId: string, step: string): CommandContext {
  return contextOf(`market/${sessionId}/${step}`, sessionId, 'platform:market');
}
