/**
 * The ingress on a real log, its packets handed in directly: what is recorded, in which order, and
 * what is answered. The broker comes in with `access-layer.int-spec.ts`.
 */
import { MAX_REJECTIONS, type MeasurementPacket, MTU_MS } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { createVerifyingPool } from '@flexledger/identity';
import type { MeasurementAck } from '@flexledger/messaging';
import { drawInteger, seededRandom, sleep, VirtualClock } from '@flexledger/runtime';
import { FIRST_MTU_MS, fieldNode, openTestLog, signedPacket, type TestLog } from '../testing/field';
import {
  createMeasurementIngress,
  type MeasurementIngress,
  type MeasurementIngressOptions,
} from './measurement-ingress';

const DAY_MS = 86_400_000;
const one = fieldNode(1);
const two = fieldNode(2);
const enrolled = new Map([one, two].map(({ podId, key }) => [podId, key.publicKey]));

describe('the measurement ingress', () => {
  let clock: VirtualClock;
  let log: TestLog;
  let ingress: MeasurementIngress;
  let acks: [string, MeasurementAck][];
  /** How many answers each message to a node held. */
  let messages: number[];
  let problems: string[];

  const signatures = createVerifyingPool({ workers: 1, keysKept: 10 });
  afterAll(() => signatures.close());
  const ingressOn = (
    store: EventStore,
    maxAgeMs = 31 * DAY_MS,
    change: Partial<MeasurementIngressOptions> = {},
  ): MeasurementIngress =>
    createMeasurementIngress({
      store,
      clock,
      enrolment: { readOn: async () => {}, keyOf: (podId) => enrolled.get(podId) },
      signatures,
      beforeRecording: async () => {},
      power: { readOn: async () => {}, maxPowerWOf: () => 6_000 },
      limits: { maxFutureMs: 60_000, maxAgeMs },
      expectedNodes: 10,
      publishAcks: async (podId, list) => {
        messages.push(list.length);
        for (const ack of list) acks.push([podId, ack]);
      },
      onProblem: (problem) => problems.push(problem),
      ...change,
    });

  beforeEach(() => {
    clock = new VirtualClock(FIRST_MTU_MS + 4 * MTU_MS);
    log = openTestLog(clock);
    ingress = ingressOn(log.store);
    acks = [];
    messages = [];
    problems = [];
  });

  afterEach(async () => {
    await log.remove();
  });

  const receive = (packet: object | string, podId = one.podId): void => {
    const text = typeof packet === 'string' ? packet : JSON.stringify(packet);
    ingress.receive({ podId, kind: 'measurement', payload: Buffer.from(text) });
  };
  const rejections = async (): Promise<object[]> =>
    (await log.events('PacketRejected')).map((event) => event.data);
  const recordedOrder = async (): Promise<string[]> =>
    (await log.events('MeasurementRecorded')).map(({ data }) => {
      const { podId, sequence } = data as MeasurementPacket;
      return `${podId} ${sequence}`;
    });

  it('records what an enrolled node has signed and answers it', async () => {
    const packet = signedPacket(one, 0, 0);
    receive(packet);
    expect(await ingress.flush()).toEqual({ recorded: 1, repeated: 0, rejected: 0, failed: 0 });
    const [event] = await log.events();
    const { podId, sequence, inputData, hash, signedHash } = packet;
    expect(event).toMatchObject({
      type: 'MeasurementRecorded',
      streamId: `meter-${one.podId}-2026-03`,
      actor: `node:${one.podId}`,
      data: { podId, sequence, inputData, hash, signedHash },
    });
    expect(acks).toEqual([[one.podId, { sequence: 0, accepted: true }]]);
  });

  it('writes the same log whatever the order of arrival', async () => {
    const packets = [0, 1, 2, 3].flatMap((mtu) => [
      signedPacket(one, mtu + 5, mtu),
      signedPacket(two, mtu, mtu),
    ]);
    const forged = { ...signedPacket(two, 9, 1), signedHash: '0'.repeat(128) };
    const random = seededRandom(7, 'arrival');
    const logs: unknown[] = [];
    for (let run = 0; run < 5; run += 1) {
      await log.remove();
      log = openTestLog(clock);
      ingress = ingressOn(log.store);
      const arriving = [...packets, forged];
      while (arriving.length > 0) {
        const [packet] = arriving.splice(drawInteger(random, 0, arriving.length - 1), 1);
        receive(packet!, packet!.podId);
      }
      receive('{', two.podId);
      await ingress.flush();
      logs.push((await log.events()).map(({ hash, position }) => [position, hash]));
      // By quarter-hour and PoD, and what came of one PoD together.
      const ofOne = [one, two].flatMap(({ podId: own }) => packets.filter((p) => p.podId === own));
      expect(await recordedOrder()).toEqual(
        ofOne.map(({ podId, sequence }) => `${podId} ${sequence}`),
      );
    }
    for (const other of logs) expect(other).toEqual(logs[0]);
  });

  it('records a packet that comes twice once, and answers it twice', async () => {
    const packet = signedPacket(one, 0, 0);
    receive(packet);
    receive(packet);
    await ingress.flush();
    receive(packet);
    // The same measurement in another spelling is no longer known by its bytes.
    receive(JSON.stringify(packet, null, 1));
    expect(await ingress.flush()).toMatchObject({ recorded: 0, repeated: 1 });
    expect(await log.events()).toHaveLength(1);
    expect(acks.map(([, { accepted }]) => accepted)).toEqual([true, true, true]);
  });

  describe('keeps as evidence', () => {
    it.each<[string, (packet: MeasurementPacket) => object]>([
      ['wrong-signature', (packet) => ({ ...packet, signedHash: 'ab'.repeat(64) })],
      ['wrong-key', (packet) => ({ ...packet, publicKey: two.key.publicKey })],
      [
        'wrong-hash',
        (packet) => ({ ...packet, inputData: { ...packet.inputData, injectedWh: 1 } }),
      ],
      ['wrong-topic', () => signedPacket(two, 0, 0)],
      ['malformed', (packet) => ({ ...packet, sequence: 3 })],
      ['malformed', (packet) => ({ ...packet, extra: 1 })],
      ['wrong-time', () => signedPacket(one, 0, 9)],
      ['wrong-time', () => signedPacket(one, 0, -32 * 96)],
      ['implausible', () => signedPacket(one, 0, 0, { withdrawnWh: 1_501 })],
    ])('%s', async (reason, deviate) => {
      const packet = deviate(signedPacket(one, 0, 0));
      receive(packet);
      expect(await ingress.flush()).toMatchObject({ recorded: 0, rejected: 1 });
      expect(await log.events()).toMatchObject([
        {
          type: 'PacketRejected',
          streamId: `meter-${one.podId}-2026-03`,
          data: { podId: one.podId, reason, packet: JSON.stringify(packet) },
        },
      ]);
      expect(acks).toMatchObject([[one.podId, { accepted: false }]]);
      expect(acks[0]![1].reason).toContain(reason);
    });

    it('what is no message at all, and nobody can be answered', async () => {
      receive('not JSON');
      await ingress.flush();
      expect(await rejections()).toMatchObject([{ reason: 'malformed', packet: 'not JSON' }]);
      expect(acks).toEqual([]);
    });

    it('what comes from a PoD without a node, under the name of unknown', async () => {
      const stranger = fieldNode(3);
      receive(signedPacket(stranger, 0, 0), stranger.podId);
      await ingress.flush();
      expect(await log.events()).toMatchObject([
        { streamId: 'meter-unknown-2026-03', data: { podId: 'unknown', reason: 'unknown-node' } },
      ]);
      expect(acks).toMatchObject([[stranger.podId, { accepted: false }]]);
    });

    it('only so much of one sender, while every packet is answered', async () => {
      for (let count = 0; count < MAX_REJECTIONS + 10; count += 1) {
        receive({ ...signedPacket(one, 0, 0), hash: sha(count) });
      }
      receive(signedPacket(one, 0, 0));
      const report = await ingress.flush();
      expect(report).toMatchObject({ recorded: 1, rejected: MAX_REJECTIONS + 10 });
      expect(await rejections()).toHaveLength(MAX_REJECTIONS);
      expect(acks).toHaveLength(MAX_REJECTIONS + 11);
    });

    it('nothing beyond that, and looks at the log once for all of it', async () => {
      let reads = 0;
      const readStream: EventStore['readStream'] = (...args) => {
        reads += 1;
        return log.store.readStream(...args);
      };
      ingress = ingressOn({ ...boundStore(log.store), readStream });
      for (let count = 0; count < MAX_REJECTIONS; count += 1) receive(`{"sequence":${count}}`);
      await ingress.flush();
      const before = reads;
      for (let count = 0; count < 20; count += 1) receive(`{"sequence":${count},"more":1}`);
      expect(await ingress.flush()).toMatchObject({ rejected: 20 });
      expect(reads - before).toBe(1);
    });
  });

  it('refuses a sequence or a quarter-hour that stands with another content', async () => {
    receive(signedPacket(one, 5, 0));
    receive(signedPacket(one, 7, 2));
    await ingress.flush();
    receive(signedPacket(one, 5, 1));
    receive(signedPacket(one, 8, 2));
    receive(signedPacket(one, 9, 1));
    await ingress.flush();
    expect((await rejections()).map((data) => (data as { reason: string }).reason).sort()).toEqual([
      'out-of-order',
      'replayed',
      'replayed',
    ]);
  });

  it('takes what a node has stored while it was cut off', async () => {
    receive(signedPacket(one, 3, 3));
    await ingress.flush();
    for (const sequence of [2, 0, 1]) receive(signedPacket(one, sequence, sequence));
    expect(await ingress.flush()).toMatchObject({ recorded: 3, rejected: 0 });
  });

  describe('at the turn of a month', () => {
    const april = 15 * 96;

    beforeEach(() => clock.advanceTo(FIRST_MTU_MS + (april + 2) * MTU_MS));

    it('goes on with the sequence', async () => {
      receive(signedPacket(one, 10, april - 1));
      receive(signedPacket(one, 11, april));
      await ingress.flush();
      const events = await log.events();
      expect(events.map(({ streamId }) => streamId)).toEqual([
        `meter-${one.podId}-2026-03`,
        `meter-${one.podId}-2026-04`,
      ]);
    });

    it('refuses a sequence that went back, or that is too high for the past', async () => {
      receive(signedPacket(one, 10, april - 2));
      await ingress.flush();
      receive(signedPacket(one, 9, april));
      await ingress.flush();
      receive(signedPacket(one, 12, april + 1));
      await ingress.flush();
      receive(signedPacket(one, 13, april - 1));
      await ingress.flush();
      expect(await recordedOrder()).toEqual([`${one.podId} 10`, `${one.podId} 12`]);
      expect(await rejections()).toMatchObject([
        { reason: 'out-of-order' },
        { reason: 'out-of-order' },
      ]);
    });
  });

  it('keeps the order of sequences across months without a measurement', async () => {
    const june = 76 * 96;
    await clock.advanceTo(FIRST_MTU_MS + (june + 4) * MTU_MS);
    ingress = ingressOn(log.store, 100 * DAY_MS);
    for (const [sequence, mtu] of [
      [5, 0],
      [9, june],
    ] as const) {
      receive(signedPacket(one, sequence, mtu));
      await ingress.flush();
    }
    receive(signedPacket(one, 5, 20 * 96));
    receive(signedPacket(one, 7, 21 * 96));
    receive(signedPacket(one, 9, 22 * 96));
    receive(signedPacket(one, 8, june + 1));
    expect(await ingress.flush()).toMatchObject({ recorded: 1, rejected: 3 });
  });

  it('goes on after a restart where the log ends', async () => {
    const first = signedPacket(one, 0, 0);
    receive(first);
    await ingress.flush();
    await log.reopen();
    ingress = ingressOn(log.store);
    receive(first);
    receive(signedPacket(one, 0, 1));
    receive(signedPacket(one, 1, 1));
    expect(await ingress.flush()).toEqual({ recorded: 1, repeated: 1, rejected: 1, failed: 0 });
  });

  it('answers nothing before it is durable', async () => {
    let letGo = (): void => {};
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    ingress = ingressOn({
      ...boundStore(log.store),
      append: async (...append) => {
        const result = await log.store.append(...append);
        await gate;
        return result;
      },
    });
    receive(signedPacket(one, 0, 0));
    const flushing = ingress.flush();
    while ((await log.events()).length === 0) await sleep(2);
    await sleep(20);
    expect(acks).toEqual([]);
    letGo();
    await flushing;
    expect(acks).toHaveLength(1);
  });

  it('answers nothing that the log did not take, and takes it when it is sent again', async () => {
    let isFull = true;
    ingress = ingressOn({
      ...boundStore(log.store),
      append: async (...append) => {
        if (isFull) throw new Error('the disk is full');
        return log.store.append(...append);
      },
    });
    receive(signedPacket(one, 0, 0));
    expect(await ingress.flush()).toMatchObject({ recorded: 0, failed: 1 });
    expect(acks).toEqual([]);
    expect(problems).toEqual([expect.stringContaining('the disk is full')]);
    isFull = false;
    receive(signedPacket(one, 0, 0));
    expect(await ingress.flush()).toMatchObject({ recorded: 1 });
    expect(acks).toHaveLength(1);
  });

  it('leaves a packet whose examination failed unanswered, and records the others', async () => {
    let isBroken = true;
    ingress = ingressOn(log.store, undefined, {
      signatures: {
        areBy: async (publicKey, signed) => {
          if (isBroken && publicKey === one.key.publicKey) throw new Error('a thread ended');
          return signatures.areBy(publicKey, signed);
        },
      },
    });
    receive(signedPacket(one, 0, 0));
    receive(signedPacket(two, 0, 0), two.podId);
    expect(await ingress.flush()).toEqual({ recorded: 1, repeated: 0, rejected: 0, failed: 1 });
    expect(acks).toEqual([[two.podId, { sequence: 0, accepted: true }]]);
    expect(problems).toEqual([`A packet of ${one.podId} was not examined: Error: a thread ended`]);
    isBroken = false;
    receive(signedPacket(one, 0, 0));
    expect(await ingress.flush()).toMatchObject({ recorded: 1, failed: 0 });
  });

  it('records packets although what comes before them fails, and tells it', async () => {
    ingress = ingressOn(log.store, undefined, {
      beforeRecording: () => Promise.reject(new Error('no statements today')),
    });
    receive(signedPacket(one, 0, 0));
    expect(await ingress.flush()).toMatchObject({ recorded: 1 });
    expect(problems).toEqual([expect.stringContaining('no statements today')]);
  });

  it('turns away what one node sends beyond its room, and takes the others', async () => {
    for (let sequence = 0; sequence < 510; sequence += 1) receive(`{"sequence":${sequence}}`);
    receive(signedPacket(two, 0, 0), two.podId);
    expect(await ingress.flush()).toMatchObject({ recorded: 1, rejected: 500 });
    expect(problems).toHaveLength(10);
  });

  it('judges and answers each packet of a list by itself, what cannot be read as evidence of its own', async () => {
    const forged = { ...signedPacket(one, 1, 1), signedHash: '0'.repeat(128) };
    const list = [signedPacket(one, 0, 0), forged, { sequence: 7 }, signedPacket(one, 2, 2)];
    receive(JSON.stringify(list));
    expect(await ingress.flush()).toEqual({ recorded: 2, repeated: 0, rejected: 2, failed: 0 });
    expect(await recordedOrder()).toEqual([`${one.podId} 0`, `${one.podId} 2`]);
    expect(await rejections()).toMatchObject([
      { reason: 'wrong-signature', packet: JSON.stringify(forged) },
      { reason: 'malformed', packet: '{"sequence":7}' },
    ]);
    const answers = acks.map(([, { sequence, accepted }]) => [sequence, accepted]);
    expect(answers.toSorted(([a], [b]) => Number(a) - Number(b))).toEqual([
      [0, true],
      [1, false],
      [2, true],
      [7, false],
    ]);
    // Once recorded they are answered together without another look.
    messages = [];
    receive(JSON.stringify([list[0], list[3]]));
    expect(messages).toEqual([2]);
  });

  it('collects as many as are expected, or what has come in time', async () => {
    const collecting = ingress.collect(2, 60_000);
    receive(signedPacket(one, 0, 0));
    receive(signedPacket(two, 0, 0), two.podId);
    expect(await collecting).toMatchObject({ recorded: 2 });
    receive(signedPacket(one, 1, 1));
    expect(await ingress.collect(2, 10)).toMatchObject({ recorded: 1 });
  });

  it('does not count a packet sent again as another one', async () => {
    receive(signedPacket(one, 0, 0));
    await ingress.flush();
    const collecting = ingress.collect(2, 60_000);
    receive(signedPacket(one, 0, 0));
    receive(signedPacket(one, 1, 1));
    receive(signedPacket(one, 1, 1));
    receive(signedPacket(two, 1, 1), two.podId);
    expect(await collecting).toMatchObject({ recorded: 2, repeated: 0 });
  });
});

function sha(count: number): string {
  return count.toString(16).padStart(64, '0');
}

/** A store's methods as an object of its own, to replace one of them. */
function boundStore(store: EventStore): EventStore {
  return {
    append: store.append.bind(store),
    readStream: store.readStream.bind(store),
    readAll: store.readAll.bind(store),
    subscribe: store.subscribe.bind(store),
    head: store.head.bind(store),
    close: store.close.bind(store),
  };
}
