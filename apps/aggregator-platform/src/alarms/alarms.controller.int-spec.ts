/**
 * Every kind of alarm of an aggregator, over HTTP, on a clock that moves when told: found, listed, seen to, ended,
 * and as it was after the platform has been opened again.
 */
import {
  type AgreementEvent,
  type FlexibilityOffer,
  type NodeEvent,
  type OutcomeRow,
  agreementStream,
  meterStream,
  nodeStream,
} from '@flexledger/domain';
import { uuidFrom } from '@flexledger/identity';
import { isoFromMs } from '@flexledger/runtime';
import { type Served, serveTrial } from '../testing/serve';
import { A, B, FOREIGN, type Trial, DAY, flat, openTrial } from '../testing/trial';
import { createAlarms } from './alarms';
import { createSilentNodes } from './silent-nodes';

const ALARMS = '/api/v1/portfolio/alarms';
const MINUTE_MS = 60_000;
let trial: Trial;
let served: Served;
beforeEach(async () => {
  trial = await openTrial();
  served = await serveTrial(trial);
});
afterEach(async () => {
  await served.close();
  await trial.close();
});

interface Told {
  readonly alarmId: string;
  readonly kind: string;
  readonly status: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

async function alarms(query = '', actor = 'aggregator:AGG1'): Promise<readonly Told[]> {
  const { status, body } = await served.call(actor, 'GET', `${ALARMS}${query}`);
  expect(status).toBe(200);
  return body.items;
}

const acknowledge = (alarmId: string, said: object, actor = 'aggregator:AGG1') =>
  served.call(actor, 'PUT', `${ALARMS}/${encodeURIComponent(alarmId)}/acknowledgement`, said);

let told = 0;
async function tell(...said: Parameters<typeof record>): Promise<void> {
  await record(...said);
  await trial.handOn();
}

/** Puts events into the log, and hands them to nobody. */
async function record(
  stream: string,
  ...events: readonly { readonly type: string; readonly data: object }[]
): Promise<void> {
  for (const { type, data } of events) {
    const id = uuidFrom(`told/${(told += 1)}`);
    const occurredAt = isoFromMs(trial.clock.nowMs());
    const of = { correlationId: id, causationId: id, actor: 'platform:test', schemaVersion: 1 };
    await trial.store.append(stream, 'any', [{ id, type, data, occurredAt, ...of }]);
  }
}

const tellNode = (podId: string, ...events: readonly NodeEvent[]) =>
  tell(nodeStream(podId), ...events);
const tellAgreement = (...events: readonly AgreementEvent[]) => tell(agreementStream(A), ...events);

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

async function openDayAhead(): Promise<void> {
  const { dayAhead } = trial;
  await trial.schedule(dayAhead);
  await trial.until(dayAhead.gateOpensMs);
  await trial.open(dayAhead.sessionId);
}

/** Lets the day-ahead session sell so much of the first PoD and nothing of the second. */
async function sellFirst(watts: number): Promise<void> {
  await openDayAhead();
  await trial.until(trial.dayAhead.gateClosesMs);
  await trial.publish(trial.dayAhead.sessionId, [sold(A, watts)]);
  await trial.handOn();
}

/** Opens the first real-time window, which sells nothing more. */
async function beginDelivery(): Promise<void> {
  const { sessionId, gateOpensMs } = trial.realTime;
  await trial.schedule(trial.realTime);
  await trial.until(gateOpensMs);
  await trial.open(sessionId);
}

async function measure(podId: string, mtuStartMs: number, withdrawnWh: number): Promise<void> {
  const mtuStart = isoFromMs(mtuStartMs);
  const inputData = {
    podId,
    sequence: (told += 1),
    mtuStart,
    withdrawnWh,
    injectedWh: 0,
    reactiveVarh: 0,
    withdrawnTotalWh: 0,
    injectedTotalWh: 0,
  };
  const data = { podId, sequence: inputData.sequence, inputData, hash: '00', signedHash: '00' };
  await tell(meterStream(podId, mtuStart), { type: 'MeasurementRecorded', data });
}

it('tells which PoDs cannot be offered in the session that comes, and why', async () => {
  await trial.register([
    { kind: 'changeAvailability', podId: B, deliveryDay: DAY, available: false },
  ]);
  await openDayAhead();
  await trial.until(trial.dayAhead.gateOpensMs + 30 * MINUTE_MS);
  expect(await alarms()).toEqual([]);
  await trial.until(trial.dayAhead.gateOpensMs + 31 * MINUTE_MS);
  const pods = [{ podId: B, reason: `its customer has switched it off for ${DAY}` }];
  expect(await alarms()).toMatchObject([
    {
      alarmId: `noFlexibility-${DAY}`,
      status: 'open',
      facts: { sessionId: trial.dayAhead.sessionId, podCount: 1, pods },
    },
  ]);
  // An instance that begins later finds it again, and does not tell it again.
  await trial.restart();
  await trial.until(trial.dayAhead.gateClosesMs - MINUTE_MS);
  expect(await trial.events('AlarmRaised')).toHaveLength(1);
});

it('tells what the market took not onto its book, and what of the rest sold nothing', async () => {
  await openDayAhead();
  const offer = {
    kind: 'single',
    podId: A,
    product: 'P',
    direction: 'up',
    quantityW: flat(100),
    priceMicroEurPerKwh: flat(100_000),
    divisible: true,
    minQuantityW: 0,
  } as unknown as FlexibilityOffer;
  const context = {
    commandId: 'c',
    correlationId: 'c',
    causationId: 'c',
    actor: 'aggregator:AGG1',
  };
  await trial.ports.orders.offerFlexibility(
    trial.dayAhead.sessionId,
    {
      bidId: 'by-hand',
      aggregatorId: 'AGG1',
      offers: [
        { ...offer, offerId: 'good' },
        { ...offer, offerId: 'foreign', podId: FOREIGN },
      ],
    },
    context,
  );
  await trial.handOn();
  expect(await alarms('?kind=offersRefused')).toMatchObject([
    { facts: { offerCount: 1, offers: [{ offerId: 'foreign', reason: expect.any(String) }] } },
  ]);
  await trial.until(trial.dayAhead.gateClosesMs);
  await trial.publish(trial.dayAhead.sessionId, [sold(B, 300)]);
  await trial.until(trial.clock.nowMs() + MINUTE_MS);
  expect(await alarms('?kind=offersLost')).toMatchObject([
    {
      alarmId: `offersLost-${trial.dayAhead.sessionId}`,
      facts: {
        offered: 2,
        offerCount: 1,
        offers: [{ offerId: 'good', reason: 'AGG1 sold nothing of good in 1 rounds' }],
      },
    },
  ]);
});

it('tells what cannot be delivered as sold', async () => {
  await sellFirst(300);
  // The customer changes its mind after the gate.
  await trial.register([
    { kind: 'changeAvailability', podId: A, deliveryDay: DAY, available: false },
  ]);
  await beginDelivery();
  await trial.until(trial.realTime.period.startMs + MINUTE_MS);
  const { mtuCount } = trial.realTime.period;
  expect(await alarms('?kind=notDeliverable')).toMatchObject([
    { facts: { infeasibleMtus: mtuCount, worst: { podId: A, soldChangeW: -300, changeW: 0 } } },
  ]);
  await trial.until(trial.realTime.period.startMs + mtuCount * 15 * MINUTE_MS);
  expect(await alarms('?kind=notDeliverable')).toMatchObject([{ status: 'ended' }]);
});

it('tells a shortfall while it happens, and that it is over', async () => {
  await sellFirst(300);
  await beginDelivery();
  const { startMs } = trial.realTime.period;
  const quarterMs = 15 * MINUTE_MS;
  await trial.until(startMs + quarterMs);
  // 2 kW are the baseline: nothing was moved.
  await measure(A, startMs, 500);
  expect(await alarms('?kind=shortfall')).toEqual([]);
  await trial.until(startMs + quarterMs + 2 * MINUTE_MS);
  const of = { sessionId: trial.realTime.sessionId, mtuStart: isoFromMs(startMs) };
  const lacks = { soldWh: 75, deliveredWh: 0, podsShort: 1, podsUnmeasured: 0 };
  expect(await alarms('?kind=shortfall&status=open')).toMatchObject([
    { facts: { ...of, ...lacks, worst: { podId: A, soldWh: 75, deliveredWh: 0 } } },
  ]);
  await measure(A, startMs + quarterMs, 425);
  await trial.until(startMs + 2 * quarterMs + 2 * MINUTE_MS);
  expect(await alarms('?kind=shortfall')).toMatchObject([{ status: 'ended' }]);
});

it('tells a node that stays silent, not one that comes back at once, and its end', async () => {
  const enrolled: NodeEvent = {
    type: 'NodeEnrolled',
    data: { podId: A, publicKey: '04', meterDriver: 'simulated' },
  };
  const connected: NodeEvent = { type: 'NodeConnected', data: { podId: A } };
  const disconnected: NodeEvent = { type: 'NodeDisconnected', data: { podId: A } };
  await tellNode(A, enrolled, connected, disconnected);
  await trial.until(trial.clock.nowMs() + 10 * MINUTE_MS);
  await tellNode(A, connected);
  await trial.until(trial.clock.nowMs() + 60 * MINUTE_MS);
  expect(await alarms()).toEqual([]);
  const since = isoFromMs(trial.clock.nowMs());
  await tellNode(A, disconnected);
  await trial.until(trial.clock.nowMs() + 15 * MINUTE_MS);
  expect(await alarms()).toMatchObject([{ kind: 'nodeSilent', podId: A, facts: { since } }]);
  await tellNode(A, connected);
  expect(await alarms()).toMatchObject([{ kind: 'nodeSilent', status: 'ended' }]);
});

it('tells no longer of a node that is none any more', async () => {
  await tellNode(
    A,
    { type: 'NodeEnrolled', data: { podId: A, publicKey: '04', meterDriver: 'simulated' } },
    { type: 'NodeConnected', data: { podId: A } },
    { type: 'NodeDisconnected', data: { podId: A } },
  );
  await trial.until(trial.clock.nowMs() + 20 * MINUTE_MS);
  expect(await alarms()).toMatchObject([{ kind: 'nodeSilent', status: 'open' }]);
  await tellNode(A, { type: 'NodeRevoked', data: { podId: A, reason: 'moved out' } });
  expect(await alarms()).toMatchObject([{ kind: 'nodeSilent', status: 'ended' }]);
});

describe('an outage that cuts off more nodes than one alarm lists', () => {
  const podIds = Array.from(
    { length: 25 },
    (_, index) => `IT002E7${String(index).padStart(7, '0')}`,
  );
  let sinceMs: number;

  /** All but the last at once, the last two minutes later; a node of another aggregator with them. */
  beforeEach(async () => {
    await trial.register(
      podIds.map((podId) => ({
        kind: 'registerPod',
        podId,
        aggregatorId: 'AGG1',
        customerKind: 'household',
        contractedPowerW: 3_000,
        annualEnergyKwh: 2_000,
        pvPeakW: 0,
        wallet: `0x${'1'.repeat(40)}`,
      })),
    );
    for (const podId of [...podIds, FOREIGN]) {
      await tellNode(
        podId,
        { type: 'NodeEnrolled', data: { podId, publicKey: '04', meterDriver: 'simulated' } },
        { type: 'NodeConnected', data: { podId } },
      );
    }
    await trial.until(trial.clock.nowMs() + 10 * MINUTE_MS);
    sinceMs = trial.clock.nowMs();
    for (const podId of [...podIds.slice(0, -1), FOREIGN]) await cutOff(podId);
    await trial.until(sinceMs + 2 * MINUTE_MS);
    await cutOff(podIds.at(-1)!);
  });
  const cutOff = (podId: string) => tellNode(podId, { type: 'NodeDisconnected', data: { podId } });
  const back = (podId: string) => tellNode(podId, { type: 'NodeConnected', data: { podId } });

  it('is one alarm of an aggregator, with how many, the first and the last', async () => {
    await trial.until(sinceMs + 14 * MINUTE_MS);
    expect(await alarms()).toEqual([]);
    await trial.until(sinceMs + 20 * MINUTE_MS);
    const since = isoFromMs(sinceMs);
    const until = isoFromMs(sinceMs + 2 * MINUTE_MS);
    const facts = { since, until, podCount: 25, lastPodId: podIds[24] };
    expect(await alarms()).toMatchObject([
      { kind: 'nodesSilent', podId: null, facts: { ...facts, podIds: podIds.slice(0, 20) } },
    ]);
    expect(await alarms('', 'aggregator:AGG2')).toMatchObject([
      { kind: 'nodeSilent', podId: FOREIGN },
    ]);
    const listed = '/api/v1/portfolio?silent=true&limit=20';
    const first = await served.call('aggregator:AGG1', 'GET', listed);
    const cursor = encodeURIComponent(first.body.next);
    const rest = await served.call('aggregator:AGG1', 'GET', `${listed}&cursor=${cursor}`);
    const pods = [...first.body.items, ...rest.body.items];
    expect(pods.map(({ podId }) => podId)).toEqual(podIds);
    expect(pods.at(-1)).toMatchObject({ silentSince: until });
    // An instance that begins later finds it again, and tells nobody twice.
    await trial.restart();
    await trial.until(sinceMs + 30 * MINUTE_MS);
    expect(await trial.events('AlarmRaised')).toHaveLength(2);
  });

  it('is one also where several minutes of it are looked at at once, as after a restart', async () => {
    const looks = new Map<string, () => Promise<void>>();
    const silentNodes = createSilentNodes({
      alarms: createAlarms({ log: trial.store, clock: trial.clock }),
      views: trial.views,
      tasks: { arm: ({ name, run }) => void looks.set(name, run) },
      policy: { silentMinutes: 15, liveDays: 3 },
      lookedForMs: MINUTE_MS,
    });
    (await trial.events('NodeDisconnected')).forEach((event) => silentNodes.cutOff(event));
    expect(looks.size).toBe(2);
    await Promise.all([...looks.values()].map((look) => look()));
    const raised = (await trial.events('AlarmRaised')).map(({ data }) => data);
    expect(raised).toMatchObject([
      { aggregatorId: 'AGG1', facts: { kind: 'nodesSilent', podCount: 25 } },
      { aggregatorId: 'AGG2', facts: { kind: 'nodeSilent' } },
    ]);
  });

  it('ends once few lack, who are told one by one', async () => {
    await trial.until(sinceMs + 20 * MINUTE_MS);
    for (const podId of podIds.slice(0, 4)) await back(podId);
    await trial.until(sinceMs + 25 * MINUTE_MS);
    expect(await alarms()).toMatchObject([{ kind: 'nodesSilent', status: 'open' }]);
    for (const podId of podIds.slice(4, -2)) await back(podId);
    await trial.until(sinceMs + 30 * MINUTE_MS);
    expect(await alarms('?kind=nodesSilent')).toMatchObject([{ status: 'ended' }]);
    const single = (await alarms('?status=open')) as readonly object[];
    expect(single).toMatchObject([{ podId: podIds[24] }, { podId: podIds[23] }]);
  });

  it('ends also where they came back hours ago, while no instance heard of it', async () => {
    await trial.until(sinceMs + 20 * MINUTE_MS);
    for (const podId of podIds) {
      await record(nodeStream(podId), { type: 'NodeConnected', data: { podId } });
    }
    await trial.clock.advanceTo(sinceMs + 180 * MINUTE_MS);
    await trial.until(sinceMs + 185 * MINUTE_MS);
    expect(await alarms('?kind=nodesSilent')).toMatchObject([{ status: 'ended' }]);
  });
});

describe('terms that a customer refuses', () => {
  const proposed: AgreementEvent = {
    type: 'AgreementProposed',
    data: {
      podId: A,
      aggregatorId: 'AGG1',
      customerSharePerMille: 500,
      customerPenaltySharePerMille: 500,
      aggregatorWallet: `0x${'2'.repeat(40)}`,
    },
  };
  const refused: AgreementEvent = {
    type: 'AgreementRefused',
    data: { podId: A, reason: 'too little' },
  };
  const alarmId = `termsRefused-${A}`;

  beforeEach(() => tellAgreement(proposed, refused));

  it('are told, to their aggregator alone, until others are proposed', async () => {
    expect(await alarms()).toMatchObject([{ alarmId, facts: { reason: 'too little' } }]);
    expect(await alarms('', 'aggregator:AGG2')).toEqual([]);
    await tellAgreement(proposed);
    expect(await alarms('?status=ended')).toMatchObject([{ alarmId }]);
    expect(await alarms('?status=open')).toEqual([]);
    await tellAgreement(refused);
    expect(await alarms('?status=open')).toMatchObject([{ alarmId }]);
  });

  it('are seen to once, by who owns them, with what was done; that stands after a restart', async () => {
    const foreign = await acknowledge(alarmId, { action: 'x' }, 'aggregator:AGG2');
    expect([foreign.status, foreign.body.code]).toEqual([404, 'alarm-unknown']);
    expect((await acknowledge(alarmId, {})).body).toMatchObject({
      code: 'input-malformed',
      errors: [{ field: 'action', reason: 'or reason must say something' }],
    });
    expect((await acknowledge(alarmId, { action: 'a', reason: 'b' })).status).toBe(400);
    const done = await acknowledge(alarmId, { action: 'proposed half' });
    expect([done.status, done.body]).toEqual([200, { changed: true }]);
    const again = await acknowledge(alarmId, { reason: 'never mind' });
    expect([again.status, again.body.code]).toEqual([409, 'alarm-acknowledged']);
    await served.close();
    await trial.restart();
    served = await serveTrial(trial);
    await trial.handOn();
    expect(await alarms('?status=acknowledged')).toMatchObject([
      { alarmId, action: 'proposed half', reason: null, acknowledgedBy: 'aggregator:AGG1' },
    ]);
  });
});

describe('a log that is older than its alarms', () => {
  const DAY_MS = 24 * 60 * MINUTE_MS;
  /** A bid that was refused in part, a window that could not be delivered, terms that were refused. */
  beforeEach(async () => {
    const { dayAhead, realTime } = trial;
    const refused = [{ offerId: 'foreign', reason: 'is of another aggregator' }];
    const infeasible = [{ podId: A, mtu: 0, soldChangeW: -300, changeW: 0, because: 'limits' }];
    const windowStart = isoFromMs(realTime.period.startMs);
    await trial.schedule(dayAhead);
    await trial.schedule(realTime);
    await record(
      'refused',
      {
        type: 'FlexibilityOffered',
        data: { sessionId: dayAhead.sessionId, aggregatorId: 'AGG1', offers: [], refused },
      },
      {
        type: 'DispatchReported',
        data: { aggregatorId: 'AGG1', windowStart, setpoints: 0, infeasibleMtus: 1, infeasible },
      },
    );
    await record(
      agreementStream(A),
      {
        type: 'AgreementProposed',
        data: {
          podId: A,
          aggregatorId: 'AGG1',
          customerSharePerMille: 500,
          customerPenaltySharePerMille: 500,
          aggregatorWallet: `0x${'2'.repeat(40)}`,
        },
      },
      { type: 'AgreementRefused', data: { podId: A, reason: 'too little' } },
    );
  });
  const kindsFoundAfter = async (ms: number): Promise<string[]> => {
    await trial.clock.advanceTo(trial.realTime.period.startMs + ms);
    await trial.handOn();
    return (await alarms()).map(({ kind }) => kind).sort();
  };

  it('is told of what can still be seen to', async () => {
    const kinds = await kindsFoundAfter(-MINUTE_MS);
    expect(kinds).toEqual(['notDeliverable', 'offersRefused', 'termsRefused']);
  });

  it('is told nothing of what is over', async () => {
    expect(await kindsFoundAfter(5 * DAY_MS)).toEqual([]);
    expect(await trial.events('AlarmRaised')).toEqual([]);
  });
});

it('end with the delivery of what was refused or sold nothing', async () => {
  await openDayAhead();
  const { sessionId, period } = trial.dayAhead;
  const refused = [{ offerId: 'foreign', reason: 'is of another aggregator' }];
  const data = { sessionId, aggregatorId: 'AGG1', offers: [], refused };
  await tell('refused', { type: 'FlexibilityOffered', data });
  await trial.until(trial.dayAhead.gateClosesMs);
  await trial.publish(sessionId, []);
  await trial.until(trial.clock.nowMs() + MINUTE_MS);
  const standing = async (): Promise<string[]> =>
    (await alarms('?status=open')).map(({ kind }) => kind).sort();
  expect(await standing()).toEqual(['offersLost', 'offersRefused']);
  await trial.until(period.startMs + period.mtuCount * 15 * MINUTE_MS + MINUTE_MS);
  expect(await standing()).toEqual([]);
});

it('are listed page by page, the newest first, to aggregators alone', async () => {
  const enrolled = (podId: string): NodeEvent => ({
    type: 'NodeEnrolled',
    data: { podId, publicKey: '04', meterDriver: 'simulated' },
  });
  for (const podId of [A, B]) {
    await tellNode(podId, enrolled(podId), { type: 'NodeDisconnected', data: { podId } });
    await trial.until(trial.clock.nowMs() + 20 * MINUTE_MS);
  }
  const first = await served.call('aggregator:AGG1', 'GET', `${ALARMS}?limit=1`);
  expect(first.body.items).toMatchObject([{ podId: B }]);
  const next = encodeURIComponent(first.body.next);
  expect(await alarms(`?limit=1&cursor=${next}`)).toMatchObject([{ podId: A }]);
  expect((await served.call('dso', 'GET', ALARMS)).status).toBe(403);
  expect((await served.call(null, 'GET', ALARMS)).status).toBe(401);
  const wrong = await served.call('aggregator:AGG1', 'GET', `${ALARMS}?status=loud`);
  expect([wrong.status, wrong.body.errors]).toMatchObject([400, [{ field: 'status' }]]);
});
