/** An alarm ended by switches: tried on the forecast, decided, and what goes by the grid as it is switched then. */
import {
  DomainError,
  type GridForecastEvent,
  gridForecastStream,
  instantInName,
  sessionStream,
} from '@flexledger/domain';
import { OPEN, feederFile } from '@flexledger/grid-operations';
import { MINUTE_MS, START_MS, scheduledData } from '../testing/dso-trial';
import { type Actor, type Answer, type ServedDso, serveDso } from '../testing/served-dso';

/**
 * Customers at n2, behind l1 and l2, of which l2 carries too little; l3 goes to n3. Two ties to n2 are open:
 * tie1 from n3, which carries all, and tie2 from n1, which carries no more than l2.
 */
const file = feederFile(
  [
    { parent: 0, rOhm: 0.03 },
    { parent: 1, rOhm: 0.03 },
    { parent: 0, rOhm: 0.03 },
  ],
  [
    [3, 2],
    [1, 2],
  ],
) as { lines: { id: string; inService: boolean }[] };
const MODEL = {
  ...file,
  lines: file.lines.map((line) => ({ ...line, inService: line.id !== 'tie2' })),
  switches: [{ id: 's1', kind: 'line', line: 'tie1', closed: false }],
};
const LIMITS = { ...OPEN, lineLimitA: { l1: 1_000, l2: 20, l3: 1_000, tie1: 1_000, tie2: 5 } };

const CLOSE_TIE = { elementType: 'switch', elementId: 's1', closed: true };
const OPEN_L2 = { elementType: 'line', elementId: 'l2', closed: false };
const ROUND_TIE = [CLOSE_TIE, OPEN_L2];

let served: ServedDso;
let sessionId: string;

beforeAll(async () => {
  served = await serveDso({ model: MODEL, limits: LIMITS });
  sessionId = await served.trial.schedule();
  await served.trial.until(START_MS + 71 * MINUTE_MS);
});
afterAll(() => served.close());

const GRID = '/api/v1/grids/feeder';
const at = (session = sessionId): string => `${GRID}/forecasts/${session}/switching`;
const tried = (positions: readonly object[], by: Actor = 'dso'): Promise<Answer> =>
  served.call('POST', `${at()}/trials`, by, { positions });
const decided = (positions: readonly object[], by: Actor = 'dso', key = 'once'): Promise<Answer> =>
  served.call('POST', at(), by, { positions, reason: REASON }, { 'idempotency-key': key });
const REASON = 'tie 1 carries it';

async function alarm() {
  const { body } = await served.call('GET', `${GRID}/violations?sessionId=${sessionId}`, 'dso');
  return body.items[0];
}

it('an alarm tells what those who can help could give together', async () => {
  const { violations } = await alarm();
  const [overload] = violations;
  const mtu = overload.value.findIndex((milliamperes: number) => milliamperes > 0);
  expect(overload).toMatchObject({ elementId: 'l2', violation: 'overload', resolvedFor: null });
  expect(overload.podIds).toHaveLength(2);
  expect([overload.helpW[mtu], overload.helpVar[mtu]]).toEqual([40_000, 0]);
});

