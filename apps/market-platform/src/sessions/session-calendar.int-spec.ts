/**
 * The calendar over a real log: gates go by what each session's own stream records, also when the market
 * is started again, days later or under another rule pack.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type CalendarEntry, type RulePack, sessionsDelivering } from '@flexledger/domain';
import { contextOf, openSqliteEventStore } from '@flexledger/event-store';
import { VirtualClock, isoFromMs } from '@flexledger/runtime';
import { type LoadedRulePack, loadRulePack } from '@flexledger/service-kit';
import { createMarketSessions } from './market-sessions';
import { adoptRulePack } from './rule-packs';
import { createRulesOfLog } from './rules-of-log';
import { createSessionCalendar } from './session-calendar';

const DAY = '2026-03-17';
const MINUTE_MS = 60_000;
const platone = loadRulePack('platone');
const [dayAhead, firstWindow] = sessionsDelivering(DAY, platone.rulePack) as [
  CalendarEntry,
  CalendarEntry,
];

/** Windows of half the length, and a day-ahead gate that is open half an hour longer. */
const other: LoadedRulePack = { digest: 'another pack', rulePack: otherPack(platone.rulePack) };
function otherPack(pack: RulePack): RulePack {
  const { dayAhead: times, realTime } = pack.calendar;
  const [hour] = times.gateCloses.time.split(':');
  const gateCloses = { ...times.gateCloses, time: `${hour}:30` };
  return {
    ...pack,
    calendar: {
      ...pack.calendar,
      dayAhead: { ...times, gateCloses },
      realTime: { ...realTime, windowHours: realTime.windowHours / 2 },
    },
  };
}

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'flexledger-calendar-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** One life of the market over the log in the folder, from an instant on. */
async function start(atMs: number, rules = platone) {
  const clock = new VirtualClock(atMs);
  const store = await openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock });
  await adoptRulePack(store, clock, rules);
  const register = { lookUp: async () => ({ pods: new Map(), poms: new Set<string>() }) };
  const rulesOf = createRulesOfLog(store);
  const sessions = createMarketSessions({ store, clock, register, rulesOf });
  const calendar = createSessionCalendar({ sessions, rulesOf, clock, timers: clock, rules });
  const happened = async (sessionId: string): Promise<string[]> => {
    const found: string[] = [];
    for await (const event of store.readStream(`session-${sessionId}`)) {
      found.push(
        event.type === 'SessionScheduled' ? event.type : `${event.type} ${event.occurredAt}`,
      );
    }
    return found;
  };
  return { clock, store, sessions, calendar, happened };
}

const openedAndClosed = (opensMs: number, closesMs: number): string[] => [
  'SessionScheduled',
  `SessionOpened ${isoFromMs(opensMs)}`,
  `SessionClosed ${isoFromMs(closesMs)}`,
];

it('opens and closes every gate of a day at its time, each once', async () => {
  const { clock, store, calendar, happened } = await start(dayAhead.gateOpensMs - MINUTE_MS);
  const scheduled = await calendar.scheduleDay(DAY);
  expect(await calendar.scheduleDay(DAY)).toEqual(scheduled);
  const entries = sessionsDelivering(DAY, platone.rulePack);
  expect(scheduled.map(({ sessionId }) => sessionId)).toEqual(
    entries.map(({ sessionId }) => sessionId),
  );
  await clock.advanceTo(entries.at(-1)!.gateClosesMs);
  for (const { sessionId, gateOpensMs, gateClosesMs } of entries) {
    expect(await happened(sessionId)).toEqual(openedAndClosed(gateOpensMs, gateClosesMs));
  }
  await store.close();
});

it('leaves out sessions whose gate has closed before anybody scheduled them', async () => {
  const { store, calendar } = await start(firstWindow.gateClosesMs);
  const scheduled = await calendar.scheduleDay(DAY);
  expect(scheduled[0]!.sessionId).toBe(sessionsDelivering(DAY, platone.rulePack)[2]!.sessionId);
  await store.close();
});

it('keeps the times of a session that was scheduled under another pack', async () => {
  const { sessionId, gateOpensMs, gateClosesMs } = dayAhead;
  const first = await start(gateOpensMs - MINUTE_MS);
  await first.calendar.scheduleDay(DAY);
  await first.clock.advanceTo(gateOpensMs);
  await first.store.close();

  const second = await start(gateOpensMs + MINUTE_MS, other);
  await second.calendar.run();
  await second.clock.advanceTo(gateClosesMs + 60 * MINUTE_MS);
  expect(await second.happened(sessionId)).toEqual(openedAndClosed(gateOpensMs, gateClosesMs));
  await second.store.close();
});

