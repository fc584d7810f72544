/**
 * Aggregators that act by themselves while other platforms are down for a while, over a real log and
 * the other platforms' real deciders: nothing is lost, and nothing is done twice.
 */
import type { FlexibilityOffer, OutcomeRow } from '@flexledger/domain';
import { A, B, FOREIGN, type Trial, flat, openTrial } from './testing/trial';

let trial: Trial;
beforeEach(async () => {
  trial = await openTrial();
});
afterEach(() => trial.close());

const MINUTE_MS = 60_000;

async function scheduleAndOpen(): Promise<void> {
  const { dayAhead } = trial;
  await trial.schedule(dayAhead);
  await trial.until(dayAhead.gateOpensMs);
  await trial.open(dayAhead.sessionId);
  await trial.handOn();
}

/** PoDs of the offers in the log, bid by bid. */
async function podsOffered(): Promise<string[][]> {
  const bids = await trial.events('FlexibilityOffered');
  return bids.map(({ data }) =>
    (data as { offers: FlexibilityOffer[] }).offers.map(({ podId }) => podId),
  );
}

const sold = (podId: string, watts: number): OutcomeRow => ({
  offerId: `${podId}-P-up`,
  requestId: 'R1',
  podId,
  aggregatorId: 'AGG1',
  requester: 'DSO',
  product: 'P',
  direction: 'up',
  firstMtu: 0,
  acceptedW: flat(watts),
  priceMicroEurPerKwh: flat(100_000),
});

it('has its processors in one order, those that arm timers with where they read again', () => {
  expect(trial.platform.processors.map((one) => [one.name, 'replayAfter' in one])).toEqual([
    ['aggregators/forecast', true],
    ['aggregators/offers', true],
    ['aggregators/dispatch', true],
    ['aggregators/alarms', false],
    ['aggregators/watch', true],
    ['aggregators/settlement-check', false],
  ]);
});

