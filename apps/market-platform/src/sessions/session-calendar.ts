import {
  DomainError,
  type Schedule,
  addDays,
  civilDay,
  localTimeMs,
  sessionsDelivering,
} from '@flexledger/domain';
import { type CommandContext, contextOf } from '@flexledger/event-store';
import type { Clock, Timers } from '@flexledger/runtime';
import type { LoadedRulePack } from '@flexledger/service-kit';
import type { MarketSessions } from './market-sessions';
import type { RulesOfLog } from './rules-of-log';

export interface SessionCalendarOptions {
  readonly sessions: MarketSessions;
  readonly rulesOf: RulesOfLog;
  readonly clock: Clock;
  readonly timers: Timers;
  /** The pack under which days are scheduled that have no session yet. */
  readonly rules: LoadedRulePack;
}

/** The market's calendar. */
export interface SessionCalendar {
  /**
   * Puts the sessions that deliver on a civil day into the log, those whose gate has not closed yet,
   * and arms their gates. A day that has sessions already keeps the pack of its first one.
   *
   * @param asked by whom, where it is not the calendar itself
   * @returns the day's sessions as they stand in the log; none where every gate of a day without
   *   sessions has closed
   */
  scheduleDay(day: string, asked?: CommandContext): Promise<readonly Schedule[]>;
  /**
   * Arms every gate of the log that is still to open or to close, whatever day it belongs to, then
   * schedules today and tomorrow, and every next day at local midnight.
   */
  run(): Promise<void>;
}

/** Local time at which the next day's sessions enter the calendar, before any of their gates. */
const SCHEDULING_TIME = '00:00';
/** What could not be written is tried again so much later. */
const AGAIN_MS = 30_000;
const CALENDAR = 'platform:market';

/**
 * The market's calendar (T-MP-02): schedules, opens and closes sessions by itself, each at the times
 * that its own stream records. Every step is idempotent, so a restart in mid-session goes on where the
 * log stands, also under another rule pack.
 */
export function createSessionCalendar(options: SessionCalendarOptions): SessionCalendar {
  const { sessions, rulesOf, clock, timers, rules } = options;
  const armed = new Set<string>();

  /** The pack of a day: that of its first session, the running one where it has none. */
  async function packOf(first: Schedule | undefined): Promise<LoadedRulePack> {
    if (!first || first.rulePackDigest === rules.digest) return rules;
    return { rulePack: await rulesOf(first), digest: first.rulePackDigest };
  }

  async function scheduleDay(day: string, asked?: CommandContext): Promise<readonly Schedule[]> {
    const known = await sessions.deliveringOn(day);
    const knownIds = new Set(known.map(({ sessionId }) => sessionId));
    const { rulePack, digest } = await packOf(known[0]);
    for (const entry of sessionsDelivering(day, rulePack)) {
      const { sessionId, gateClosesMs } = entry;
      if (knownIds.has(sessionId) || gateClosesMs <= clock.nowMs()) continue;
      const { actor } = asked ?? { actor: CALENDAR };
      await sessions.schedule(entry, digest, calendarContext(sessionId, 'schedule', actor));
    }
    await armGates(day);
    return sessions.deliveringOn(day);
  }

  /** @param day only its gates; all when absent */
  async function armGates(day?: string): Promise<void> {
    for (const schedule of await sessions.withGatesAhead()) {
      if (day === undefined || schedule.deliveryDay === day) arm(schedule);
    }
  }

  function arm({ sessionId, gateOpensAt, gateClosesAt }: Schedule): void {
    if (armed.has(sessionId)) return;
    armed.add(sessionId);
    doneAt(Date.parse(gateOpensAt), `calendar/open/${sessionId}`, async () => {
      await sessions.open(sessionId, calendarContext(sessionId, 'open'));
    });
    doneAt(Date.parse(gateClosesAt), `calendar/close/${sessionId}`, async () => {
      // A gate that the rules would not close is armed again with the next day.
      armed.delete(sessionId);
      await sessions.close(sessionId, calendarContext(sessionId, 'close'));
    });
  }

  /** Does something at an instant, again a little later where the log cannot be written: a step missed has no other. */
  function doneAt(atMs: number, name: string, step: () => Promise<void>): void {
    timers.at(atMs, name, async () => {
      try {
        await step();
      } catch (error) {
        if (!(error instanceof DomainError)) doneAt(clock.nowMs() + AGAIN_MS, name, step);
        throw error;
      }
    });
  }

  async function run(): Promise<void> {
    const { timeZone } = rules.rulePack;
    const today = civilDay(clock.nowMs(), timeZone);
    const tomorrow = addDays(today, 1);
    await armGates();
    await scheduleDay(today);
    await scheduleDay(tomorrow);
    const midnightMs = localTimeMs(tomorrow, 0, SCHEDULING_TIME, timeZone);
    doneAt(midnightMs, `calendar/day/${tomorrow}`, run);
  }

  return { scheduleDay, run };
}

/** One id for a step, whoever asks for it: it is done once. */
function calendarContext(sessionId: string, step: string, actor = CALENDAR): CommandContext {
  return contextOf(`calendar/${sessionId}/${step}`, sessionId, actor);
}
