/**
 * Goal: of two instances the one that is handed the setpoints carries them; when another takes over,
 * nothing is lost and nothing recorded twice, whether or not the first knows of it. Method: two carriers
 * over one real log and broker; both hear every answer.
 */
import { nodeKeyFrom, sha256Hex } from '@flexledger/identity';
import {
  applies,
  type CarryingTrial,
  KEYS,
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

const kinds = async (): Promise<(string | undefined)[]> =>
  (await trial.logged()).map((line) => line.split(' ')[0]);

describe('a second instance', () => {
  it('that is handed nothing carries nothing, records nothing and complains of nothing', async () => {
    const idle = await trial.openAnother();
    const { received } = await trial.node(1, applies);
    await trial.issue(setpointFor(1));
    expect(idle.carrying.awaitedAcks()).toBe(0);
    await trial.carrying().collect(1, LONG_MS);
    expect(await idle.carrying.collect(1, SHORT_MS)).toBe(0);
    expect(received).toHaveLength(1);
    expect(await kinds()).toEqual(['SetpointCarried', 'SetpointReceived', 'SetpointApplied']);
    expect(trial.problems).toEqual([]);
  });

  it('that takes over carries what was queued, and what was not answered, and no more', async () => {
    const another = await trial.openAnother();
    const [answering, mute] = await Promise.all([trial.node(1, applies), trial.node(2, silent)]);
    await trial.issue(setpointFor(1), setpointFor(2));
    await until(async () => (await trial.carrying().collect(2, SHORT_MS)) === 1);
    const queued = await trial.node(3, applies);
    await trial.issue(setpointFor(3));
    await trial.carrying().close();
    await another.takeOver();
    expect(another.carrying.awaitedAcks()).toBe(2);
    await until(async () => {
      await another.carrying.collect(2, SHORT_MS);
      return queued.received.length > 0 && mute.received.length > 1;
    });
    expect(answering.received).toHaveLength(1);
    expect((await trial.dataOf('SetpointCarried')).at(-2)).toMatchObject({
      podId: podId(2),
      attempt: 2,
    });
    expect(await trial.dataOf('SetpointApplied')).toMatchObject([
      { podId: podId(1) },
      { podId: podId(3) },
    ]);
    expect(trial.problems).toEqual([]);
  });

  it('and a first one that does not know of it record each answer once', async () => {
    const another = await trial.openAnother();
    const node = await trial.node(1, silent);
    await trial.issue(setpointFor(1));
    await trial.carrying().collect(1, SHORT_MS);
    await until(async () => node.received.length === 1);
    await another.takeOver();
    await another.carrying.collect(1, SHORT_MS);
    await until(async () => node.received.length === 2);
    await node.answer('setpoint-1', applies());
    await until(async () => (await another.carrying.collect(1, SHORT_MS)) === 1);
    await trial.carrying().collect(1, LONG_MS);
    // Both have timers for what was overdue; the log says that nothing is.
    await trial.clock.advanceTo(START_MS + 100 * MINUTE_MS);
    expect(node.received).toHaveLength(2);
    expect(await kinds()).toEqual([
      'SetpointCarried',
      'SetpointCarried',
      'SetpointReceived',
      'SetpointApplied',
    ]);
    expect(await trial.dataOf('SetpointFailed')).toEqual([]);
  });
});

describe("a node's key", () => {
  const other = nodeKeyFrom(sha256Hex('another key'));

  it('is the one that stands in the log when the answer comes', async () => {
    const node = await trial.node(1, silent);
    await trial.issue(setpointFor(1));
    await trial.carrying().collect(1, SHORT_MS);
    await until(async () => node.received.length === 1);
    await trial.rotateKey(1, other);
    await node.answer('setpoint-1', applies());
    await until(async () => trial.problems.length === 1);
    expect(trial.problems[0]).toContain('its key is not the enrolled one');
    await node.close();
    const renewed = await trial.node(1, silent, other);
    await renewed.answer('setpoint-1', applies());
    await until(async () => (await trial.carrying().collect(1, SHORT_MS)) === 1);
    expect(await kinds()).toEqual(['SetpointCarried', 'SetpointReceived', 'SetpointApplied']);
    expect(KEYS.get(podId(1))!.publicKey).not.toBe(other.publicKey);
  });
});
