/**
 * The whole layer with a real broker and a real log: nodes sign in, send, and are answered; what
 * they tell of themselves, and what the broker tells of them, stands in the log.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { POD_ID } from '@flexledger/domain';
import { canonicalJson, signKeyRotation, signMessage } from '@flexledger/identity';
import {
  type AnomalyMessage,
  type Broker,
  type DeviceConnection,
  type OpenDeviceConnection,
  deviceTopic,
  openDeviceConnection,
  parseDeviceMessage,
  startBroker,
} from '@flexledger/messaging';
import { type Timers, VirtualClock, isoFromMs, isoNow } from '@flexledger/runtime';
import { connectAsync } from 'mqtt';
import { type AccessLayer, type AccessLayerOptions, openAccessLayer } from './access-layer';
import {
  FIRST_MTU_MS,
  type FieldNode,
  fieldNode,
  openTestLog,
  signedAnomaly,
  signedPacket,
  type TestLog,
  toEnrol,
} from './testing/field';

const LONG_MS = 10_000;
const DAY_MS = 86_400_000;
const token = 'platform-token';
const fleet = [fieldNode(3), fieldNode(1), fieldNode(2)];
const [three, one, two] = fleet as [FieldNode, FieldNode, FieldNode];

describe('the blockchain access layer', () => {
  let clock: VirtualClock;
  let log: TestLog;
  let broker: Broker;
  let layer: AccessLayer;
  let problems: string[];
  const connections: DeviceConnection[] = [];

  const openOne = async (
    instance = '1',
    timers: Timers = clock,
    more: Partial<AccessLayerOptions['broker']> = {},
  ): Promise<AccessLayer> => {
    const one = await openAccessLayer({
      log: log.store,
      clock,
      timers,
      instance,
      broker: { host: broker.host, port: broker.port, username: 'platform', token, ...more },
      policy: {
        maxFutureMs: 60_000,
        maxAgeMs: 31 * DAY_MS,
        largestConnectionW: 6_000,
        expectedNodes: 10,
        flushEveryMs: 200,
      },
      onProblem: (problem) => problems.push(problem),
    });
    await one.ready;
    return one;
  };
  const open = async (): Promise<void> => {
    layer = await openOne();
  };

  beforeEach(async () => {
    problems = [];
    clock = new VirtualClock(FIRST_MTU_MS + 3_600_000);
    log = openTestLog(clock);
    broker = await startBroker({
      port: 0,
      credentials: {
        platform: { username: 'platform', token },
        tokenOf: (podId) => (POD_ID.test(podId) ? `of ${podId}` : undefined),
      },
    });
    await open();
  });

  afterEach(async () => {
    await Promise.all(connections.splice(0).map((connection) => connection.close()));
    await layer.close();
    await broker.close();
    await log.remove();
  });

  /** A node that is signed in, and the answers it gets. */
  const connect = async ({ podId }: FieldNode) => {
    const acks: object[] = [];
    const connection = openDeviceConnection({
      host: broker.host,
      port: broker.port,
      as: { podId, token: `of ${podId}` },
      onMessage: ({ kind, payload }) => {
        if (kind !== 'measurementAck') return;
        const ack = parseDeviceMessage(kind, payload);
        if (ack.ok) acks.push(ack.message);
      },
    });
    connections.push(connection);
    await connection.ready;
    return {
      connection,
      acks,
      send: (packet: ReturnType<typeof signedPacket>) =>
        connection.publish(podId, 'measurement', packet),
    };
  };
  /** A node takes the key of another. */
  const rotation = (node: FieldNode, other: FieldNode) =>
    signKeyRotation(node.podId, { from: node.key, to: other.key, at: isoNow(clock) });
  const types = async (): Promise<string[]> =>
    (await log.events()).map(({ type, streamId }) => `${type} ${streamId.slice(0, 19)}`);

  it('enrols nodes in the order given, each once', async () => {
    const nodes = fleet.map(toEnrol);
    expect(await layer.enrolment.enrol(nodes, 'dso')).toEqual(
      nodes.map(({ podId }) => ({ podId, accepted: true })),
    );
    await layer.enrolment.enrol(nodes, 'dso');
    expect(await types()).toEqual(nodes.map(({ podId }) => `NodeEnrolled node-${podId}`));
    expect(layer.enrolment.keyOf(one.podId)).toBe(one.key.publicKey);
    expect(layer.enrolment.keyOf('IT002E99999999')).toBeUndefined();
  });

  it('answers each enrolment by itself', async () => {
    await layer.enrolment.enrol([toEnrol(one)], 'dso');
    const stolen = { ...toEnrol(one), publicKey: two.key.publicKey };
    const odd = { ...toEnrol(three), publicKey: '04' };
    expect(await layer.enrolment.enrol([stolen, odd, toEnrol(two)], 'dso')).toMatchObject([
      { accepted: false, error: { code: 'node-already-enrolled' } },
      { accepted: false, error: { code: 'key-malformed' } },
      { accepted: true },
    ]);
    expect(layer.enrolment.keyOf(one.podId)).toBe(one.key.publicKey);
  });

  it('keeps what nodes sign of setpoints with their signatures, once, and what is forged as rejected', async () => {
    await layer.enrolment.enrol([toEnrol(one), toEnrol(two)], 'dso');
    const { connection } = await connect(one);
    const at = isoNow(clock);
    const sign = <Content extends object>(content: Content, { key }: FieldNode) => ({
      content,
      signature: signMessage(key.privateKey, canonicalJson(content)),
      publicKey: key.publicKey,
    });
    const taken = { setpointId: 's1', podId: one.podId, receivedAt: at, emsReceivedAt: at };
    const followed = {
      setpointId: 's1',
      podId: one.podId,
      mtuStart: at,
      targetW: -500,
      targetVar: null,
      appliedAt: isoFromMs(clock.nowMs() + 900_000),
    };
    const receipt = sign(taken, one);
    await connection.publish(one.podId, 'setpointAck', receipt);
    await connection.publish(one.podId, 'setpointAck', receipt);
    await connection.publish(one.podId, 'activation', sign(followed, one));
    const forged = { ...sign(followed, two), publicKey: one.key.publicKey };
    await connection.publish(one.podId, 'activation', forged);
    await connection.publish(one.podId, 'activation', sign(followed, two));
    while ((await log.events('StatementRejected')).length < 2) {
      await layer.measurements.flush();
      await pause(2);
    }
    const kept = await log.events('SetpointReceiptSigned', 'ActivationSigned');
    expect(kept.map(({ type, streamId, data }) => [type, streamId, data])).toEqual([
      [
        'SetpointReceiptSigned',
        `statements-${one.podId}-2026-03`,
        { podId: one.podId, ...receipt },
      ],
      [
        'ActivationSigned',
        `statements-${one.podId}-2026-03`,
        expect.objectContaining({ content: followed }),
      ],
    ]);
    const reasons = (await log.events('StatementRejected')).map(({ data }) => data);
    expect(reasons).toContainEqual(
      expect.objectContaining({ reason: 'wrong-signature', message: JSON.stringify(forged) }),
    );
    expect(reasons).toContainEqual(expect.objectContaining({ reason: 'wrong-key' }));
    expect(problems).toEqual([]);
  });

  it('several that divide the nodes lose nothing that was signed when one is killed between its receipt and the append', async () => {
    await layer.enrolment.enrol(fleet.map(toEnrol), 'dso');
    const group = sharingConnections();
    const divided = { isDivided: true, connect: group.connect };
    const [killed, left] = [
      await openOne('killed', clock, divided),
      await openOne('left', clock, divided),
    ];
    try {
      const { connection, acks, send } = await connect(one);
      const at = isoNow(clock);
      const sign = (content: object) => ({
        content: content as never,
        signature: signMessage(one.key.privateKey, canonicalJson(content)),
        publicKey: one.key.publicKey,
      });
      const ids = Array.from({ length: 8 }, (_, index) => `s${index}`);
      for (const setpointId of ids) {
        const { podId } = one;
        await connection.publish(
          podId,
          'setpointAck',
          sign({ setpointId, podId, receivedAt: at, emsReceivedAt: at }),
        );
        const followed = { setpointId, podId, mtuStart: at, targetW: -500, targetVar: null };
        await connection.publish(podId, 'activation', sign({ ...followed, appliedAt: at }));
      }
      const packet = signedPacket(one, 1, 0);
      await send(packet);
      // The last that was said has come to both, and so has all before it.
      await until(() => group.packets() === 2);
      // The one never gets to append; what it alone had heard would be gone. A packet's node has no answer, and sends it again.
      group.cut('killed');
      await send(packet);
      while (acks.length === 0) {
        await left.measurements.flush();
        await pause(2);
      }
      const kept = async (type: string) =>
        (await log.events(type)).map(
          ({ data }) => (data as { content: { setpointId: string } }).content.setpointId,
        );
      expect((await kept('SetpointReceiptSigned')).sort()).toEqual(ids);
      expect((await kept('ActivationSigned')).sort()).toEqual(ids);
      expect(await log.events('MeasurementRecorded')).toHaveLength(1);
      // Were it only slow, it finds all recorded.
      const head = await log.store.head();
      await killed.measurements.flush();
      expect(await log.store.head()).toBe(head);
    } finally {
      await killed.close();
      await left.close();
    }
  });

  it('records measurements from the broker in its own order and answers their nodes', async () => {
    await layer.enrolment.enrol(fleet.map(toEnrol), 'dso');
    const nodes = await Promise.all(fleet.map(connect));
    const collecting = layer.measurements.collect(6, LONG_MS);
    for (const mtu of [1, 0]) {
      for (const [index, node] of nodes.entries()) {
        await node.send(signedPacket(fleet[index]!, mtu, mtu));
      }
    }
    expect(await collecting).toMatchObject({ recorded: 6 });
    const order = (await log.events('MeasurementRecorded')).map(
      ({ data }) => data as { podId: string; sequence: number },
    );
    expect(order.map(({ podId, sequence }) => [sequence, podId])).toEqual(
      [one, two, three].flatMap(({ podId }) => [0, 1].map((mtu) => [mtu, podId])),
    );
    await until(() => nodes.every(({ acks }) => acks.length === 2));
    for (const { acks } of nodes) {
      expect(acks).toEqual([0, 1].map((sequence) => ({ sequence, accepted: true })));
    }
  });

  it('keeps a forged packet and says so to its sender', async () => {
    await layer.enrolment.enrol(fleet.map(toEnrol), 'dso');
    const { send, acks } = await connect(one);
    await send({ ...signedPacket(one, 0, 0), signedHash: 'ab'.repeat(64) });
    await send(signedPacket(two, 0, 0));
    expect(await layer.measurements.collect(2, LONG_MS)).toMatchObject({ rejected: 2 });
    await until(() => acks.length === 2);
    expect(acks).toMatchObject([{ accepted: false }, { accepted: false }]);
    expect((await log.events('PacketRejected')).map(({ streamId }) => streamId)).toEqual([
      `meter-${one.podId}-2026-03`,
      `meter-${one.podId}-2026-03`,
    ]);
  });

  it('believes a new key from its rotation on, and the old one no more', async () => {
    await layer.enrolment.enrol([toEnrol(one)], 'dso');
    await layer.enrolment.rotateKey(rotation(one, two));
    const renewed = { podId: one.podId, key: two.key };
    const { send } = await connect(one);
    await send(signedPacket(one, 0, 0));
    await send(signedPacket(renewed, 1, 1));
    expect(await layer.measurements.collect(2, LONG_MS)).toMatchObject({
      recorded: 1,
      rejected: 1,
    });
  });

  it('knows keys and sequences again after a restart', async () => {
    await layer.enrolment.enrol(fleet.map(toEnrol), 'dso');
    await layer.enrolment.rotateKey(rotation(two, one));
    const { send } = await connect(one);
    await send(signedPacket(one, 4, 0));
    await layer.measurements.collect(1, LONG_MS);
    await layer.close();
    await log.reopen();
    await open();
    expect(layer.enrolment.keyOf(two.podId)).toBe(one.key.publicKey);
    await send(signedPacket(one, 4, 0));
    await send(signedPacket(one, 4, 1));
    await send(signedPacket(one, 5, 1));
    expect(await layer.measurements.collect(3, LONG_MS)).toEqual({
      recorded: 1,
      repeated: 1,
      rejected: 1,
      failed: 0,
    });
  });

  it('flushes by itself until it is stopped', async () => {
    await layer.enrolment.enrol([toEnrol(one)], 'dso');
    await layer.close();
    const { send, acks } = await connect(one);
    const soon: Timers = {
      at: (_atMs, _name, task) => {
        const timer = setTimeout(() => void task(), 1);
        return () => clearTimeout(timer);
      },
    };
    layer = await openOne('1', soon);
    const stop = layer.flushRegularly();
    for (const sequence of [0, 1]) {
      await send(signedPacket(one, sequence, sequence));
      await until(() => acks.length === sequence + 1);
    }
    stop();
    expect((await types()).slice(1)).toEqual([
      `NodeConnected node-${one.podId}`,
      `MeasurementRecorded meter-${one.podId.slice(0, 13)}`,
      `MeasurementRecorded meter-${one.podId.slice(0, 13)}`,
    ]);
    await pause(20);
    await send(signedPacket(one, 2, 2));
    await pause(50);
    expect(acks).toHaveLength(2);
    expect(problems).toEqual([]);
  });

  it('records what has come in before it closes', async () => {
    await layer.enrolment.enrol([toEnrol(one)], 'dso');
    const { send, acks } = await connect(one);
    await send(signedPacket(one, 0, 0));
    await until(() => layer.measurements.waiting() === 1);
    await layer.close();
    expect(await log.events('MeasurementRecorded')).toHaveLength(1);
    await until(() => acks.length === 1);
    await open();
  });

  describe('two instances', () => {
    let other: AccessLayer;
    beforeEach(async () => {
      other = await openOne('2');
    });
    afterEach(() => other.close());

    it('stay connected side by side, and record once what both are told', async () => {
      await layer.enrolment.enrol([toEnrol(one)], 'dso');
      const { send, acks } = await connect(one);
      await send(signedPacket(one, 0, 0));
      const reports = await Promise.all([
        layer.measurements.collect(1, LONG_MS),
        other.measurements.collect(1, LONG_MS),
      ]);
      expect(reports.map(({ recorded, repeated }) => recorded + repeated)).toEqual([1, 1]);
      await layer.nodeReports.collect(1, LONG_MS);
      await other.nodeReports.collect(1, LONG_MS);
      expect((await types()).slice(1).sort()).toEqual([
        `MeasurementRecorded meter-${one.podId.slice(0, 13)}`,
        `NodeConnected node-${one.podId}`,
      ]);
      await until(() => acks.length === 2);
      expect(problems).toEqual([]);
    });

    it('one believes the node that the other has enrolled', async () => {
      await other.enrolment.enrol([toEnrol(one)], 'dso');
      const { send } = await connect(one);
      await send(signedPacket(one, 0, 0));
      expect(await layer.measurements.collect(1, LONG_MS)).toMatchObject({ recorded: 1 });
      expect(await layer.nodeReports.collect(1, LONG_MS)).toBe(1);
    });

    it('one believes no key that the other has taken back before the packet came', async () => {
      await layer.enrolment.enrol([toEnrol(one)], 'dso');
      const { send } = await connect(one);
      await other.enrolment.rotateKey(rotation(one, two));
      await send(signedPacket(one, 0, 0));
      await send(signedPacket({ podId: one.podId, key: two.key }, 1, 1));
      expect(await layer.measurements.collect(2, LONG_MS)).toMatchObject({
        recorded: 1,
        rejected: 1,
      });
      expect((await log.events('PacketRejected')).map(({ data }) => data)).toMatchObject([
        { reason: 'wrong-key' },
      ]);
    });
  });

  describe('and what nodes tell of themselves', () => {
    beforeEach(() => layer.enrolment.enrol(fleet.map(toEnrol), 'dso'));

    it('records who is there, by PoD, and who has gone', async () => {
      const nodes = await Promise.all(fleet.map(connect));
      expect(await layer.nodeReports.collect(3, LONG_MS)).toBe(3);
      await nodes[1]!.connection.close();
      expect(await layer.nodeReports.collect(1, LONG_MS)).toBe(1);
      expect((await types()).slice(3)).toEqual([
        `NodeConnected node-${one.podId}`,
        `NodeConnected node-${two.podId}`,
        `NodeConnected node-${three.podId}`,
        `NodeDisconnected node-${one.podId}`,
      ]);
    });

    it('hears of a node that was cut off without a goodbye, by its last will', async () => {
      const { podId } = one;
      const will = {
        topic: deviceTopic(podId, 'status'),
        payload: Buffer.from('{"online":false}'),
      };
      const client = await connectAsync({
        host: broker.host,
        port: broker.port,
        protocolVersion: 4,
        clientId: podId,
        username: podId,
        password: `of ${podId}`,
        reconnectPeriod: 0,
        will: { ...will, qos: 1, retain: true },
      });
      await client.publishAsync(will.topic, '{"online":true}', { qos: 1, retain: true });
      await layer.nodeReports.collect(1, LONG_MS);
      client.stream.destroy();
      await layer.nodeReports.collect(1, LONG_MS);
      expect((await types()).slice(3)).toEqual([
        `NodeConnected node-${podId}`,
        `NodeDisconnected node-${podId}`,
      ]);
    });

    it('hears after its own restart what has changed meanwhile', async () => {
      const { connection } = await connect(one);
      await layer.nodeReports.collect(1, LONG_MS);
      await layer.close();
      await connection.close();
      await open();
      expect(await layer.nodeReports.collect(1, LONG_MS)).toBe(1);
      expect(await log.events('NodeDisconnected')).toHaveLength(1);
    });

    it('records an anomaly from its beginning to its end, with what its node has signed', async () => {
      const { connection } = await connect(one);
      const begin = signedAnomaly(one);
      const end = signedAnomaly(one, { endedAt: '2026-03-17T00:20:00.000Z' });
      // Both are told again when the connection is back.
      for (const message of [begin, begin, end, begin, end]) {
        await connection.publish(one.podId, 'anomaly', message);
      }
      expect(await layer.nodeReports.collect(6, LONG_MS)).toBe(3);
      expect((await log.events('AnomalyRaised', 'AnomalyCleared')).map(({ data }) => data)).toEqual(
        [
          { podId: one.podId, anomaly: 'meter', detail: 'no answer', statement: begin },
          { podId: one.podId, anomaly: 'meter', statement: end },
        ],
      );
    });

    it.each<[string, (sound: AnomalyMessage) => object, string]>([
      [
        'changed after it was signed',
        (sound) => ({ ...sound, content: { ...sound.content, code: 'all-well' } }),
        'wrong-signature',
      ],
      ['signed by another', () => signedAnomaly(two, { podId: one.podId }), 'wrong-key'],
      ['of another PoD', () => signedAnomaly(two), 'wrong-topic'],
      ['not signed at all', ({ content }) => ({ content }), 'malformed'],
    ])('keeps as rejected an anomaly that is %s', async (_, change, reason) => {
      const { connection } = await connect(one);
      const forged = change(signedAnomaly(one));
      await connection.publish(one.podId, 'anomaly', forged as AnomalyMessage);
      // What is malformed does not wait here.
      await layer.nodeReports.collect(reason === 'malformed' ? 1 : 2, LONG_MS);
      while ((await log.events('StatementRejected')).length === 0) {
        await layer.measurements.flush();
        await pause(2);
      }
      expect((await log.events('StatementRejected')).map(({ data }) => data)).toMatchObject([
        { podId: one.podId, reason, message: JSON.stringify(forged) },
      ]);
      expect(await log.events('AnomalyRaised')).toEqual([]);
    });

    it('records of a node that raises and clears without end so much a minute, and how it ends', async () => {
      const detail = 'x'.repeat(300);
      for (let times = 0; times < 2_000; times += 1) {
        const round = { anomalyId: `a${Math.floor(times / 2)}`, detail };
        const ended = times % 2 === 1 && { endedAt: '2026-03-17T00:20:00.000Z' };
        const message = signedAnomaly(one, { ...round, ...ended });
        const payload = Buffer.from(JSON.stringify(message));
        layer.nodeReports.receive({ podId: one.podId, kind: 'anomaly', payload });
      }
      await layer.nodeReports.flush();
      clock.setTo(clock.nowMs() + 60_000);
      await layer.nodeReports.flush();
      // The last one is the end of what was not recorded any more.
      const events = await log.events('AnomalyRaised', 'AnomalyCleared');
      expect(events).toHaveLength(20);
      expect(events.at(-1)!.type).toBe('AnomalyCleared');
      expect(problems).toEqual([expect.stringContaining('more than 20 reports a minute')]);
    });

    it('leaves out, and reports, what cannot be read or comes from a stranger', async () => {
      const stranger = fieldNode(9);
      layer.nodeReports.receive({ podId: one.podId, kind: 'status', payload: Buffer.from('1') });
      await connect(stranger);
      expect(await layer.nodeReports.collect(1, LONG_MS)).toBe(0);
      expect(problems).toHaveLength(2);
      expect(problems.join('\n')).toMatch(/status of .*\n.*not enrolled/);
    });
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(2);
}

/**
 * Connections to a broker without shared subscriptions that divide what is shared as one with them would: each such
 * message goes to one of those that are not cut, in turn.
 */
function sharingConnections() {
  const members = new Map<string, ReceiveMessage>();
  let [turn, packets] = [0, 0];
  const seen = new Set<string>();
  const connect: OpenDeviceConnection = (options) => {
    const { as, onMessage } = options;
    if ('podId' in as || !as.shared) throw new Error('only a platform divides');
    const { shared, ...own } = as;
    members.set(as.clientId, onMessage);
    return openDeviceConnection({
      ...options,
      as: { ...own, subscribe: [...own.subscribe, ...shared.kinds] },
      onMessage(message) {
        if (message.kind === 'measurement') packets += 1;
        if (!shared.kinds.includes(message.kind)) {
          return members.get(as.clientId)?.(message);
        }
        // Both have it: whoever has it first gives it to whose turn it is.
        const text = `${message.kind}/${message.payload.toString()}`;
        if (members.size > 1 && seen.delete(text)) return;
        seen.add(text);
        [...members.values()][turn++ % members.size]!(message);
      },
    });
  };
  return {
    connect,
    /** Packets that have come, at either. */
    packets: () => packets,
    cut(instance: string): void {
      for (const id of members.keys()) if (id.endsWith(`-${instance}`)) members.delete(id);
    },
  };
}
type ReceiveMessage = Parameters<OpenDeviceConnection>[0]['onMessage'];