describe('a variant is tried', () => {
  it('that ends the violation: told with its values, and nothing is kept', async () => {
    const head = await served.trial.log.head();
    const { status, body } = await tried(ROUND_TIE);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      gridId: 'feeder',
      sessionId,
      isRadial: true,
      rings: 0,
      cutOff: { busIds: [], podIds: [] },
      refusal: null,
    });
    expect(body.effect).toMatchObject({
      ended: [{ elementType: 'line', elementId: 'l2', kind: 'overload', limit: 20, after: null }],
      left: [],
      appeared: [],
    });
    expect(body.effect.ended[0].before).toBeGreaterThan(20);
    expect(await served.trial.log.head()).toBe(head);
  });

  it('that closes a ring: told', async () => {
    const { body } = await tried([CLOSE_TIE]);
    expect(body).toMatchObject({ isRadial: false, rings: 1 });
  });

  it('that cuts customers off: they are named, and it is not solved', async () => {
    const { body } = await tried([OPEN_L2]);
    expect(body).toMatchObject({
      cutOff: { busIds: ['n2'], podIds: ['IT002E60000001', 'IT002E60000002'] },
      effect: null,
      refusal: 'switching-cuts-supply',
    });
  });

  it('that overloads another line: told which', async () => {
    const tie2 = { elementType: 'line', elementId: 'tie2', closed: true };
    const { body } = await tried([tie2, OPEN_L2]);
    expect(body.effect.appeared.map(({ elementId }: { elementId: string }) => elementId)).toEqual([
      'tie2',
    ]);
    expect(body.refusal).toBe('switching-harms');
  });

  it.each<[string, readonly object[], number, string]>([
    ['none', [], 400, 'input-malformed'],
    ['of no kind', [{ ...OPEN_L2, elementType: 'fuse' }], 400, 'input-malformed'],
    ['an unknown one', [{ ...OPEN_L2, elementId: 'l9' }], 400, 'switch-malformed'],
    ['neither open nor closed', [{ ...OPEN_L2, closed: 'half' }], 400, 'input-malformed'],
  ])('switches are refused: %s', async (_, positions, status, code) => {
    const answer = await tried(positions);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it.each<[Actor, number]>([
    ['tso', 403],
    ['aggregator:AGG1', 403],
    ['operator', 200],
    ['auditor', 200],
  ])('by %s: %i', async (by, status) => {
    expect((await tried(ROUND_TIE, by)).status).toBe(status);
  });

  it('not by who has not signed in', async () => {
    const answer = await served.call('POST', `${at()}/trials`, undefined, { positions: ROUND_TIE });
    expect(answer.status).toBe(401);
  });

  it.each([
    ['no forecast of the session', () => `${at('never')}/trials`, 'forecast-unknown'],
    ['another grid', () => `${at()}/trials`.replace('feeder', 'other'), 'grid-unknown'],
  ])('%s', async (_, path, code) => {
    const answer = await served.call('POST', path(), 'dso', { positions: ROUND_TIE });
    expect([answer.status, answer.body.code]).toEqual([404, code]);
  });
});

