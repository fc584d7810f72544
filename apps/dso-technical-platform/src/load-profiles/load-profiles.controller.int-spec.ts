/**
 * Goal: typical days are reworked as a month begins, by whichever instance works, once; also by an operator; the next
 * forecast begins with them. Method: the platform behind HTTP over a real log, its meters played.
 */
import type { LoadProfilesEvent } from '@flexledger/domain';
import { START_MS, TRIAL_PODS, MINUTE_MS } from '../testing/dso-trial';
import { type Actor, type ServedDso, serveDso } from '../testing/served-dso';

const PATH = '/api/v1/grids/feeder/load-profiles';
const DAY_MS = 86_400_000;
/** Local time is two hours ahead by then. */
const FIRST_OF_APRIL_MS = Date.parse('2026-03-31T23:00:00Z');
const POD = TRIAL_PODS[0];

type Head = Extract<LoadProfilesEvent, { type: 'LoadProfilesReworked' }>['data'];

let served: ServedDso;
beforeEach(async () => {
  served = await serveDso();
});
afterEach(() => served.close());

async function reworks(): Promise<LoadProfilesEvent[]> {
  const events: LoadProfilesEvent[] = [];
  const types = ['LoadProfilesReworked', 'LoadProfilesContinued'];
  for await (const event of served.trial.log.readAll({ filter: { types } })) {
    events.push(event as unknown as LoadProfilesEvent);
  }
  return events;
}
const heads = async () => (await reworks()).filter(({ type }) => type === 'LoadProfilesReworked');

/** 800 W on each working day of the meters' time, 400 W otherwise. */
function measure(firstDay: string): void {
  const { meters } = served.trial;
  meters.firstDay = firstDay;
  meters.withdrawnWh = (_, startMs) => {
    const weekday = new Date(startMs + 2 * 3_600_000).getUTCDay();
    return weekday % 6 === 0 ? 100 : 200;
  };
}

const standing = (actor: Actor = 'dso') => served.call('GET', PATH, actor);
const ofPod = (podId: string = POD) => served.call('GET', `${PATH}/pods/${podId}`, 'dso');
const rework = (body: object, actor: Actor | undefined = 'dso') =>
  served.call('POST', `${PATH}/rework`, actor, body);

it('are none before a month began with something measured in it', async () => {
  await served.trial.schedule();
  await served.trial.until(START_MS + DAY_MS);
  measure('2026-03-02');
  const late = await served.trial.open('late');
  await late.work();
  await served.trial.until(START_MS + DAY_MS + MINUTE_MS);
  expect(await reworks()).toEqual([]);
  const { status, body } = await standing();
  expect([status, body.code]).toEqual([404, 'profiles-unknown']);
  served.trial.meters.firstDay = undefined;
  const asked = await rework({ reason: 'now' });
  expect([asked.status, asked.body.code]).toEqual([409, 'profiles-unmeasured']);
});

it('are reworked an hour into the month, from four weeks until two days before, and an event says so', async () => {
  measure('2026-03-02');
  // No session is scheduled: the calendar alone leads to it.
  await served.trial.until(FIRST_OF_APRIL_MS - 1);
  expect(await reworks()).toEqual([]);
  await served.trial.until(FIRST_OF_APRIL_MS);
  const [head, ...rows] = await reworks();
  expect(head!.data).toMatchObject({
    trigger: 'monthBegan',
    reason: null,
    pods: 2,
    continued: 3,
    madeFrom: {
      firstDay: '2026-03-04',
      lastDay: '2026-03-30',
      days: { saturday: ['2026-03-07', '2026-03-14', '2026-03-21', '2026-03-28'] },
    },
  });
  expect(rows).toHaveLength(3);
  expect((await standing()).body).toEqual(head!.data);
  const { body } = await ofPod();
  expect(body).toMatchObject({ podId: POD, lastDay: '2026-03-30' });
  expect(body.working.days).toEqual(new Array(96).fill(19));
  // The summer time began on a Sunday: it has no hour from two to three.
  expect(body.sunday.days.slice(4, 16)).toEqual([4, 4, 4, 4, 3, 3, 3, 3, 4, 4, 4, 4]);
  expect(new Set(body.working.powerW)).toContain(800);
});