it('ends a day under the pack it was begun with, and begins the next one with its own', async () => {
  const first = await start(dayAhead.gateOpensMs - MINUTE_MS);
  const context = contextOf('first', 'first', 'platform:market');
  await first.sessions.schedule(dayAhead, platone.digest, context);
  await first.store.close();

  const second = await start(dayAhead.gateOpensMs - MINUTE_MS, other);
  const ofDay = await second.calendar.scheduleDay(DAY);
  expect(ofDay.map(({ rulePackDigest }) => rulePackDigest)).toEqual(
    new Array<string>(sessionsDelivering(DAY, platone.rulePack).length).fill(platone.digest),
  );
  const ofNext = await second.calendar.scheduleDay('2026-03-18');
  expect(ofNext).toHaveLength(sessionsDelivering('2026-03-18', other.rulePack).length);
  expect(new Set(ofNext.map(({ rulePackDigest }) => rulePackDigest))).toEqual(
    new Set([other.digest]),
  );
  await second.store.close();
});

it('takes up, after days without a market, whatever still stood scheduled or open', async () => {
  const first = await start(dayAhead.gateOpensMs - MINUTE_MS);
  await first.calendar.scheduleDay(DAY);
  await first.clock.advanceTo(dayAhead.gateOpensMs);
  const { sessionId: cancelled } = firstWindow;
  await first.sessions.cancel(cancelled, 'a test', contextOf('cancel', cancelled, 'operator'));
  await first.store.close();

  const laterMs = dayAhead.gateOpensMs + 5 * 24 * 60 * MINUTE_MS;
  const second = await start(laterMs);
  await second.calendar.run();
  await second.clock.advanceTo(laterMs + MINUTE_MS);
  const [{ sessionId }, , ...others] = sessionsDelivering(DAY, platone.rulePack) as [CalendarEntry];
  expect(await second.happened(sessionId)).toEqual(openedAndClosed(dayAhead.gateOpensMs, laterMs));
  for (const window of others as CalendarEntry[]) {
    expect(await second.happened(window.sessionId)).toEqual(openedAndClosed(laterMs, laterMs));
  }
  expect((await second.happened(cancelled)).at(-1)).toMatch(/^SessionCancelled/);
  await second.store.close();
});

it('goes on day by day at local midnight', async () => {
  const { clock, store, sessions, calendar } = await start(dayAhead.gateOpensMs);
  await calendar.run();
  expect(await sessions.deliveringOn('2026-03-18')).toEqual([]);
  await clock.advanceTo(dayAhead.period.startMs);
  expect(await sessions.deliveringOn('2026-03-18')).toHaveLength(7);
  await store.close();
});

it('closes a gate a little later, and goes on to the next day, where the log could not be written', async () => {
  const { clock, store, sessions, calendar, happened } = await start(
    dayAhead.gateOpensMs - MINUTE_MS,
  );
  const { close, schedule } = sessions;
  const failing = new Set(['close', 'schedule']);
  sessions.close = (...args) => {
    const isDayAhead = args[0] === dayAhead.sessionId;
    if (isDayAhead && failing.delete('close')) return Promise.reject(new Error('disk is full'));
    return close(...args);
  };
  await calendar.run();
  const told: unknown[] = [];
  const advance = async (untilMs: number): Promise<void> => {
    for (;;) {
      try {
        return await clock.advanceTo(untilMs);
      } catch (error) {
        told.push(error);
      }
    }
  };
  await advance(dayAhead.gateClosesMs + MINUTE_MS);
  expect(told).toEqual([new Error('disk is full')]);
  expect(await happened(dayAhead.sessionId)).toEqual(
    openedAndClosed(dayAhead.gateOpensMs, dayAhead.gateClosesMs + 30_000),
  );
  sessions.schedule = (...args) => {
    if (failing.delete('schedule')) return Promise.reject(new Error('disk is full'));
    return schedule(...args);
  };
  await advance(dayAhead.gateClosesMs + 24 * 60 * MINUTE_MS);
  expect(await sessions.deliveringOn('2026-03-18')).not.toEqual([]);
  expect(told).toHaveLength(2);
  await store.close();
});