describe('a variant is decided', () => {
  it.each<[string, readonly object[], string]>([
    ['cuts customers off', [OPEN_L2], 'switching-cuts-supply'],
    ['ends nothing', [{ ...OPEN_L2, closed: true }], 'switching-ends-nothing'],
    [
      'harms',
      [{ elementType: 'line', elementId: 'tie2', closed: true }, OPEN_L2],
      'switching-harms',
    ],
  ])('not one that %s: nothing changes', async (_, positions, code) => {
    const head = await served.trial.log.head();
    const answer = await decided(positions, 'dso', code);
    expect([answer.status, answer.body.code]).toEqual([409, code]);
    expect(await served.trial.log.head()).toBe(head);
  });

  it.each<Actor>(['tso', 'aggregator:AGG1', 'auditor'])('not by %s', async (by) => {
    expect((await decided(ROUND_TIE, by, by)).status).toBe(403);
  });

  it('that ends the alarm: it ends with the reason, and its request is taken back', async () => {
    const before = await alarm();
    const [request] = before.requests;
    expect(served.trial.market.requests.has(request.requestId)).toBe(true);
    const { status, body } = await decided(ROUND_TIE);
    expect([status, body.ended]).toEqual([200, ['l2']]);
    await served.trial.settle();
    const after = await alarm();
    expect(after.openViolations).toBe(0);
    expect(after.violations[0]).toMatchObject({
      resolvedAt: expect.any(String),
      resolvedFor: REASON,
    });
    expect(after.reconfiguration).toMatchObject({ positions: ROUND_TIE, reason: REASON });
    expect(after.requests[0]).toMatchObject({ state: 'held', heldFor: REASON });
    expect(served.trial.market.requests.has(request.requestId)).toBe(false);
  });

  it('the same word again changes nothing', async () => {
    const head = await served.trial.log.head();
    const { status, body } = await decided(ROUND_TIE);
    expect([status, body]).toMatchObject([200, { positions: ROUND_TIE, ended: ['l2'] }]);
    expect(await served.trial.log.head()).toBe(head);
  });

  it('stands in the log with the digest of the model that has it', async () => {
    const start = instantInName(Date.parse(scheduledData().deliveryStart));
    const events: GridForecastEvent[] = [];
    for await (const event of served.trial.log.readStream(gridForecastStream('feeder', start))) {
      events.push(event as unknown as GridForecastEvent);
    }
    const { digest } = (await served.call('GET', GRID, 'dso')).body;
    expect(events.find(({ type }) => type === 'GridReconfigured')?.data).toMatchObject({
      sessionId,
      positions: ROUND_TIE,
      modelDigest: digest,
      ended: ['l2'],
    });
  });

  it('is what the session is solved on from then', async () => {
    const flow = await served.call('GET', `${GRID}/forecasts/${sessionId}/power-flow?mtu=0`, 'dso');
    expect(flow.body.violations).toEqual([]);
    const l2 = flow.body.powerFlow.lines.find(({ id }: { id: string }) => id === 'l2');
    expect(l2).toBeUndefined();
  });

  it('is what its outcome is validated on: what l2 would not have carried is permitted', async () => {
    const { trial } = served;
    trial.market.rows = [
      {
        podId: 'IT002E60000001',
        product: 'P',
        direction: 'down',
        firstMtu: 0,
        acceptedW: new Array<number>(16).fill(10_000),
      } as never,
    ];
    await trial.append(`session-${sessionId}`, 'OutcomeSentForValidation', {
      sessionId,
      outcomeId: `${sessionId}/0`,
      round: 0,
      answerDueAt: '2026-03-16T12:00:00.000Z',
    });
    expect(trial.market.answers.at(-1)).toEqual({ outcomeId: `${sessionId}/0`, exceptions: [] });
  });

  it('is what the next session is forecast and asked for on', async () => {
    const next = await served.trial.schedule(1);
    await served.trial.until(START_MS + (24 * 60 + 71) * MINUTE_MS);
    const { body } = await served.call('GET', `${GRID}/violations?sessionId=${next}`, 'dso');
    expect(body.items[0]).toMatchObject({ violationCount: 0, requests: [] });
  });
});

it('what is decided for a later delivery is switched then: until it begins the state is estimated on the grid as it stands', async () => {
  const { deliveryStart } = scheduledData();
  const estimatedAt = async (instant: string): Promise<string> => {
    const { status, body } = await served.call('POST', `${GRID}/state-estimates`, 'dso', {
      at: instant,
      measurements: [],
    });
    expect(status).toBe(201);
    return body.modelDigest;
  };
  const { digest: published } = (await served.call('GET', GRID, 'dso')).body;
  const quarterBefore = new Date(Date.parse(deliveryStart) - 15 * MINUTE_MS).toISOString();
  const [before, then] = [await estimatedAt(quarterBefore), await estimatedAt(deliveryStart)];
  expect(then).toBe(published);
  expect(before).not.toBe(published);
  // It is the one that the session had been forecast on.
  const start = instantInName(Date.parse(deliveryStart));
  for await (const event of served.trial.log.readStream(gridForecastStream('feeder', start))) {
    const { type, data } = event as unknown as GridForecastEvent;
    if (type === 'ForecastComputed') expect(data.modelDigest).toBe(before);
  }
});

