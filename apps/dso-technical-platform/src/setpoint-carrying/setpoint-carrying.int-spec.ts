/**
 * Setpoint carrying with a real broker and a real log. The nodes are MQTT clients that sign what
 * they answer; time stands still until a test moves it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  activationDecider,
  activationStream,
  instantInName,
  type IssuedSetpoint,
  nodeStream,
  POD_ID,
} from '@flexledger/domain';
import {
  contextOf,
  createCommandHandler,
  createReactorRunner,
  openSqliteEventStore,
  type ReactorRunner,
  type SqliteEventStore,
} from '@flexledger/event-store';
import {
  canonicalJson,
  type NodeKey,
  nodeKeyFrom,
  sha256Hex,
  signMessage,
} from '@flexledger/identity';
import {
  type Broker,
  type DeviceConnection,
  openDeviceConnection,
  parseDeviceMessage,
  type SetpointMessage,
  type SetpointReceipt,
  startBroker,
} from '@flexledger/messaging';
import { isoNow, VirtualClock } from '@flexledger/runtime';
import { openSetpointCarrying, type SetpointCarrying } from './setpoint-carrying';

const LONG_MS = 10_000;
const SHORT_MS = 30;
const MINUTE_MS = 60_000;
const START_MS = Date.parse('2026-03-17T10:45:00.000Z');
const token = 'platform-token';
const receivedAt = '2026-03-17T10:45:01.000Z';
const emsReceivedAt = '2026-03-17T10:45:02.000Z';

const podId = (index: number): string => `IT002E${String(index).padStart(8, '0')}`;
const keys = new Map<string, NodeKey>(
  [1, 2, 3].map((index) => [podId(index), nodeKeyFrom(sha256Hex(podId(index)))]),
);

function setpointFor(index: number, change: Partial<IssuedSetpoint> = {}): IssuedSetpoint {
  return {
    podId: podId(index),
    windowStart: '2026-03-17T11:00:00.000Z',
    targetW: [1_000, null, -500],
    targetVar: [null, null, null],
    aggregatorId: 'AGG1',
    setpointId: `setpoint-${index}`,
    ...change,
  };
}

describe('setpoint carrying', () => {
  let folder: string;
  let clock: VirtualClock;
  let store: SqliteEventStore;
  let broker: Broker;
  let carrying: SetpointCarrying;
  let runner: ReactorRunner;
  let problems: string[];
  const connections: DeviceConnection[] = [];

  const open = async (): Promise<void> => {
    carrying = openSetpointCarrying({
      store,
      clock,
      timers: clock,
      keyOf: (pod) => keys.get(pod)?.publicKey,
      broker: { host: broker.host, port: broker.port, username: 'platform', token },
      onProblem: (problem) => problems.push(problem),
    });
    await carrying.ready;
    runner = createReactorRunner({
      store,
      reactors: [carrying.reactor],
      from: 0,
      beforeBatch: async () => {},
      onError: (_name, _event, error) => problems.push(String(error)),
    });
  };

  beforeEach(async () => {
    problems = [];
    clock = new VirtualClock(START_MS);
    folder = mkdtempSync(join(tmpdir(), 'carrying-'));
    store = openSqliteEventStore({ path: join(folder, 'log.db'), clock });
    broker = await startBroker({
      port: 0,
      credentials: {
        platform: { username: 'platform', token },
        tokenOf: (pod) => (POD_ID.test(pod) ? `of ${pod}` : undefined),
      },
    });
    await open();
  });

  afterEach(async () => {
    await Promise.all(connections.splice(0).map((connection) => connection.close()));
    await carrying.close();
    await broker.close();
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const issue = async (...setpoints: readonly IssuedSetpoint[]): Promise<void> => {
    const desk = createCommandHandler({ store, clock, decider: activationDecider });
    for (const setpoint of setpoints) {
      const streamId = streamOf(setpoint);
      const context = contextOf(setpoint.setpointId, 'dispatch', 'aggregator:AGG1');
      await desk.handle(streamId, { kind: 'issueSetpoint', ...setpoint }, context);
    }
    await runner.drain();
  };
  /** What the access layer records of a node. */
  const tell = async (type: 'NodeConnected' | 'NodeDisconnected', index: number): Promise<void> => {
    const named = contextOf(`${type}/${clock.nowMs()}/${told++}`, 'node', `node:${podId(index)}`);
    const { commandId, ...context } = named;
    const event = { id: commandId, type, schemaVersion: 1, data: { podId: podId(index) } };
    const occurredAt = isoNow(clock);
    await store.append(nodeStream(podId(index)), 'any', [{ ...event, ...context, occurredAt }]);
    await runner.drain();
  };
  let told = 0;
  const streamOf = ({ windowStart, podId: pod }: IssuedSetpoint): string =>
    activationStream(instantInName(Date.parse(windowStart)), pod);

  const logged = async (): Promise<string[]> => {
    const events: string[] = [];
    for await (const { type, data, actor } of store.readAll()) {
      if (type.startsWith('Setpoint') && type !== 'SetpointIssued')
        events.push(`${type} ${(data as { podId: string }).podId.at(-1)} ${actor}`);
    }
    return events;
  };
  const dataOf = async (type: string): Promise<object[]> => {
    const events: object[] = [];
    for await (const { data } of store.readAll({ filter: { types: [type] } })) events.push(data);
    return events;
  };

  /** A node that answers each setpoint as told, or not at all. */
  const node = async (
    index: number,
    answer: (setpoint: SetpointMessage, count: number) => Partial<SetpointReceipt> | undefined,
    key = keys.get(podId(index))!,
  ): Promise<SetpointMessage[]> => {
    const setpoints: SetpointMessage[] = [];
    const connection = openDeviceConnection({
      host: broker.host,
      port: broker.port,
      as: { podId: podId(index), token: `of ${podId(index)}` },
      onMessage: ({ kind, payload }) => {
        const parsed = parseDeviceMessage('setpoint', payload);
        if (kind !== 'setpoint' || !parsed.ok) return;
        setpoints.push(parsed.message);
        const change = answer(parsed.message, setpoints.length);
        if (!change) return;
        const { setpointId } = parsed.message;
        const content = {
          setpointId,
          podId: podId(index),
          receivedAt,
          ...change,
        } as SetpointReceipt;
        const signature = signMessage(key.privateKey, canonicalJson(content));
        const ack = { content, signature, publicKey: key.publicKey };
        void connection.publish(podId(index), 'setpointAck', ack);
      },
    });
    connections.push(connection);
    await connection.ready;
    return setpoints;
  };
  const applies = () => ({ emsReceivedAt });
  const silent = () => undefined;

  it('carries what is issued together and records the answers by PoD', async () => {
    const received = await Promise.all([1, 2, 3].map((index) => node(index, applies)));
    await issue(setpointFor(3), setpointFor(1), setpointFor(2));
    expect(carrying.awaitedAcks()).toBe(3);
    expect(await carrying.collect(3, LONG_MS)).toBe(3);
    expect(carrying.awaitedAcks()).toBe(0);
    expect(await logged()).toEqual([
      ...[1, 2, 3].map((index) => `SetpointCarried ${index} dso`),
      ...[1, 2, 3].map((index) => `SetpointReceived ${index} node:${podId(index)}`),
      ...[1, 2, 3].map((index) => `SetpointApplied ${index} node:${podId(index)}`),
    ]);
    const { setpointId, windowStart, targetW, targetVar } = setpointFor(1);
    expect(received[0]).toEqual([{ setpointId, podId: podId(1), windowStart, targetW, targetVar }]);
    expect(await dataOf('SetpointCarried')).toContainEqual({
      setpointId: 'setpoint-1',
      podId: podId(1),
      attempt: 1,
    });
    expect(await dataOf('SetpointReceived')).toContainEqual({
      setpointId: 'setpoint-1',
      podId: podId(1),
      at: receivedAt,
    });
    expect(await dataOf('SetpointApplied')).toContainEqual({
      setpointId: 'setpoint-1',
      podId: podId(1),
      at: emsReceivedAt,
    });
    expect(problems).toEqual([]);
  });

  it('records that the EMS refused', async () => {
    await node(1, () => ({ failureReason: 'battery empty' }));
    await issue(setpointFor(1));
    await carrying.collect(1, LONG_MS);
    expect(await logged()).toEqual([
      'SetpointCarried 1 dso',
      `SetpointReceived 1 node:${podId(1)}`,
      `SetpointFailed 1 node:${podId(1)}`,
    ]);
    expect(await dataOf('SetpointFailed')).toMatchObject([{ reason: 'battery empty' }]);
  });

  it('carries again what is not answered in a minute', async () => {
    const received = await node(1, (_, count) => (count === 2 ? applies() : undefined));
    await issue(setpointFor(1));
    await carrying.collect(1, SHORT_MS);
    await until(async () => received.length === 1);
    await clock.advanceTo(START_MS + MINUTE_MS - 1);
    expect(carrying.awaitedAcks()).toBe(0);
    await clock.advanceTo(START_MS + MINUTE_MS);
    expect(carrying.awaitedAcks()).toBe(1);
    expect(await carrying.collect(1, LONG_MS)).toBe(1);
    await clock.advanceTo(START_MS + 10 * MINUTE_MS);
    expect(received).toHaveLength(2);
    expect((await logged()).map((line) => line.split(' ')[0])).toEqual([
      'SetpointCarried',
      'SetpointCarried',
      'SetpointReceived',
      'SetpointApplied',
    ]);
  });

  it('carries again with a growing delay, gives up with the window, and still takes a late answer', async () => {
    const received = await node(1, silent);
    await issue(setpointFor(1));
    for (const [attempt, minute] of [1, 3, 7, 15, 30, 45, 60].entries()) {
      await carrying.collect(1, SHORT_MS);
      await until(async () => received.length === attempt + 1);
      await clock.advanceTo(START_MS + minute * MINUTE_MS - 1);
      expect(received).toHaveLength(attempt + 1);
      await clock.advanceTo(START_MS + minute * MINUTE_MS);
    }
    expect(await dataOf('SetpointFailed')).toMatchObject([
      { reason: 'the node has not answered 7 attempts' },
    ]);
    expect(carrying.awaitedAcks()).toBe(0);
    await connections.pop()!.close();
    const late = await node(1, silent);
    const connection = connections.at(-1)!;
    const content = { setpointId: 'setpoint-1', podId: podId(1), receivedAt, emsReceivedAt };
    const { privateKey, publicKey } = keys.get(podId(1))!;
    const signature = signMessage(privateKey, canonicalJson(content));
    await connection.publish(podId(1), 'setpointAck', { content, signature, publicKey });
    await until(async () => (await carrying.collect(1, SHORT_MS)) === 1);
    expect((await logged()).slice(-2)).toEqual([
      `SetpointReceived 1 node:${podId(1)}`,
      `SetpointApplied 1 node:${podId(1)}`,
    ]);
    expect(late).toHaveLength(0);
  });

  it('sends nothing to a node that is away, and at once when it is back', async () => {
    await tell('NodeDisconnected', 1);
    await issue(setpointFor(1));
    expect(await carrying.collect(1, LONG_MS)).toBe(0);
    await clock.advanceTo(START_MS + 20 * MINUTE_MS);
    expect(await logged()).toEqual([]);
    const received = await node(1, applies);
    await tell('NodeConnected', 1);
    expect(await carrying.collect(carrying.awaitedAcks(), LONG_MS)).toBe(1);
    await clock.advanceTo(START_MS + 70 * MINUTE_MS);
    expect(received).toHaveLength(1);
    expect((await logged()).map((line) => line.split(' ')[0])).toEqual([
      'SetpointCarried',
      'SetpointReceived',
      'SetpointApplied',
    ]);
  });

  it('repeats to a node that comes back what it has answered, which is recorded once', async () => {
    const received = await node(1, applies);
    await issue(setpointFor(1));
    await carrying.collect(1, LONG_MS);
    await tell('NodeDisconnected', 1);
    await tell('NodeConnected', 1);
    await until(async () => received.length === 2);
    await until(async () => (await carrying.collect(1, SHORT_MS)) === 1);
    expect(received[1]).toEqual(received[0]);
    expect(await dataOf('SetpointApplied')).toHaveLength(1);
    expect(await dataOf('SetpointCarried')).toHaveLength(1);
    expect(problems).toEqual([]);
  });

  it('re-sends nothing whose window is over', async () => {
    await tell('NodeDisconnected', 1);
    await issue(setpointFor(1));
    await carrying.collect(1, SHORT_MS);
    await clock.advanceTo(START_MS + 60 * MINUTE_MS);
    expect(await dataOf('SetpointFailed')).toMatchObject([
      { reason: 'its node was away until the window had passed' },
    ]);
    const received = await node(1, applies);
    await tell('NodeConnected', 1);
    expect(await carrying.collect(1, SHORT_MS)).toBe(0);
    expect(received).toEqual([]);
  });

  it('carries a setpoint that is issued anew after the first one failed', async () => {
    await node(1, ({ setpointId }) =>
      setpointId === 'again' ? applies() : { failureReason: 'battery empty' },
    );
    await issue(setpointFor(1));
    await carrying.collect(1, LONG_MS);
    await issue(setpointFor(1, { setpointId: 'again' }));
    await carrying.collect(1, LONG_MS);
    expect(await dataOf('SetpointApplied')).toMatchObject([{ setpointId: 'again' }]);
    expect(problems).toEqual([]);
  });

  it.each<[string, NodeKey | undefined, Partial<SetpointReceipt>]>([
    ['signed by another key', keys.get(podId(2)), applies()],
    ['about another setpoint', undefined, { ...applies(), setpointId: 'other' }],
    ['about another PoD', undefined, { ...applies(), podId: podId(2) }],
  ])('believes no answer %s', async (_, key, change) => {
    await node(1, () => change, key);
    await issue(setpointFor(1));
    await carrying.collect(1, SHORT_MS);
    await until(async () => problems.length === 1);
    expect(await carrying.collect(1, SHORT_MS)).toBe(0);
    expect(await logged()).toEqual(['SetpointCarried 1 dso']);
  });

  it('fails at once where no node is enrolled, and waits for nobody', async () => {
    await issue(setpointFor(9));
    expect(await carrying.collect(1, LONG_MS)).toBe(0);
    expect(await dataOf('SetpointFailed')).toMatchObject([
      { reason: expect.stringContaining('enrolled') },
    ]);
  });

  it('does not carry into a window that has passed', async () => {
    const received = await node(1, applies);
    await clock.advanceTo(START_MS + 60 * MINUTE_MS);
    await issue(setpointFor(1));
    await carrying.collect(1, LONG_MS);
    expect(received).toEqual([]);
    expect(await dataOf('SetpointFailed')).toMatchObject([{ reason: 'its window has passed' }]);
  });

  it('carries only the last of several setpoints for one window', async () => {
    const received = await node(1, applies);
    await issue(setpointFor(1), setpointFor(1, { setpointId: 'newer', targetW: [0, 0, 0] }));
    await carrying.collect(carrying.awaitedAcks(), LONG_MS);
    expect(received.map(({ setpointId }) => setpointId)).toEqual(['newer']);
    expect(problems).toEqual([]);
  });

  it('tries again when the broker was away', async () => {
    const { port } = broker;
    await broker.close();
    await issue(setpointFor(1));
    expect(await carrying.collect(1, LONG_MS)).toBe(0);
    expect(await logged()).toEqual([]);
    broker = await startBroker({
      port,
      credentials: {
        platform: { username: 'platform', token },
        tokenOf: (pod) => (POD_ID.test(pod) ? `of ${pod}` : undefined),
      },
    });
    await until(async () => broker.connectedClients() === 1);
    await pause(100);
    await node(1, applies);
    await clock.advanceTo(START_MS + MINUTE_MS);
    expect(await carrying.collect(1, LONG_MS)).toBe(1);
    expect(await dataOf('SetpointApplied')).toHaveLength(1);
  });

  it('takes up after a restart what was left open, and nothing else', async () => {
    const received = await Promise.all([node(1, applies), node(2, silent)]);
    await issue(setpointFor(1), setpointFor(2));
    await until(async () => (await carrying.collect(2, SHORT_MS)) === 1);
    await until(async () => received[1]!.length === 1);
    await carrying.close();
    await open();
    await runner.drain();
    expect(carrying.awaitedAcks()).toBe(1);
    await carrying.collect(1, SHORT_MS);
    await until(async () => received[1]!.length === 2);
    expect(received[0]).toHaveLength(1);
    expect(await dataOf('SetpointCarried')).toMatchObject([
      { podId: podId(1), attempt: 1 },
      { podId: podId(2), attempt: 1 },
      { podId: podId(2), attempt: 2 },
    ]);
  });

  it('needs nobody to collect: its timers carry and record', async () => {
    await node(1, applies);
    await issue(setpointFor(1));
    await clock.advanceTo(START_MS + 1);
    await until(async () => {
      await clock.advanceTo(clock.nowMs() + 200);
      return (await dataOf('SetpointApplied')).length === 1;
    });
    expect(problems).toEqual([]);
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(5);
}