it('are reworked once, whoever works: what dies before is done by who takes over, what comes again finds it done', async () => {
  measure('2026-03-01');
  const { trial, instance } = served;
  const second = await trial.open('second');
  await trial.until(FIRST_OF_APRIL_MS - MINUTE_MS);
  await instance.die();
  await trial.until(FIRST_OF_APRIL_MS + 10 * MINUTE_MS);
  expect(await heads()).toEqual([]);
  // It takes over late: the month has begun ten minutes ago.
  await second.work();
  await trial.until(FIRST_OF_APRIL_MS + 11 * MINUTE_MS);
  expect(await heads()).toHaveLength(1);
  await second.die();
  const third = await trial.open('third');
  await third.work();
  await trial.until(FIRST_OF_APRIL_MS + 12 * MINUTE_MS);
  expect(await heads()).toHaveLength(1);
  expect(await reworks()).toHaveLength(4);
});

it('are reworked each month of an instance that goes on, and in the middle of a month by one that comes up in it', async () => {
  measure('2026-03-01');
  const { trial, instance } = served;
  await trial.until(Date.parse('2026-04-30T23:00:00Z'));
  expect((await heads()).map(({ data }) => (data as Head).madeFrom.lastDay)).toEqual([
    '2026-03-30',
    '2026-04-29',
  ]);
  await instance.die();
  await trial.until(Date.parse('2026-06-14T12:00:00Z'));
  expect(await heads()).toHaveLength(2);
  const second = await trial.open('second');
  await second.work();
  await trial.until(Date.parse('2026-06-14T12:01:00Z'));
  expect((await heads()).at(-1)!.data).toMatchObject({
    trigger: 'monthBegan',
    madeFrom: { firstDay: '2026-05-04', lastDay: '2026-06-12' },
  });
});

it('are what the next forecast begins with: no day that is in them is asked for again', async () => {
  measure('2026-03-01');
  const { trial } = served;
  const sessionId = await trial.schedule(16);
  await trial.until(FIRST_OF_APRIL_MS);
  // Whatever meters would say of these days now counts no more.
  trial.meters.withdrawnWh = () => 5_000;
  trial.meters.asked.length = 0;
  const gateMs = START_MS + 60 * MINUTE_MS + 16 * DAY_MS;
  await trial.until(gateMs + 5 * MINUTE_MS);
  const lastHourMs = gateMs - 60 * MINUTE_MS;
  expect(trial.meters.asked.length).toBeGreaterThan(0);
  expect(trial.meters.asked.filter((fromMs) => fromMs < lastHourMs)).toEqual([]);
  const { body } = await served.call('GET', `/api/v1/grids/feeder/forecasts/${sessionId}`, 'dso');
  expect(body.sessionId).toBe(sessionId);
});

it('are reworked for an operator too; from the same measurements nothing changes', async () => {
  measure('2026-03-02');
  const first = await rework({ reason: 'the holidays have begun' });
  expect(first).toMatchObject({
    status: 200,
    body: {
      trigger: 'operator',
      reason: 'the holidays have begun',
      madeFrom: { lastDay: '2026-03-14' },
    },
  });
  expect((await rework({ reason: 'again' })).body).toEqual(first.body);
  expect(await heads()).toHaveLength(1);
  served.trial.meters.withdrawnWh = () => 50;
  const { body } = await rework({ reason: 'the meters were read again' });
  expect(body.reworkId).not.toBe(first.body.reworkId);
  expect((await ofPod()).body.working.powerW).toEqual(new Array(96).fill(200));
  expect((await ofPod('IT002E69999999')).body.code).toBe('profiles-unknown');
});

it.each<[string, object, Actor | undefined, number, string]>([
  ['nobody', { reason: 'now' }, undefined, 401, 'invalid-token'],
  ['a TSO', { reason: 'now' }, 'tso', 403, 'forbidden'],
  ['an auditor', { reason: 'now' }, 'auditor', 403, 'forbidden'],
  ['one without a reason', {}, 'dso', 400, 'input-malformed'],
])('are not reworked for %s', async (_, body, by, status, code) => {
  const answer = await served.call('POST', `${PATH}/rework`, by, body);
  expect([answer.status, answer.body.code]).toEqual([status, code]);
});

it('tell of single customers: no TSO, no aggregator reads them', async () => {
  measure('2026-03-02');
  await rework({ reason: 'now' });
  for (const actor of ['tso', 'aggregator:AGG1'] as const) {
    expect((await standing(actor)).status).toBe(403);
  }
  expect((await standing('auditor')).status).toBe(200);
});
