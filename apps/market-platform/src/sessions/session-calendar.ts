import {
  type CalendarEntry,
  type RulePack,
  addDays,
  civilDay,
  localTimeMs,
  sessionsDelivering,
} from '@flexledger/domain';
import { type CommandContext, contextOf } from '@flexledger/event-store';
import type { Clock, Timers } from '@flexledger/runtime';
import type { MarketSessions } from './market-sessions';

export interface SessionCalendarOptions {
  readonly sessions: MarketSessions;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly rules: RulePack;
  readonly rulePackDigest: string;
}

/** Local time at which the next day's sessions enter the calendar, before any of their gates. */
const SCHEDULING_TIME = '00:00';

/**
 * The market's calendar (T-MP-02): schedules, opens and closes sessions at the times of the rule
 * pack, by itself. Every step is idempotent, so a restart in mid-session goes on where the log stands.
 */
export function createSessionCalendar(options: SessionCalendarOptions) {
  const { sessions, clock, timers, rules, rulePackDigest } = options;

  /** Puts the sessions that deliver on a day into the calendar and arms their gates. */
  async function scheduleDay(day: string): Promise<readonly CalendarEntry[]> {
    const entries = sessionsDelivering(day, rules);
    for (const entry of entries) {
      const known = (await sessions.stateOf(entry.sessionId)).status !== 'unknown';
      if (known || entry.gateClosesMs > clock.nowMs()) await scheduleSession(entry);
    }
    return entries;
  }

  async function scheduleSession(entry: CalendarEntry): Promise<void> {
    const { sessionId, gateOpensMs, gateClosesMs } = entry;
    await sessions.schedule(entry, rulePackDigest, calendarContext(sessionId, 'schedule'));
    timers.at(gateOpensMs, `calendar/open/${sessionId}`, async () => {
      await sessions.open(sessionId, calendarContext(sessionId, 'open'));
    });
    timers.at(gateClosesMs, `calendar/close/${sessionId}`, async () => {
      await sessions.close(sessionId, calendarContext(sessionId, 'close'));
    });
  }

  return {
    scheduleDay,

    /** Schedules today and tomorrow, then every next day at local midnight. */
    async run(): Promise<void> {
      const today = civilDay(clock.nowMs(), rules.timeZone);
      const tomorrow = addDays(today, 1);
      await scheduleDay(today);
      await scheduleDay(tomorrow);
      const midnightMs = localTimeMs(tomorrow, 0, SCHEDULING_TIME, rules.timeZone);
      timers.at(midnightMs, `calendar/day/${tomorrow}`, () => this.run());
    },
  };
}

function calendarContext(sessionId: string, step: string): CommandContext {
  return contextOf(`calendar/${sessionId}/${step}`, sessionId, 'platform:market');
}