describe('a bid', () => {
  it('leaves half an hour after the gate opens', async () => {
    await scheduleAndOpen();
    await trial.until(trial.dayAhead.gateOpensMs + 30 * MINUTE_MS - 1);
    expect(await podsOffered()).toEqual([]);
    await trial.until(trial.dayAhead.gateOpensMs + 30 * MINUTE_MS);
    expect(await podsOffered()).toEqual([[A, B]]);
    expect(trial.problems).toEqual([]);
  });

  it.each(['orders.standingOffers', 'register.podsOf', 'register.baselines', 'results.resultsOf'])(
    'is sent once %s answers again',
    async (down) => {
      await scheduleAndOpen();
      await trial.until(trial.dayAhead.gateOpensMs + 29 * MINUTE_MS);
      trial.faults.set(down, ['down', 'down', 'down']);
      await trial.until(trial.dayAhead.gateClosesMs);
      expect(await podsOffered()).toEqual([[A, B]]);
      expect(trial.problems).toEqual([expect.stringContaining('AGG1/bid/')]);
    },
  );

  it('leaves out what a system operator refuses, instead of asking each time', async () => {
    const refusal = {
      service: 'congestionManagement',
      requester: 'TSO',
      reason: 'no data',
    } as const;
    await trial.register([{ kind: 'refuseService', podId: B, ...refusal }]);
    await scheduleAndOpen();
    await trial.until(trial.dayAhead.gateClosesMs);
    expect(await podsOffered()).toEqual([[A]]);
  });

  it('is sent again under the same id when it did not arrive', async () => {
    await scheduleAndOpen();
    trial.faults.set('orders.offerFlexibility', ['down', 'down']);
    await trial.until(trial.dayAhead.gateClosesMs);
    expect(await podsOffered()).toEqual([[A, B]]);
    const ids = trial.calls.get('orders.offerFlexibility')!;
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(1);
  });

  it('stands once when only the answer was lost', async () => {
    await scheduleAndOpen();
    trial.faults.set('orders.offerFlexibility', ['answerLost']);
    await trial.until(trial.dayAhead.gateClosesMs);
    expect(await podsOffered()).toEqual([[A, B]]);
  });

  it('is sent once a gate that opens late is open', async () => {
    await trial.schedule(trial.dayAhead);
    await trial.until(trial.dayAhead.gateOpensMs + 45 * MINUTE_MS);
    expect(await podsOffered()).toEqual([]);
    await trial.open(trial.dayAhead.sessionId);
    await trial.until(trial.dayAhead.gateClosesMs);
    expect(await podsOffered()).toEqual([[A, B]]);
  });

  it('is given up when the gate closes, and that is told', async () => {
    await scheduleAndOpen();
    trial.faults.set('orders.offerFlexibility', new Array<'down'>(10_000).fill('down'));
    await trial.until(trial.dayAhead.gateClosesMs + MINUTE_MS);
    expect(await podsOffered()).toEqual([]);
    expect(trial.problems).toEqual([
      expect.stringContaining('is tried again until'),
      expect.stringMatching(/AGG1\/bid\/.* is given up .*orders\.offerFlexibility/),
    ]);
    expect(trial.clock.nowMs()).toBeGreaterThan(trial.dayAhead.gateClosesMs);
    trial.faults.clear();
    await trial.until(trial.dayAhead.gateClosesMs + 60 * MINUTE_MS);
    expect(await podsOffered()).toEqual([]);
  });

  it('is armed again by an instance that begins later, and by that one alone', async () => {
    await scheduleAndOpen();
    await trial.restart();
    await trial.handOn();
    await trial.until(trial.dayAhead.gateClosesMs);
    expect(await podsOffered()).toEqual([[A, B]]);
    await trial.restart();
    await trial.until(trial.dayAhead.gateClosesMs + 60 * MINUTE_MS);
    expect(await podsOffered()).toEqual([[A, B]]);
    expect(trial.problems).toEqual([]);
  });

  it('is of an aggregator that is known; nobody else is spoken for', async () => {
    await scheduleAndOpen();
    await trial.until(trial.dayAhead.gateClosesMs);
    expect((await podsOffered()).flat()).not.toContain(FOREIGN);
  });
});

describe('a dispatch', () => {
  /** Sells 300 W of the first PoD all day, and lets time go on into the first window. */
  async function sellAndWait(faults: Record<string, ('down' | 'answerLost')[]>): Promise<void> {
    await scheduleAndOpen();
    await trial.until(trial.dayAhead.gateClosesMs);
    await trial.publish(trial.dayAhead.sessionId, [sold(A, 300)]);
    const { sessionId, gateOpensMs, gateClosesMs } = trial.realTime;
    await trial.schedule(trial.realTime);
    await trial.until(gateOpensMs);
    await trial.open(sessionId);
    await trial.until(gateClosesMs);
    for (const [port, failing] of Object.entries(faults)) trial.faults.set(port, failing);
    await trial.until(trial.realTime.period.startMs + MINUTE_MS);
  }

  it.each<[string, ('down' | 'answerLost')[]]>([
    ['results.resultsOf', ['down', 'down']],
    ['register.podsOf', ['down']],
    ['setpoints.issue', ['down', 'answerLost', 'down']],
  ])('is issued once, however often %s fails, and reported once', async (port, failing) => {
    await sellAndWait({ [port]: [...failing] });
    const issued = await trial.events('SetpointIssued');
    expect(issued.map(({ data, actor }) => [(data as { podId: string }).podId, actor])).toEqual([
      [A, 'aggregator:AGG1'],
    ]);
    expect(await trial.events('DispatchReported')).toHaveLength(1);
    expect(new Set(trial.calls.get('setpoints.issue')).size).toBe(1);
    expect(trial.problems).toEqual([expect.stringContaining('AGG1/dispatch/')]);
  });

  it('is tried until its window is over: plants can follow what is left of it', async () => {
    await sellAndWait({ 'setpoints.issue': new Array<'down'>(60).fill('down') });
    expect(await trial.events('SetpointIssued')).toEqual([]);
    const { startMs, mtuCount } = trial.realTime.period;
    await trial.until(startMs + mtuCount * 15 * MINUTE_MS);
    expect(await trial.events('SetpointIssued')).toHaveLength(1);
  });
});

