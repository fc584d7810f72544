/**
 * Goal: the simulated TSO asks in every session, once, also when it is started twice, when the market is
 * away for a while, and when another instance takes over. Method: a real log; the market is played.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  DomainError,
  type FlexibilityRequest,
  type Schedule,
  type RecordedEvent,
  sessionStream,
} from '@flexledger/domain';
import { BEFORE_FIRST, type EventStore, openSqliteEventStore } from '@flexledger/event-store';
import { uuidFrom } from '@flexledger/identity';
import { PlatformUnavailable } from '@flexledger/ports';
import { VirtualClock, isoFromMs, isoNow } from '@flexledger/runtime';
import type { OpenedPlatform } from '@flexledger/service-kit';
import { openTsoSimulator } from './open';
import { TSO_POLICY } from './policy';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const GATE_MS = Date.parse('2026-03-16T10:00:00Z');
const needs = [
  { pom: 'PS-1', largestW: 10_000 },
  { pom: 'PS-2', largestW: 20_000 },
];

let folder: string;
let log: EventStore;
let clock: VirtualClock;
const market = {
  isDown: false,
  isGateClosed: false,
  commands: new Set<string>(),
  requests: [] as FlexibilityRequest[],
};
const problems: string[] = [];

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-tso-'));
  clock = new VirtualClock(GATE_MS - HOUR_MS);
  log = await openSqliteEventStore({ path: path.join(folder, 'events.sqlite'), clock });
  market.isDown = false;
  market.isGateClosed = false;
  market.commands.clear();
  market.requests.length = 0;
  problems.length = 0;
});
afterEach(async () => {
  await log.close();
  rmSync(folder, { recursive: true });
});

/** @param timers of the instance; those of one that was killed never fire */
const open = (timers: VirtualClock = clock, wanted = needs): Promise<OpenedPlatform> =>
  openTsoSimulator({
    log,
    clock: timers,
    timers,
    ports: {
      orders: {
        async requestFlexibility(_sessionId, request, { commandId, actor }) {
          if (market.isDown) throw new PlatformUnavailable('http://market.test', 'nobody answers');
          if (market.isGateClosed) throw new DomainError('gate-closed', 'It is not open.');
          expect(actor).toBe('tso');
          if (market.commands.has(commandId)) return;
          market.commands.add(commandId);
          market.requests.push(request);
        },
      },
    },
    policy: { ...TSO_POLICY, seed: 7, needs: wanted },
    onProblem: (problem) => problems.push(problem),
  });

async function schedule(hours = 0): Promise<number> {
  const opensMs = GATE_MS + hours * HOUR_MS;
  const data: Schedule = {
    sessionId: `realTime-${hours}`,
    kind: 'realTime',
    deliveryDay: '2026-03-16',
    deliveryStart: isoFromMs(opensMs + 4 * HOUR_MS),
    mtuCount: 16,
    gateOpensAt: isoFromMs(opensMs),
    gateClosesAt: isoFromMs(opensMs + HOUR_MS),
    resultDueAt: isoFromMs(opensMs + 2 * HOUR_MS),
    rulePackDigest: '',
    registerPosition: 0,
  };
  const id = uuidFrom(data.sessionId);
  const { position } = await log.append(sessionStream(data.sessionId), 'noStream', [
    {
      id,
      type: 'SessionScheduled',
      schemaVersion: 1,
      occurredAt: isoNow(clock),
      correlationId: id,
      causationId: id,
      actor: 'test',
      data,
    },
  ]);
  return position;
}

/** Hands it what stands in the log after a position. */
async function handOn({ processors }: OpenedPlatform, after = BEFORE_FIRST): Promise<void> {
  const events: RecordedEvent[] = [];
  for await (const event of log.readAll({ after })) events.push(event);
  for (const event of events) for (const { handle } of processors) await handle(event);
}

it('asks a quarter of an hour after the gate opens, for each of its needs', async () => {
  await schedule();
  await handOn(await open());
  await clock.advanceTo(GATE_MS + 15 * MINUTE_MS - 1);
  expect(market.requests).toEqual([]);
  await clock.advanceTo(GATE_MS + 15 * MINUTE_MS);
  expect(market.requests.map(({ scope }) => scope)).toEqual(needs.map(({ pom }) => ({ pom })));
});

it('wants nothing unless it is told what', async () => {
  await schedule();
  await handOn(await open(clock, [...TSO_POLICY.needs]));
  await clock.advanceTo(GATE_MS + HOUR_MS);
  expect(market.requests).toEqual([]);
  expect(problems).toEqual([]);
});

it('asks once, though two instances ask', async () => {
  await schedule();
  await handOn(await open());
  await handOn(await open());
  await clock.advanceTo(GATE_MS + HOUR_MS);
  expect(market.requests).toHaveLength(needs.length);
});

it('is taken over from by an instance that is handed again the sessions whose gate is not closed', async () => {
  const first = await schedule();
  const second = await schedule(2);
  await handOn(await open(new VirtualClock(clock.nowMs())));
  await clock.advanceTo(GATE_MS + 90 * MINUTE_MS);
  const another = await open();
  const after = await another.processors[0]!.replayAfter!();
  expect(after).toBe(first);
  await handOn(another, after);
  await clock.advanceTo(GATE_MS + 135 * MINUTE_MS);
  expect(market.requests.map(({ requestId }) => requestId.split('-').at(-1))).toEqual(['2', '2']);
  await clock.advanceTo(GATE_MS + 4 * HOUR_MS);
  expect(await another.processors[0]!.replayAfter!()).toBe(second);
});

it('asks again until the gate is open, where the market opens it late', async () => {
  await schedule();
  await handOn(await open());
  market.isGateClosed = true;
  await clock.advanceTo(GATE_MS + 20 * MINUTE_MS);
  market.isGateClosed = false;
  await clock.advanceTo(GATE_MS + 21 * MINUTE_MS);
  expect(market.requests).toHaveLength(needs.length);
  expect(problems).toEqual([]);
});

it('asks again until the market answers, and not after the gate', async () => {
  await schedule();
  await handOn(await open());
  market.isDown = true;
  await clock.advanceTo(GATE_MS + 20 * MINUTE_MS);
  expect(problems[0]).toContain('tried again by itself');
  market.isDown = false;
  await clock.advanceTo(GATE_MS + 21 * MINUTE_MS);
  expect(market.requests).toHaveLength(needs.length);
  await schedule(2);
  await handOn(await open());
  market.isDown = true;
  await expect(clock.advanceTo(GATE_MS + 4 * HOUR_MS)).rejects.toThrow('nobody answers');
});
