/**
 * Goal: the platform, opened as in life, locates, forecasts, asks and validates; an instance that is
 * handed nothing does nothing, and one that takes over does what is left, once. Method: the whole
 * platform over a real log and broker, opened twice; register and market are played.
 */
import { sessionStream } from '@flexledger/domain';
import { type DsoTrial, MINUTE_MS, START_MS, TRIAL_PODS, openDsoTrial } from './testing/dso-trial';
import { outcomeRow } from '@flexledger/grid-operations';

let trial: DsoTrial;

beforeEach(async () => {
  trial = await openDsoTrial();
});
afterEach(() => trial.close());

const GATE_MS = START_MS + 60 * MINUTE_MS;
const count = async (type: string): Promise<number> =>
  (await trial.typesLogged()).filter((one) => one === type).length;
const sentFor = (sessionId: string) => ({
  sessionId,
  outcomeId: 'outcome-1',
  round: 0,
  rows: 1,
  answerDueAt: '',
});

it('publishes its grid on an empty log, once for all instances', async () => {
  await Promise.all([trial.open('one'), trial.open('two')]);
  expect(await trial.typesLogged()).toEqual(['GridModelPublished']);
});

it('locates a PoD that registers, where its model knows it or else by its rule', async () => {
  await (await trial.open('one')).work();
  await trial.register(TRIAL_PODS[0]);
  await trial.register('IT002E69999999');
  expect(await trial.typesLogged()).toEqual([
    'GridModelPublished',
    'PodRegistered',
    'PodLocated',
    'PodRegistered',
    'PodLocated',
  ]);
});

describe('a session', () => {
  it('is forecast five minutes into its gate, and asked for five minutes later', async () => {
    await (await trial.open('one')).work();
    await trial.schedule();
    await trial.until(GATE_MS + 5 * MINUTE_MS - 1);
    expect(await count('ForecastComputed')).toBe(0);
    await trial.until(GATE_MS + 5 * MINUTE_MS);
    expect(await count('ForecastComputed')).toBe(1);
    const planned = await count('RequestPlanned');
    expect(planned).toBeGreaterThan(0);
    expect(trial.market.requests.size).toBe(0);
    await trial.until(GATE_MS + 10 * MINUTE_MS);
    expect(trial.market.requests.size).toBe(planned);
    expect(await count('RequestSent')).toBe(planned);
    const [request] = trial.market.requests.values();
    expect(request).toMatchObject({ requester: 'DSO', scope: { podIds: [...TRIAL_PODS] } });
  });

  it('is asked for without a grid point where PoDs are registered below another substation', async () => {
    const [first] = trial.customers;
    trial.customers.splice(0, 1, { ...first!, pom: 'PS-t9' });
    await (await trial.open('one')).work();
    await trial.schedule();
    await trial.until(GATE_MS + 10 * MINUTE_MS);
    const requests = [...trial.market.requests.values()];
    expect(requests.length).toBeGreaterThan(0);
    expect(requests.filter(({ gridPoint }) => gridPoint)).toEqual([]);
  });

  it('is asked for as soon as the market answers again', async () => {
    await (await trial.open('one')).work();
    await trial.schedule();
    trial.market.isDown = true;
    await trial.until(GATE_MS + 12 * MINUTE_MS);
    expect(await count('ForecastComputed')).toBe(0);
    expect(trial.problems[0]).toContain('tried again by itself');
    trial.market.isDown = false;
    await trial.until(GATE_MS + 13 * MINUTE_MS);
    expect(trial.market.requests.size).toBe(await count('RequestPlanned'));
    expect(trial.market.requests.size).toBeGreaterThan(0);
  });

  it('is asked for once its gate is open, where the market opens it late', async () => {
    await (await trial.open('one')).work();
    await trial.schedule();
    trial.market.isGateClosed = true;
    await trial.until(GATE_MS + 12 * MINUTE_MS);
    expect(trial.market.requests.size).toBe(0);
    trial.market.isGateClosed = false;
    await trial.until(GATE_MS + 13 * MINUTE_MS);
    expect(trial.market.requests.size).toBe(await count('RequestPlanned'));
    expect(trial.market.requests.size).toBeGreaterThan(0);
    expect(trial.problems).toEqual([]);
  });

  it('is given up when its gate closes before the market answers', async () => {
    await (await trial.open('one')).work();
    await trial.schedule();
    trial.market.isDown = true;
    await expect(trial.until(GATE_MS + 3 * 60 * MINUTE_MS)).rejects.toThrow('nobody answers');
  });

  it('has its outcome validated on its forecast', async () => {
    await (await trial.open('one')).work();
    const sessionId = await trial.schedule();
    await trial.until(GATE_MS + 10 * MINUTE_MS);
    trial.market.rows = [outcomeRow(TRIAL_PODS[0], { acceptedW: [1_000] })];
    await trial.append(sessionStream(sessionId), 'OutcomeSentForValidation', sentFor(sessionId));
    expect(trial.market.answers).toEqual([{ outcomeId: 'outcome-1', exceptions: [] }]);
  });
});