describe('a forecast', () => {
  it('is made once the measurements are there again, and names whom it cannot forecast', async () => {
    const next = '2026-03-18';
    const entry = { ...trial.dayAhead, deliveryDay: next, sessionId: `dayAhead-${next}` };
    await trial.schedule(entry);
    await trial.handOn();
    trial.faults.set('measurements.quarterHours', ['down', 'down']);
    await trial.until(entry.gateOpensMs + 10 * MINUTE_MS);
    expect(trial.problems).toEqual([
      expect.stringContaining(`AGG1/forecast/${entry.sessionId} is tried again`),
      `AGG1: 2 PoDs without a baseline for ${next} (${A} ...): no like day was measured in full`,
    ]);
  });
});

describe('a check of a settlement', () => {
  it('rejects its event while the market is down, and disputes once when it comes again', async () => {
    await scheduleAndOpen();
    await trial.until(trial.dayAhead.gateClosesMs);
    await trial.publish(trial.dayAhead.sessionId, [sold(A, 300)]);
    await trial.handOn();
    const { sessionId } = trial.dayAhead;
    // The market pays for what the aggregator has no measurement of.
    const row = {
      ...sold(A, 300),
      baselineW: flat(2_000),
      measuredW: flat(1_700),
      deliveredW: flat(300),
      paidMicroEur: flat(1),
      penaltyMicroEur: flat(0),
    };
    await trial.settle(sessionId, [row]);
    const check = trial.platform.processors.at(-1)!;
    const [event] = await trial.events('SettlementPublished');
    const published = event!;
    trial.faults.set('results.settledRows', ['down']);
    trial.faults.set('results.dispute', ['down']);
    await expect(check.handle(published)).rejects.toThrow('it is down');
    await expect(check.handle(published)).rejects.toThrow('it is down');
    await check.handle(published);
    const of = { sessionId, aggregatorId: 'AGG1', settledMicroEur: 96, expectedMicroEur: 0 };
    expect(await trial.events('SettlementDisputed')).toMatchObject([{ data: of }]);
    expect(new Set(trial.calls.get('results.dispute')).size).toBe(1);
  });
});

describe('where an instance reads again', () => {
  const replayAfter = () =>
    (trial.platform.processors[0] as unknown as { replayAfter(): Promise<number> }).replayAfter();

  it('is behind the last session whose delivery began more than three days ago', async () => {
    expect(await replayAfter()).toBe(await trial.store.head());
    await trial.schedule(trial.dayAhead);
    await trial.schedule(trial.realTime);
    const scheduled = await trial.events('SessionScheduled');
    expect(await replayAfter()).toBeLessThan(scheduled[0]!.position);
    const { startMs } = trial.dayAhead.period;
    await trial.clock.advanceTo(startMs + 3 * 1_440 * MINUTE_MS);
    expect(await replayAfter()).toBeLessThan(scheduled[0]!.position);
    await trial.clock.advanceTo(startMs + 3 * 1_440 * MINUTE_MS + 1);
    const isSameStart = trial.realTime.period.startMs === startMs;
    expect(await replayAfter()).toBe(
      isSameStart ? await trial.store.head() : scheduled[0]!.position,
    );
  });

  it('comes to the same for all who ask at once', async () => {
    await trial.schedule(trial.dayAhead);
    const asked = await Promise.all([replayAfter(), replayAfter(), replayAfter()]);
    expect(new Set(asked).size).toBe(1);
  });
});
