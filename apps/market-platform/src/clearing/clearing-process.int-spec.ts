/**
 * A session from its gate to its result, over a real log: answers in time, none at all, refusals that are
 * filled up, and a platform that dies after any event and is started again.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type MarketSessionEvent,
  type RulePack,
  type ScheduledSession,
  finalRows,
  sessionStream,
} from '@flexledger/domain';
import { contextOf } from '@flexledger/event-store';
import { documentDigest } from '@flexledger/identity';
import { VirtualClock } from '@flexledger/runtime';
import { scheduledSession } from '../sessions/market-sessions';
import { createRulesOfLog } from '../sessions/rules-of-log';
import { clearSession } from './clear-session';
import { createClearingProcess } from './clearing-process';
import {
  type Dso,
  PODS,
  acceptedOf,
  bid,
  entry,
  openMarket,
  platone,
  rules,
  runDay,
} from './testing/one-session';

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'flexledger-clearing-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a session after its gate', () => {
  it('is cleared in merit order, validated and published before its result is due', async () => {
    const session = await runDay(folder, () => []);
    expect(session.status).toBe('published');
    expect(acceptedOf(session)).toEqual({ [PODS[0]!]: 1_000, [PODS[1]!]: 500 });
  });

  it('fills up what the DSO refuses from the remaining offers', async () => {
    const refuseFirst: Dso = (rows, round) =>
      round > 0
        ? []
        : [
            {
              index: 0,
              status: 'KO',
              permittedW: rows[0]!.acceptedW.map(() => 0),
              violatedElement: 'line7',
            },
          ];
    const session = await runDay(folder, refuseFirst);
    expect(session.rounds).toHaveLength(2);
    expect(acceptedOf(session)).toEqual({ [PODS[1]!]: 500, [PODS[2]!]: 500 });
  });

  it('stops after as many fill-up rounds as the rules allow', async () => {
    const refuseAll: Dso = (rows) =>
      rows.map((row, index) => ({
        index,
        status: 'KO' as const,
        permittedW: row.acceptedW.map(() => 0),
        violatedElement: 'line7',
      }));
    const session = await runDay(folder, refuseAll);
    expect(session.status).toBe('published');
    expect(session.rounds.length).toBeLessThanOrEqual(1 + rules.validation.fillUpRounds);
    expect(acceptedOf(session)).toEqual({});
  });

  it('ends even when the DSO never answers: nothing is permitted then', async () => {
    const session = await runDay(folder, () => undefined);
    expect(session.status).toBe('published');
    expect(finalRows(session)).toEqual([]);
    expect(session.rounds[0]!.exceptions.every((row) => row.violatedElement === 'no-answer')).toBe(
      true,
    );
  });

  it.each([
    ['before its gate opens', 'cancelled', entry.gateOpensMs - 60_000],
    ['with bids in it', 'cancelled', entry.gateClosesMs - 60_000],
    ['while the DSO is asked', 'cancelled', entry.gateClosesMs],
    ['too late, its result being published', 'published', entry.resultDueMs],
  ])('cancelled %s ends as %s', async (_, ending, atMs) => {
    const clock = new VirtualClock(entry.gateOpensMs - 3_600_000);
    const market = await openMarket(folder, clock, () => undefined);
    await market.calendar.scheduleDay('2026-03-17');
    const settle = () => market.runner.drain();
    const cancel = async () => {
      const context = contextOf('cancel', entry.sessionId, 'operator');
      await market.sessions.cancel(entry.sessionId, 'grid model under revision', context);
    };
    if (atMs > entry.gateOpensMs) {
      await clock.advanceTo(entry.gateOpensMs, settle);
      await bid(market);
    }
    await clock.advanceTo(atMs, settle);
    if (ending === 'cancelled') await cancel();
    else await expect(cancel()).rejects.toMatchObject({ code: 'out-of-turn' });
    await clock.advanceTo(entry.resultDueMs + 3_600_000, settle);
    const session = await scheduledSession(market.sessions, entry.sessionId);
    expect(session.status).toBe(ending);
    expect(session.publishedRows).toBe(0);
    await market.store.close();
  });

  it('cancelled while it is being cleared records no clearing', async () => {
    const clock = new VirtualClock(entry.gateOpensMs - 3_600_000);
    const market = await openMarket(folder, clock, () => []);
    const { store, sessions } = market;
    await market.calendar.scheduleDay('2026-03-17');
    await clock.advanceTo(entry.gateOpensMs, async () => {});
    await bid(market);
    await clock.advanceTo(entry.gateClosesMs, async () => {});
    const process = createClearingProcess({
      sessions,
      rulesOf: createRulesOfLog(store),
      clock,
      timers: clock,
      clear: async (...problem) => {
        const context = contextOf('cancel', entry.sessionId, 'operator');
        await sessions.cancel(entry.sessionId, 'grid model under revision', context);
        return clearSession(...problem);
      },
    });
    await process.advance(entry.sessionId);
    expect(await scheduledSession(sessions, entry.sessionId)).toMatchObject({
      status: 'cancelled',
      rounds: [],
    });
    await market.store.close();
  });

  it('goes on where the log stands, whenever the platform dies, and comes to the same result', async () => {
    const undisturbed = await runDay(folder, () => []);
    rmSync(path.join(folder, 'log.sqlite'));
    const clock = new VirtualClock(entry.gateOpensMs - 3_600_000);
    // Each life sees some minutes of the day; timers of an earlier life are gone with it.
    let session: ScheduledSession | undefined;
    for (let nowMs = clock.nowMs(); nowMs <= entry.resultDueMs; nowMs += 17 * 60_000) {
      const life = new VirtualClock(nowMs);
      const market = await openMarket(folder, life, () => []);
      await market.calendar.scheduleDay('2026-03-17');
      const settle = () => market.runner.drain();
      await settle();
      await life.advanceTo(nowMs + 16 * 60_000, settle);
      session = await scheduledSession(market.sessions, entry.sessionId);
      if (session.status === 'open' && session.bids.length === 0) await bid(market);
      await market.store.close();
    }
    expect(session!.status).toBe('published');
    expect(finalRows(session!)).toEqual(finalRows(undisturbed));
  });

  it('waits no longer for an answer where who waited for it has died', async () => {
    const before = new VirtualClock(entry.gateOpensMs - 3_600_000);
    const first = await openMarket(folder, before, () => undefined);
    await first.calendar.scheduleDay('2026-03-17');
    await before.advanceTo(entry.gateClosesMs, () => first.runner.drain());
    expect((await scheduledSession(first.sessions, entry.sessionId)).status).toBe('validating');
    await first.store.close();

    // The next one is not handed what the first has handled: it begins at its checkpoint.
    const clock = new VirtualClock(entry.gateClosesMs + 60_000);
    const { store, sessions } = await openMarket(folder, clock, () => undefined);
    const rulesOf = createRulesOfLog(store);
    const { processor } = createClearingProcess({ sessions, rulesOf, clock, timers: clock });
    await processor.begin!({ signal: new AbortController().signal, fence: 2 });
    await clock.advanceTo(entry.gateClosesMs + 22 * 60_000);
    expect((await scheduledSession(sessions, entry.sessionId)).status).toBe('validated');
    await store.close();
  });
});

describe('a session scheduled under one pack, on a platform started again with another', () => {
  const otherRules: RulePack = {
    ...rules,
    pricing: 'payAsClear',
    objective: { costWeight: 2, reliabilityWeight: 1 },
    validation: { fillUpRounds: 1, answerWithinMinutes: 35 },
  };
  const other: typeof platone = { rulePack: otherRules, digest: documentDigest(otherRules) };

  /**
   * Scheduled and bid for under one pack; another life begins before the gate closes. The DSO cuts two
   * rounds and is silent then.
   */
  async function factsOf(own: typeof platone, running: typeof platone) {
    const dso: Dso = (rows, round) =>
      round < 2
        ? rows.map(({ acceptedW }, index) => ({
            index,
            status: 'partial' as const,
            permittedW: acceptedW.map((watts) => Math.min(watts, 100)),
            violatedElement: 'line7',
          }))
        : undefined;
    const morning = new VirtualClock(entry.gateOpensMs - 3_600_000);
    const first = await openMarket(folder, morning, dso, own);
    await first.calendar.scheduleDay('2026-03-17');
    await morning.advanceTo(entry.gateOpensMs, () => first.runner.drain());
    await bid(first);
    await first.store.close();

    const clock = new VirtualClock(entry.gateClosesMs - 60_000);
    const market = await openMarket(folder, clock, dso, running);
    await market.calendar.scheduleDay('2026-03-17');
    await clock.advanceTo(entry.resultDueMs, () => market.runner.drain());
    const { schedule, rounds } = await scheduledSession(market.sessions, entry.sessionId);
    const minutes = (iso: string): number => (Date.parse(iso) - entry.gateClosesMs) / 60_000;
    const steps: string[] = [];
    for await (const recorded of market.store.readStream(sessionStream(entry.sessionId))) {
      const { type, data } = recorded as unknown as MarketSessionEvent;
      if (type === 'MarketCleared') {
        const { pricing, costWeight, reliabilityWeight } = data.parameters;
        steps.push(`${pricing}, ${costWeight} to ${reliabilityWeight}`);
      }
      if (type === 'OutcomeSentForValidation') {
        steps.push(`answer due after ${minutes(data.answerDueAt)} minutes`);
      }
      if (type === 'OutcomeValidated') {
        steps.push(`${data.validatedBy} after ${minutes(recorded.occurredAt)}`);
      }
    }
    await market.store.close();
    const prices = rounds[0]!.rows.map(({ priceMicroEurPerKwh }) => priceMicroEurPerKwh[0]);
    return { digest: schedule.rulePackDigest, steps, prices };
  }

  it('is cleared under its own: two fill-up rounds, each at its own price, 20 minutes', async () => {
    const round = ['payAsBid, 1 to 0', 'answer due after 20 minutes'];
    expect(await factsOf(platone, other)).toEqual({
      digest: platone.digest,
      steps: [...round, 'DSO after 0', ...round, 'DSO after 0', ...round, 'no-answer after 20'],
      prices: [100_000, 100_001],
    });
  });

  it('is cleared under its own: one fill-up round, one price for all, 35 minutes', async () => {
    const round = ['payAsClear, 2 to 1', 'answer due after 35 minutes', 'DSO after 0'];
    expect(await factsOf(other, platone)).toEqual({
      digest: other.digest,
      steps: [...round, ...round],
      prices: [100_001, 100_001],
    });
  });
});
