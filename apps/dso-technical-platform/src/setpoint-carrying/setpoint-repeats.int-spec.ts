/** What was not answered is carried again: after a while, to a node that is back, after a restart. */
import { setTimeout as pause } from 'node:timers/promises';
import {
  applies,
  type CarryingTrial,
  LONG_MS,
  MINUTE_MS,
  openCarryingTrial,
  podId,
  setpointFor,
  SHORT_MS,
  silent,
  START_MS,
  until,
} from './testing/carrying-trial';

let trial: CarryingTrial;

beforeEach(async () => {
  trial = await openCarryingTrial();
});
afterEach(() => trial.close());

describe('carrying again', () => {
  it('carries again what is not answered in a minute', async () => {
    const { received } = await trial.node(1, (_, count) => (count === 2 ? applies() : undefined));
    await trial.issue(setpointFor(1));
    await trial.carrying().collect(1, SHORT_MS);
    await until(async () => received.length === 1);
    await trial.clock.advanceTo(START_MS + MINUTE_MS - 1);
    expect(trial.carrying().awaitedAcks()).toBe(0);
    await trial.clock.advanceTo(START_MS + MINUTE_MS);
    expect(trial.carrying().awaitedAcks()).toBe(1);
    expect(await trial.carrying().collect(1, LONG_MS)).toBe(1);
    await trial.clock.advanceTo(START_MS + 10 * MINUTE_MS);
    expect(received).toHaveLength(2);
    expect((await trial.logged()).map((line) => line.split(' ')[0])).toEqual([
      'SetpointCarried',
      'SetpointCarried',
      'SetpointReceived',
      'SetpointApplied',
    ]);
  });

  it('carries again with a growing delay, gives up with the window, and still takes a late answer', async () => {
    const node = await trial.node(1, silent);
    await trial.issue(setpointFor(1));
    for (const [attempt, minute] of [1, 3, 7, 15, 30, 45, 60].entries()) {
      await trial.carrying().collect(1, SHORT_MS);
      await until(async () => node.received.length === attempt + 1);
      await trial.clock.advanceTo(START_MS + minute * MINUTE_MS - 1);
      expect(node.received).toHaveLength(attempt + 1);
      await trial.clock.advanceTo(START_MS + minute * MINUTE_MS);
    }
    expect(await trial.dataOf('SetpointFailed')).toMatchObject([
      { reason: 'the node has not answered 7 attempts' },
    ]);
    expect(trial.carrying().awaitedAcks()).toBe(0);
    await node.close();
    const late = await trial.node(1, silent);
    await late.answer('setpoint-1', applies());
    await until(async () => (await trial.carrying().collect(1, SHORT_MS)) === 1);
    expect((await trial.logged()).slice(-2)).toEqual([
      `SetpointReceived 1 node:${podId(1)}`,
      `SetpointApplied 1 node:${podId(1)}`,
    ]);
    expect(late.received).toHaveLength(0);
  });

  it('sends nothing to a node that is away, and at once when it is back', async () => {
    await trial.tell('NodeDisconnected', 1);
    await trial.issue(setpointFor(1));
    expect(await trial.carrying().collect(1, LONG_MS)).toBe(0);
    await trial.clock.advanceTo(START_MS + 20 * MINUTE_MS);
    expect(await trial.logged()).toEqual([]);
    const { received } = await trial.node(1, applies);
    await trial.tell('NodeConnected', 1);
    expect(await trial.carrying().collect(trial.carrying().awaitedAcks(), LONG_MS)).toBe(1);
    await trial.clock.advanceTo(START_MS + 70 * MINUTE_MS);
    expect(received).toHaveLength(1);
    expect((await trial.logged()).map((line) => line.split(' ')[0])).toEqual([
      'SetpointCarried',
      'SetpointReceived',
      'SetpointApplied',
    ]);
  });

  it('repeats to a node that comes back what it has answered, which is recorded once', async () => {
    const { received } = await trial.node(1, applies);
    await trial.issue(setpointFor(1));
    await trial.carrying().collect(1, LONG_MS);
    await trial.tell('NodeDisconnected', 1);
    await trial.tell('NodeConnected', 1);
    await until(async () => received.length === 2);
    await until(async () => (await trial.carrying().collect(1, SHORT_MS)) === 1);
    expect(received[1]).toEqual(received[0]);
    expect(await trial.dataOf('SetpointApplied')).toHaveLength(1);
    expect(await trial.dataOf('SetpointCarried')).toHaveLength(1);
    expect(trial.problems).toEqual([]);
  });

  it('re-sends nothing whose window is over', async () => {
    await trial.tell('NodeDisconnected', 1);
    await trial.issue(setpointFor(1));
    await trial.carrying().collect(1, SHORT_MS);
    await trial.clock.advanceTo(START_MS + 60 * MINUTE_MS);
    expect(await trial.dataOf('SetpointFailed')).toMatchObject([
      { reason: 'its node was away until the window had passed' },
    ]);
    const { received } = await trial.node(1, applies);
    await trial.tell('NodeConnected', 1);
    expect(await trial.carrying().collect(1, SHORT_MS)).toBe(0);
    expect(received).toEqual([]);
  });

  it('tries again when the broker was away', async () => {
    await trial.broker().close();
    await trial.issue(setpointFor(1));
    expect(await trial.carrying().collect(1, LONG_MS)).toBe(0);
    expect(await trial.logged()).toEqual([]);
    await trial.restartBroker();
    await until(async () => trial.broker().connectedClients() === 1);
    await pause(100);
    await trial.node(1, applies);
    await trial.clock.advanceTo(START_MS + MINUTE_MS);
    expect(await trial.carrying().collect(1, LONG_MS)).toBe(1);
    expect(await trial.dataOf('SetpointApplied')).toHaveLength(1);
  });

  it('takes up after a restart what was left open, and nothing else', async () => {
    const [answering, mute] = await Promise.all([trial.node(1, applies), trial.node(2, silent)]);
    await trial.issue(setpointFor(1), setpointFor(2));
    await until(async () => (await trial.carrying().collect(2, SHORT_MS)) === 1);
    await until(async () => mute.received.length === 1);
    await trial.restart();
    expect(trial.carrying().awaitedAcks()).toBe(1);
    await trial.carrying().collect(1, SHORT_MS);
    await until(async () => mute.received.length === 2);
    expect(answering.received).toHaveLength(1);
    expect(await trial.dataOf('SetpointCarried')).toMatchObject([
      { podId: podId(1), attempt: 1 },
      { podId: podId(2), attempt: 1 },
      { podId: podId(2), attempt: 2 },
    ]);
  });
});