/** A session like the usual one, so many hours on, whose gate opens so many minutes on and closes so many. */
async function scheduleLater(
  { trial }: ServedDso,
  hoursOn: number,
  opensMinutesOn = 0,
  closesMinutesOn = 0,
): Promise<string> {
  const usual = scheduledData();
  const on = (instant: string, minutes: number) =>
    new Date(Date.parse(instant) + minutes * MINUTE_MS).toISOString();
  const deliveryStart = on(usual.deliveryStart, hoursOn * 60);
  const session = {
    ...usual,
    sessionId: `realTime-${deliveryStart.slice(0, 'yyyy-mm-ddThh:mm'.length)}Z`,
    deliveryDay: deliveryStart.slice(0, 'yyyy-mm-dd'.length),
    deliveryStart,
    gateOpensAt: on(usual.gateOpensAt, opensMinutesOn),
    gateClosesAt: on(usual.gateClosesAt, closesMinutesOn),
  };
  await trial.append(sessionStream(session.sessionId), 'SessionScheduled', session);
  return session.sessionId;
}

describe('switches decided for a delivery after others were for a later one', () => {
  /** As above, with an open tie from n3 to n1 that carries all. */
  const grid = feederFile(
    [
      { parent: 0, rOhm: 0.03 },
      { parent: 1, rOhm: 0.03 },
      { parent: 0, rOhm: 0.03 },
    ],
    [
      [3, 2],
      [1, 2],
      [3, 1],
    ],
  ) as typeof file;
  const model = {
    ...grid,
    lines: grid.lines.map((line) => ({ ...line, inService: !['tie2', 'tie3'].includes(line.id) })),
    switches: MODEL.switches,
  };
  const limits = { ...LIMITS, lineLimitA: { ...LIMITS.lineLimitA, tie3: 1_000 } };
  const CLOSE_TIE3 = { elementType: 'line', elementId: 'tie3', closed: true };
  const OPEN_L1 = { elementType: 'line', elementId: 'l1', closed: false };
  let other: ServedDso;
  let [before, later] = ['', ''];
  beforeEach(async () => {
    other = await serveDso({ model, limits });
  });
  afterEach(() => other.close());

  /** @param closesMinutesOn of the later session's gate */
  async function decideLater(closesMinutesOn = 0): Promise<void> {
    later = await scheduleLater(other, 24, 0, closesMinutesOn);
    before = await scheduleLater(other, 0);
    await other.trial.until(START_MS + 71 * MINUTE_MS);
    expect((await decide(later, ROUND_TIE)).status).toBe(200);
  }
  const decide = (session: string, positions: readonly object[]): Promise<Answer> =>
    other.call('POST', at(session), 'dso', { positions, reason: `for ${session}` });
  const openOn = async (session: string): Promise<object> => {
    const { body } = await other.call('GET', `${GRID}/forecasts/${session}`, 'dso');
    let found: object | undefined;
    const filter = { types: ['GridModelPublished'] };
    for await (const event of other.trial.log.readAll({ filter })) {
      const { digest, model: published } = event.data as { digest: string; model: object };
      if (digest === body.modelDigest) found = published;
    }
    const { lines, switches } = found as typeof MODEL;
    return {
      s1: switches[0]!.closed,
      ...Object.fromEntries(lines.map(({ id, inService }) => [id, inService])),
    };
  };

  it('are in force from their delivery on, and with those from the later one on', async () => {
    await decideLater();
    const unswitched = (await other.call('GET', GRID, 'dso')).body.digest;
    const wanted = [...ROUND_TIE, CLOSE_TIE3];
    const { status, body } = await decide(before, wanted);
    expect([status, body.ended]).toEqual([200, ['l2']]);
    expect(await openOn(before)).toMatchObject({ s1: true, l2: false, tie3: true, l1: true });
    expect(await openOn(later)).toMatchObject({ s1: true, l2: false, tie3: true, l1: true });
    const current = (await other.call('GET', GRID, 'dso')).body.digest;
    expect(current).not.toBe(unswitched);
    // Each instant is estimated on the switches that are in force then.
    const { deliveryStart } = scheduledData();
    const digestAt = async (hoursOn: number): Promise<string> => {
      const instant = new Date(Date.parse(deliveryStart) + hoursOn * 60 * MINUTE_MS).toISOString();
      const asked = { at: instant, measurements: [] };
      return (await other.call('POST', `${GRID}/state-estimates`, 'dso', asked)).body.modelDigest;
    };
    const forecastOn = async (session: string): Promise<string> =>
      (await other.call('GET', `${GRID}/forecasts/${session}`, 'dso')).body.modelDigest;
    expect([await digestAt(0), await digestAt(23), await digestAt(24)]).toEqual([
      await forecastOn(before),
      await forecastOn(before),
      await forecastOn(later),
    ]);
    // The alarm of the later one tells who decided for it, and why, as before.
    const { body: state } = await other.call('GET', `${GRID}/violations?sessionId=${later}`, 'dso');
    expect(state.items[0]).toMatchObject({
      openViolations: 0,
      reconfiguration: { positions: ROUND_TIE, reason: `for ${later}` },
    });
    const head = await other.trial.log.head();
    expect((await decide(before, wanted)).status).toBe(200);
    expect((await decide(later, ROUND_TIE)).status).toBe(200);
    expect(await other.trial.log.head()).toBe(head);
  });

  it('are not in force where one between has switched the same otherwise', async () => {
    const last = await scheduleLater(other, 48);
    await decideLater();
    expect((await decide(last, [CLOSE_TIE3])).status).toBe(200);
    const closeL2 = { ...OPEN_L2, closed: true };
    const { status } = await decide(before, [CLOSE_TIE, OPEN_L1, CLOSE_TIE3, closeL2]);
    expect(status).toBe(200);
    expect(await openOn(before)).toMatchObject({ s1: true, l1: false, l2: true, tie3: true });
    expect(await openOn(later)).toMatchObject({ s1: true, l1: false, l2: false, tie3: true });
    expect(await openOn(last)).toMatchObject({ s1: true, l1: false, l2: false, tie3: true });
  });

  it('are carried on where a crash has cut that short, when they are said again', async () => {
    await decideLater();
    // Round by n3, but for l2, which the later ones open.
    const wanted = [CLOSE_TIE, OPEN_L1, CLOSE_TIE3];
    const { log } = other.trial;
    const append = log.append.bind(log);
    let published = 0;
    const cut = jest.spyOn(log, 'append').mockImplementation((...args) => {
      const [, , events] = args;
      published += events.filter(({ type }) => type === 'GridModelPublished').length;
      // Whatever ends it there; this is told to the one who asked, and to nobody else.
      if (published > 1) throw new DomainError('log-busy', 'Cut short.');
      return append(...args);
    });
    expect((await decide(before, wanted)).body.code).toBe('log-busy');
    cut.mockRestore();
    expect(await openOn(before)).toMatchObject({ s1: true, l1: false, l2: true, tie3: true });
    expect(await openOn(later)).toMatchObject({ s1: true, l1: true, l2: false, tie3: false });
    expect((await decide(before, wanted)).status).toBe(200);
    expect(await openOn(before)).toMatchObject({ s1: true, l1: false, l2: true, tie3: true });
    expect(await openOn(later)).toMatchObject({ s1: true, l1: false, l2: false, tie3: true });
  });

  it('are not where both together would cut off supply: neither was tried with the other', async () => {
    await decideLater();
    const head = await other.trial.log.head();
    const { status, body } = await decide(before, [CLOSE_TIE, OPEN_L1]);
    expect([status, body.code]).toEqual([409, 'switching-out-of-order']);
    expect(body.detail).toContain('with these too n1 would be cut off');
    expect(await other.trial.log.head()).toBe(head);
  });

  it('are not once the later gate is over, whose outcome is validated on what stood then', async () => {
    await decideLater(-60);
    const closesMs = Date.parse(scheduledData().gateClosesAt);
    await other.trial.until(closesMs - 30 * MINUTE_MS);
    const { status, body } = await decide(before, [...ROUND_TIE, CLOSE_TIE3]);
    expect([status, body.code]).toEqual([409, 'switching-out-of-order']);
    expect(body.detail).toContain('its gate is over');
  });
});

