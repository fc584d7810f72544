/** What is issued reaches its node once, and what the node answers is recorded. */
import type { NodeKey } from '@flexledger/identity';
import type { SetpointReceipt } from '@flexledger/messaging';
import {
  applies,
  type CarryingTrial,
  EMS_RECEIVED_AT,
  KEYS,
  LONG_MS,
  MINUTE_MS,
  openCarryingTrial,
  podId,
  RECEIVED_AT,
  setpointFor,
  SHORT_MS,
  START_MS,
  until,
} from './testing/carrying-trial';

let trial: CarryingTrial;

beforeEach(async () => {
  trial = await openCarryingTrial();
});
afterEach(() => trial.close());

describe('setpoint carrying', () => {
  it('carries what is issued together and records the answers by PoD', async () => {
    const [first] = await Promise.all([1, 2, 3].map((index) => trial.node(index, applies)));
    await trial.issue(setpointFor(3), setpointFor(1), setpointFor(2));
    expect(trial.carrying().awaitedAcks()).toBe(3);
    expect(await trial.carrying().collect(3, LONG_MS)).toBe(3);
    expect(trial.carrying().awaitedAcks()).toBe(0);
    expect(await trial.logged()).toEqual([
      ...[1, 2, 3].map((index) => `SetpointCarried ${index} dso`),
      ...[1, 2, 3].map((index) => `SetpointReceived ${index} node:${podId(index)}`),
      ...[1, 2, 3].map((index) => `SetpointApplied ${index} node:${podId(index)}`),
    ]);
    const { setpointId, windowStart, targetW, targetVar } = setpointFor(1);
    expect(first!.received).toEqual([
      { setpointId, podId: podId(1), windowStart, targetW, targetVar },
    ]);
    expect(await trial.dataOf('SetpointCarried')).toContainEqual({
      setpointId: 'setpoint-1',
      podId: podId(1),
      attempt: 1,
    });
    expect(await trial.dataOf('SetpointReceived')).toContainEqual({
      setpointId: 'setpoint-1',
      podId: podId(1),
      at: RECEIVED_AT,
    });
    expect(await trial.dataOf('SetpointApplied')).toContainEqual({
      setpointId: 'setpoint-1',
      podId: podId(1),
      at: EMS_RECEIVED_AT,
    });
    expect(trial.problems).toEqual([]);
  });

  it('records that the EMS refused', async () => {
    await trial.node(1, () => ({ failureReason: 'battery empty' }));
    await trial.issue(setpointFor(1));
    await trial.carrying().collect(1, LONG_MS);
    expect(await trial.logged()).toEqual([
      'SetpointCarried 1 dso',
      `SetpointReceived 1 node:${podId(1)}`,
      `SetpointFailed 1 node:${podId(1)}`,
    ]);
    expect(await trial.dataOf('SetpointFailed')).toMatchObject([{ reason: 'battery empty' }]);
  });

  it('carries a setpoint that is issued anew after the first one failed', async () => {
    await trial.node(1, ({ setpointId }) =>
      setpointId === 'again' ? applies() : { failureReason: 'battery empty' },
    );
    await trial.issue(setpointFor(1));
    await trial.carrying().collect(1, LONG_MS);
    await trial.issue(setpointFor(1, { setpointId: 'again' }));
    await trial.carrying().collect(1, LONG_MS);
    expect(await trial.dataOf('SetpointApplied')).toMatchObject([{ setpointId: 'again' }]);
    expect(trial.problems).toEqual([]);
  });

  it.each<[string, NodeKey | undefined, Partial<SetpointReceipt>]>([
    ['signed by another key', KEYS.get(podId(2)), applies()],
    ['about another setpoint', undefined, { ...applies(), setpointId: 'other' }],
    ['about another PoD', undefined, { ...applies(), podId: podId(2) }],
  ])('believes no answer %s', async (_, key, change) => {
    await trial.node(1, () => change, key);
    await trial.issue(setpointFor(1));
    await trial.carrying().collect(1, SHORT_MS);
    await until(async () => trial.problems.length === 1);
    expect(await trial.carrying().collect(1, SHORT_MS)).toBe(0);
    expect(await trial.logged()).toEqual(['SetpointCarried 1 dso']);
  });

  it('fails at once where no node is enrolled, and waits for nobody', async () => {
    await trial.issue(setpointFor(9));
    expect(await trial.carrying().collect(1, LONG_MS)).toBe(0);
    expect(await trial.dataOf('SetpointFailed')).toMatchObject([
      { reason: expect.stringContaining('enrolled') },
    ]);
  });

  it('does not carry into a window that has passed', async () => {
    const { received } = await trial.node(1, applies);
    await trial.clock.advanceTo(START_MS + 60 * MINUTE_MS);
    await trial.issue(setpointFor(1));
    await trial.carrying().collect(1, LONG_MS);
    expect(received).toEqual([]);
    expect(await trial.dataOf('SetpointFailed')).toMatchObject([
      { reason: 'its window has passed' },
    ]);
  });

  it('carries only the last of several setpoints for one window', async () => {
    const { received } = await trial.node(1, applies);
    await trial.issue(setpointFor(1), setpointFor(1, { setpointId: 'newer', targetW: [0, 0, 0] }));
    await trial.carrying().collect(trial.carrying().awaitedAcks(), LONG_MS);
    expect(received.map(({ setpointId }) => setpointId)).toEqual(['newer']);
    expect(trial.problems).toEqual([]);
  });

  it('needs nobody to collect: its timers carry and record', async () => {
    await trial.node(1, applies);
    await trial.issue(setpointFor(1));
    await trial.clock.advanceTo(START_MS + 1);
    await until(async () => {
      await trial.clock.advanceTo(trial.clock.nowMs() + 200);
      return (await trial.dataOf('SetpointApplied')).length === 1;
    });
    expect(trial.problems).toEqual([]);
  });
});