describe('two instances', () => {
  it('an idle one does nothing', async () => {
    await (await trial.open('one')).work();
    await trial.open('two');
    await trial.schedule();
    await trial.until(GATE_MS + 10 * MINUTE_MS);
    expect(await count('ForecastComputed')).toBe(1);
    const { commands, requests } = trial.market;
    expect(commands).toHaveLength(requests.size);
  });

  it('another takes over between forecast and requests, and sends each once', async () => {
    const one = await trial.open('one');
    await one.work();
    const two = await trial.open('two');
    await trial.schedule();
    await trial.until(GATE_MS + 6 * MINUTE_MS);
    const planned = await count('RequestPlanned');
    expect(planned).toBeGreaterThan(0);
    await one.die();
    await two.work(one.handled());
    await trial.until(GATE_MS + 10 * MINUTE_MS);
    expect(trial.market.requests.size).toBe(planned);
    expect(await count('ForecastComputed')).toBe(1);
    expect(await count('RequestSent')).toBe(planned);
  });

  it('both at work, as when one does not know yet that it was taken over from, ask once', async () => {
    const [one, two] = [await trial.open('one'), await trial.open('two')];
    await one.work();
    await two.work();
    await trial.schedule();
    await trial.until(GATE_MS + 10 * MINUTE_MS);
    const planned = await count('RequestPlanned');
    expect(planned).toBeGreaterThan(0);
    expect([...trial.market.requests.keys()]).toHaveLength(planned);
    expect(trial.market.commands).toHaveLength(planned);
    expect(await count('ForecastComputed')).toBe(1);
  });

  it('one that takes over validates a session that it has not been handed', async () => {
    const one = await trial.open('one');
    await one.work();
    const two = await trial.open('two');
    const sessionId = await trial.schedule();
    await trial.until(GATE_MS + 10 * MINUTE_MS);
    await one.die();
    trial.market.rows = [outcomeRow(TRIAL_PODS[0], { acceptedW: [1_000] })];
    const stream = sessionStream(sessionId);
    await trial.append(stream, 'OutcomeSentForValidation', sentFor(sessionId));
    await two.work(one.handled());
    expect(trial.market.answers).toHaveLength(1);
  });
});

describe('what an instance needs again when it begins', () => {
  it('are the sessions that began to deliver at most three days ago', async () => {
    const one = await trial.open('one');
    await one.work();
    const positions: number[] = [];
    for (let day = 0; day < 5; day += 1) {
      await trial.schedule(day);
      positions.push(await trial.log.head());
    }
    const requests = one.dso.processors.find(({ name }) => name === 'dso/requests')!;
    const after = async (): Promise<number> => requests.replayAfter!();
    expect(await after()).toBeLessThan(positions[0]!);
    const delivery = GATE_MS + 8 * 60 * MINUTE_MS;
    await one.clock.advanceTo(delivery + 4 * 24 * 60 * MINUTE_MS);
    expect(await after()).toBe(positions[0]);
    await one.clock.advanceTo(delivery + 30 * 24 * 60 * MINUTE_MS);
    expect(await after()).toBe(await trial.log.head());
  });

  it('are the setpoints whose windows may not be over', async () => {
    const one = await trial.open('one');
    await trial.schedule();
    const scheduled = await trial.log.head();
    const carrying = one.dso.processors.find(({ name }) => name === 'dso/setpoint-carrying')!;
    expect(await carrying.replayAfter!()).toBe(scheduled);
    const issued = await trial.append(
      'activation-2026-03-16T18:00Z-IT002E60000001',
      'SetpointIssued',
      {
        podId: TRIAL_PODS[0],
        windowStart: '2026-03-16T18:00:00.000Z',
        targetW: [0],
        targetVar: [null],
        aggregatorId: 'AGG1',
        setpointId: 'setpoint-1',
      },
    );
    await trial.schedule(1);
    expect(await carrying.replayAfter!()).toBe(scheduled);
    expect(scheduled).toBeLessThan(issued);
    await one.clock.advanceTo(Date.parse('2026-03-19T00:00:00Z'));
    expect(await carrying.replayAfter!()).toBe(await trial.log.head());
  });
});