it('of two decisions at once that were each tried on the same model one stands: nobody has tried both', async () => {
  const other = await serveDso({ model: MODEL, limits: LIMITS });
  try {
    const session = await other.trial.schedule();
    await other.trial.until(START_MS + 71 * MINUTE_MS);
    const closed = (elementId: string, is: boolean) => ({
      elementType: 'line',
      elementId,
      closed: is,
    });
    const roundBoth = [...ROUND_TIE, closed('tie2', true), closed('l1', false)];
    const decide = (positions: readonly object[]): Promise<Answer> =>
      other.call('POST', at(session), 'dso', { positions, reason: REASON });
    other.trial.market.meanwhile = async () => {
      expect((await decide(ROUND_TIE)).status).toBe(200);
    };
    const { status, body } = await decide(roundBoth);
    expect([status, body.code]).toEqual([409, 'grid-changed']);
    const types = await other.trial.typesLogged();
    expect(types.filter((type) => type === 'GridModelPublished')).toHaveLength(2);
    expect(types.filter((type) => type === 'GridReconfigured')).toHaveLength(1);
  } finally {
    await other.close();
  }
});

it('switches for a later delivery do not count in a session that is delivered before: it is forecast, tried and estimated without them', async () => {
  const other = await serveDso({ model: MODEL, limits: LIMITS });
  try {
    const { trial } = other;
    const schedule = (...when: readonly [number, number?]) => scheduleLater(other, ...when);
    const forecastOn = async (session: string): Promise<string> =>
      (await other.call('GET', `${GRID}/forecasts/${session}`, 'dso')).body.modelDigest;
    const decide = (session: string): Promise<Answer> =>
      other.call('POST', at(session), 'dso', { positions: ROUND_TIE, reason: REASON });
    const later = await schedule(24);
    const before = await schedule(0);
    const afterwards = await schedule(4, 30);
    await trial.until(START_MS + 71 * MINUTE_MS);
    const asItStands = await forecastOn(before);
    expect(asItStands).toEqual(expect.any(String));
    expect((await decide(later)).status).toBe(200);
    const published = (await other.call('GET', GRID, 'dso')).body.digest;
    expect(published).not.toBe(asItStands);

    await trial.until(START_MS + 101 * MINUTE_MS);
    expect(await forecastOn(afterwards)).toBe(asItStands);
    const { body: trialOfSwitches } = await other.call('POST', `${at(before)}/trials`, 'dso', {
      positions: [CLOSE_TIE],
    });
    // On top of the later ones, which open l2, it would be radial.
    expect(trialOfSwitches).toMatchObject({ isRadial: false, rings: 1 });
    const named = [CLOSE_TIE, OPEN_L2] as const;
    // It is decided all the same: alike, they are in force from the earlier delivery on.
    const { status, body } = await decide(before);
    expect([status, body]).toMatchObject([200, { positions: named, modelDigest: published }]);
    expect(await forecastOn(before)).toBe(published);
    expect(await forecastOn(later)).toBe(published);
  } finally {
    await other.close();
  }
});

it('none is decided once the gate is over, also where the market has not closed it yet', async () => {
  const late = await serveDso({ model: MODEL, limits: LIMITS });
  try {
    const session = await late.trial.schedule();
    await late.trial.until(Date.parse(scheduledData().gateClosesAt));
    const asked = { positions: ROUND_TIE, reason: REASON };
    const { status, body } = await late.call('POST', at(session), 'dso', asked);
    expect([status, body.code]).toEqual([409, 'gate-closed']);
    expect(await late.trial.typesLogged()).not.toContain('GridReconfigured');
  } finally {
    await late.close();
  }
});
