import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MTU_MS, netReactiveVarh } from '@flexledger/domain';
import { canonicalJson, nodeKeyFrom, sha256Hex, verifyMessage } from '@flexledger/identity';
import { type Broker, startBroker } from '@flexledger/messaging';
import { freePort, isoFromMs, seededRandom, VirtualClock } from '@flexledger/runtime';
import { restEms } from './ems/rest-ems';
import { type LightNode, type LightNodeOptions, startLightNode } from './light-node';
import type { Meter, MeterReading } from './meters/meter';
import { loadMeterModel } from './meters/meter-model';
import { modbusMeter } from './meters/modbus-meter';
import { openFileOutbox } from './outbox/file-outbox';
import { memoryOutbox } from './outbox/memory-outbox';
import type { OutboxEntry } from './outbox/outbox';
import { nodeSigner } from './signing/node-signer';
import { startModbusMeterServer } from './simulation/modbus-meter-server';
import { simulatedPlant, type SimulatedPlant } from './simulation/simulated-plant';
import { PLATFORM_USER, startTestPlatform, type TestPlatform } from './testing/test-platform';

// Goal: what a node measures reaches the platform once for each quarter-hour, whatever breaks between
// them, and what the platform asks for reaches the plant. Method: real broker, real TCP, a platform
// service of this test's own that answers or keeps silent; only the time of day is virtual.

const POD = 'IT002E60776854';
const startMs = Date.parse('2026-03-17T00:00:00Z');
const mtuMs = (mtu: number): number => startMs + mtu * MTU_MS;
const key = nodeKeyFrom('07'.repeat(32));
const redial = { minMs: 5, maxMs: 20 };

let broker: Broker;
let clock: VirtualClock;
let plant: SimulatedPlant;
let platform: TestPlatform;
let problems: string[];
const open: { close(): Promise<unknown> }[] = [];

beforeEach(async () => {
  problems = [];
  clock = new VirtualClock(startMs);
  const naturalW = Array.from({ length: 96 }, (_, mtu) => 400 + 10 * mtu);
  plant = simulatedPlant(
    {
      startMs,
      naturalW,
      naturalVar: naturalW.map(() => 40),
      reach: { upW: 3_000, downW: 3_000, upVar: 0, downVar: 0 },
      counters: { withdrawnTotalWh: 1_000, injectedTotalWh: 0 },
    },
    clock,
    seededRandom(1, 'plant'),
  );
  broker = await startTestBroker(0);
  platform = await startTestPlatform(broker, POD);
  open.push(platform.connection);
});

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
  await broker.close();
});

const startTestBroker = (port: number): Promise<Broker> =>
  startBroker({
    port,
    credentials: {
      platform: PLATFORM_USER,
      tokenOf: (podId) => (podId === POD ? 'node-token' : undefined),
    },
  });

function startNode(change: Partial<LightNodeOptions> = {}): LightNode {
  const node = startLightNode({
    podId: POD,
    meter: plant.meter,
    ems: plant.ems,
    signer: nodeSigner(key),
    outbox: memoryOutbox(),
    mqtt: { host: broker.host, port: broker.port, token: 'node-token', redial },
    clock,
    onProblem: (problem) => problems.push(problem),
    ...change,
  });
  open.push(node);
  return node;
}

/** Lives through quarter-hours `from` to `to`, both included. */
async function live(node: LightNode, from: number, to = from): Promise<void> {
  for (let mtu = from; mtu <= to; mtu += 1) {
    await node.beginQuarterHour(mtuMs(mtu));
    await clock.advanceTo(mtuMs(mtu + 1));
    await node.closeQuarterHour(mtuMs(mtu));
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Kind, whether it begins, and what is said of it. */
const anomaliesTold = (): [string, boolean, string][] =>
  platform.anomalies.map(({ content }) => [
    content.kind,
    content.endedAt === undefined,
    content.detail,
  ]);
const sequences = (): number[] => platform.packets.map(({ sequence }) => sequence);
describe('measuring', () => {
  it('sends one sound packet for each quarter-hour and forgets it when it is answered', async () => {
    const node = startNode();
    await node.ready;
    await live(node, 0, 7);
    await node.whenAcknowledged();
    expect(node.pendingPackets()).toBe(0);
    expect(sequences()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    platform.packets.forEach((packet, mtu) => {
      const canonical = canonicalJson(packet.inputData);
      expect(packet.inputData.mtuStart).toBe(isoFromMs(mtuMs(mtu)));
      expect(packet.hash).toBe(sha256Hex(canonical));
      expect(verifyMessage(key.publicKey, canonical, packet.signedHash)).toBe(true);
    });
    const measured = platform.packets.map(({ inputData }) => inputData.withdrawnWh);
    expect(measured.reduce((sum, wh) => sum + wh, 0)).toBe(870); // 400 + 410 + ... + 470 W
    expect(platform.packets.at(-1)!.inputData.withdrawnTotalWh).toBe(1_870);
    expect(problems).toEqual([]);
  });

  it('reads a meter over Modbus TCP all the same', async () => {
    const model = loadMeterModel('schneider-iem3155');
    const device = { model, port: 0, unitId: 3, reading: plant.reading };
    const server = await startModbusMeterServer(device);
    open.push(server);
    const meter = modbusMeter({ ...server, model, unitId: 3, timeoutMs: 500 });
    const node = startNode({ meter });
    await node.ready;
    await live(node, 0, 1);
    await node.whenAcknowledged();
    expect(platform.packets.map(({ inputData }) => inputData)).toEqual([
      expect.objectContaining({ withdrawnWh: 100, reactiveVarh: 10, withdrawnTotalWh: 1_100 }),
      expect.objectContaining({ withdrawnWh: 102, reactiveVarh: 10, withdrawnTotalWh: 1_202 }),
    ]);
  });

  it('sends data set Chain2Full of a meter that counts its quadrants apart', async () => {
    const quadrantTotals = {
      inductiveWithdrawnVarh: 7,
      capacitiveInjectedVarh: 0,
      inductiveInjectedVarh: 0,
      capacitiveWithdrawnVarh: 3,
    };
    const read = async () => {
      const reading = plant.reading();
      const inductiveWithdrawnVarh = 7 + reading.reactiveTotalVarh;
      const counted = { ...quadrantTotals, inductiveWithdrawnVarh };
      return { ...reading, quadrantTotals: counted, reactiveTotalVarh: netReactiveVarh(counted) };
    };
    const node = startNode({ meter: { read, close: async () => {} } });
    await node.ready;
    await live(node, 0);
    // A counter that begins anew opens nothing, and closes nothing.
    quadrantTotals.capacitiveWithdrawnVarh = 0;
    await live(node, 1, 3);
    await node.whenAcknowledged();
    expect(
      platform.packets.map(({ inputData }) => [
        inputData.mtuStart,
        inputData.chain2Full?.meanPowerW,
      ]),
    ).toEqual([
      [isoFromMs(mtuMs(0)), 400],
      [isoFromMs(mtuMs(2)), 420],
      [isoFromMs(mtuMs(3)), 432],
    ]);
    expect(platform.packets[0]!.inputData).toMatchObject({
      reactiveVarh: 10,
      chain2Full: { inductiveWithdrawnVarh: 10, capacitiveWithdrawnVarh: 0 },
    });
    expect(platform.anomalies[0]!.content.detail).toContain('a counter ran backwards');
  });

  it('tells the power now beside it, withdrawn and fed in apart, and none that it cannot read', async () => {
    let powerW = 1_500;
    const read = async (): Promise<MeterReading> => {
      if (Number.isNaN(powerW)) throw new Error('meter unplugged');
      return { ...plant.reading(), powerW };
    };
    const node = startNode({ meter: { read, close: async () => {} } });
    await node.ready;
    for (powerW of [1_500, -700, NaN, 0]) await node.tellPower();
    await until(() => platform.heard('power').length >= 3 && platform.anomalies.length >= 2);
    const at = isoFromMs(startMs);
    expect(platform.heard('power')).toEqual([
      { at, withdrawnW: 1_500, injectedW: 0 },
      { at, withdrawnW: 0, injectedW: 700 },
      { at, withdrawnW: 0, injectedW: 0 },
    ]);
    expect(anomaliesTold()).toEqual([
      ['meter', true, 'meter unplugged'],
      ['meter', false, 'meter unplugged'],
    ]);
  });

  it('does not guess a quarter-hour that it did not see begin, or whose reading failed', async () => {
    const faults = ['meter unplugged'];
    const meter: Meter = {
      close: async () => {},
      read: async () => {
        if (faults.length > 0 && clock.nowMs() >= mtuMs(2)) throw new Error(faults.pop());
        return plant.reading();
      },
    };
    await clock.advanceTo(startMs + 60_000);
    const node = startNode({ meter });
    await node.ready;
    await live(node, 0, 3); // 0: began before the node; 1: its closing reading fails; 2, 3: sound
    await node.whenAcknowledged();
    expect(platform.packets.map(({ inputData }) => inputData.mtuStart)).toEqual([
      isoFromMs(mtuMs(2)),
      isoFromMs(mtuMs(3)),
    ]);
    expect(problems).toEqual([expect.stringContaining('was not opened, so not measured')]);
    expect(anomaliesTold()).toEqual([
      ['meter', true, 'meter unplugged'],
      ['meter', false, 'meter unplugged'],
    ]);
  });

  it('measures a quarter-hour once, however often it is closed', async () => {
    const node = startNode();
    await node.ready;
    await live(node, 0);
    await Promise.all([node.closeQuarterHour(mtuMs(0)), node.closeQuarterHour(mtuMs(0))]);
    await live(node, 1);
    await node.whenAcknowledged();
    expect(sequences()).toEqual([0, 1]);
    expect(problems).toEqual([]);
  });

  it('tells that a packet could not be kept, and goes on with the next', async () => {
    const outbox = memoryOutbox();
    const faults = ['disk full'];
    const store = async (entry: OutboxEntry): Promise<void> => {
      if (faults.length > 0) throw new Error(faults.pop());
      return outbox.store(entry);
    };
    const node = startNode({ outbox: { ...outbox, store } });
    await node.ready;
    await live(node, 0, 1);
    await node.whenAcknowledged();
    await until(() => platform.anomalies.length >= 2);
    expect(platform.packets.map(({ inputData }) => inputData.mtuStart)).toEqual([
      isoFromMs(mtuMs(1)),
    ]);
    expect(anomaliesTold()).toEqual([
      ['node', true, 'Error: disk full'],
      ['node', false, 'Error: disk full'],
    ]);
    expect(problems).toEqual([expect.stringContaining('disk full')]);
  });

  it('tells a counter that runs backwards instead of sending nonsense', async () => {
    let withdrawnTotalWh = 500;
    const meter: Meter = {
      close: async () => {},
      read: async () => ({ ...plant.reading(), withdrawnTotalWh: (withdrawnTotalWh -= 1) }),
    };
    const node = startNode({ meter });
    await node.ready;
    await live(node, 0);
    await until(() => platform.anomalies.length > 0);
    expect(platform.anomalies[0]!.content.detail).toContain('a counter ran backwards');
    expect(node.pendingPackets()).toBe(0);
  });
});

it('a false reading opens no quarter-hour: what it would have counted is in no packet', async () => {
  const readings = [180_000, 180_050, 0, 180_150, 180_200];
  const meter: Meter = {
    close: async () => {},
    read: async () => ({ ...plant.reading(), withdrawnTotalWh: readings.shift()! }),
  };
  const node = startNode({ meter });
  await node.ready;
  await live(node, 0, 3);
  await node.whenAcknowledged();
  expect(platform.packets.map(({ inputData }) => inputData.withdrawnWh)).toEqual([50, 50]);
});

describe('an outage', () => {
  it('of the platform keeps packets in the outbox, which go again until they are answered', async () => {
    platform.answer = 'silence';
    const node = startNode({ resendEveryMs: 20 });
    await node.ready;
    await live(node, 0, 2);
    expect(node.pendingPackets()).toBe(3);
    platform.answer = 'accept';
    await node.whenAcknowledged();
    expect(new Set(sequences())).toEqual(new Set([0, 1, 2]));
    expect(sequences().length).toBeGreaterThan(3);
  });

  it('of the broker does not stop measuring; all of it goes when the broker is back', async () => {
    const node = startNode();
    await node.ready;
    await live(node, 0);
    await node.whenAcknowledged();
    const { port } = broker;
    await broker.close();
    await until(() => !node.isConnected());
    await live(node, 1, 4);
    expect(node.pendingPackets()).toBe(4);
    broker = await startTestBroker(port);
    await node.whenAcknowledged();
    expect(new Set(sequences())).toEqual(new Set([0, 1, 2, 3, 4]));
  });

  it('hides no anomaly: what began and ended meanwhile is told when the broker is back', async () => {
    let isPlugged = true;
    const meter: Meter = {
      close: async () => {},
      read: async () => {
        if (!isPlugged) throw new Error('meter unplugged');
        return plant.reading();
      },
    };
    const node = startNode({ meter });
    await node.ready;
    const { port } = broker;
    await broker.close();
    await until(() => !node.isConnected());
    isPlugged = false;
    await live(node, 0);
    broker = await startTestBroker(port);
    await until(() => platform.anomalies.length >= 1);
    expect(anomaliesTold()[0]).toEqual(['meter', true, 'meter unplugged']);
  });

  it('from the very start delays nothing but the sending', async () => {
    const { port } = broker;
    await broker.close();
    const node = startNode();
    await live(node, 0, 1);
    broker = await startTestBroker(port);
    await node.whenAcknowledged();
    expect(new Set(sequences())).toEqual(new Set([0, 1]));
  });
});

describe('a restart of the node', () => {
  const folder = mkdtempSync(join(tmpdir(), 'light-node-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('within the quarter-hour loses neither packets nor energy, and goes on counting', async () => {
    const path = join(folder, 'outbox.jsonl');
    platform.answer = 'silence';
    const first = startNode({ outbox: await openFileOutbox(path) });
    await first.ready;
    await live(first, 0, 1);
    await first.beginQuarterHour(mtuMs(2));
    await clock.advanceTo(mtuMs(2) + 5 * 60_000);
    await open.splice(open.indexOf(first), 1)[0]!.close();
    platform.packets.length = 0;

    platform.answer = 'accept';
    const second = startNode({ outbox: await openFileOutbox(path) });
    await second.ready;
    await live(second, 2, 3);
    await second.whenAcknowledged();
    const measured = new Map(platform.packets.map((packet) => [packet.sequence, packet]));
    expect([...measured.keys()].sort()).toEqual([0, 1, 2, 3]);
    const energies = [...measured.values()].map(({ inputData }) => inputData.withdrawnWh);
    expect(energies.reduce((sum, wh) => sum + wh, 0)).toBe(415); // 400 + 410 + 420 + 430 W
  });
});

describe('a refused packet', () => {
  it('is not sent again; the refusal is told as an anomaly until a packet is kept again', async () => {
    platform.answer = 'refuse';
    const node = startNode();
    await node.ready;
    await live(node, 0);
    await node.whenAcknowledged();
    platform.answer = 'accept';
    await live(node, 1);
    await node.whenAcknowledged();
    await until(() => platform.anomalies.length >= 2);
    expect(sequences()).toEqual([0, 1]);
    expect(anomaliesTold()).toEqual([
      ['node', true, 'packet 0 was refused: wrong-time'],
      ['node', false, 'packet 0 was refused: wrong-time'],
    ]);
  });
});

describe('a clock that is an hour off', () => {
  const HOUR_MS = 3_600_000;
  let fastMs: number;
  /** As a machine's, which somebody sets. */
  const own = { nowMs: () => clock.nowMs() + fastMs };
  /** Lives through quarter-hour `mtu` of the node's own clock. */
  const liveByOwn = async (node: LightNode, mtu: number): Promise<void> => {
    await node.beginQuarterHour(mtuMs(mtu));
    await clock.advanceTo(mtuMs(mtu + 1) - fastMs);
    await node.closeQuarterHour(mtuMs(mtu));
  };

  it('has what is signed by it refused; set back, the node goes on at once where it is', async () => {
    fastMs = HOUR_MS;
    const node = startNode({ clock: own });
    await node.ready;
    platform.answer = 'refuse';
    await liveByOwn(node, 4);
    await until(() => node.pendingPackets() === 0);
    platform.answer = 'accept';
    fastMs = 0;
    await liveByOwn(node, 1);
    await node.whenAcknowledged();
    await until(() => platform.anomalies.length >= 2);
    expect(
      platform.packets.map(({ inputData }) => [inputData.sequence, inputData.mtuStart]),
    ).toEqual([
      [0, isoFromMs(mtuMs(4))],
      [1, isoFromMs(mtuMs(1))],
    ]);
    expect(anomaliesTold().map(([kind, isBegun]) => [kind, isBegun])).toEqual([
      ['node', true],
      ['node', false],
    ]);
  });

  it.each([
    ['fast', HOUR_MS],
    ['slow', -HOUR_MS],
  ])(
    '%s, is found by the platform’s: nothing is measured by it, and that is told',
    async (way, offMs) => {
      fastMs = offMs;
      const node = startNode({ clock: own, clockOffMs: async () => fastMs });
      await node.ready;
      const first = 1 + offMs / MTU_MS;
      await clock.advanceTo(mtuMs(1));
      await node.probe();
      await liveByOwn(node, first);
      fastMs = 0;
      await node.probe();
      await liveByOwn(node, 2);
      await node.whenAcknowledged();
      await until(() => platform.anomalies.length >= 2);
      expect(platform.packets.map(({ inputData }) => inputData.mtuStart)).toEqual([
        isoFromMs(mtuMs(2)),
      ]);
      const detail = `the clock is 3600 s ${way}; nothing is measured by it`;
      expect(anomaliesTold()).toEqual([
        ['node', true, detail],
        ['node', false, detail],
      ]);
    },
  );
});

it('an EMS that lies, and does nothing, is told by what the meter counts', async () => {
  const lying = { accept: async () => {}, apply: async () => {} };
  const node = startNode({ ems: lying });
  await node.ready;
  const window = { windowStart: isoFromMs(mtuMs(1)), targetW: [-1_000], targetVar: [null] };
  await platform.connection.publish(POD, 'setpoint', { setpointId: 'sp-1', podId: POD, ...window });
  await until(() => platform.heard('setpointAck').length >= 1);
  await live(node, 0, 1);
  await node.whenAcknowledged();
  await until(() => platform.heard('activation').length >= 1);
  // Both are signed: what it claims to follow, and what was drawn in the same quarter-hour.
  expect(platform.heard('activation')[0]!.content).toMatchObject({
    mtuStart: isoFromMs(mtuMs(1)),
    targetW: -1_000,
  });
  const { inputData } = platform.packets[1]!;
  expect(4 * (inputData.withdrawnWh - inputData.injectedWh)).toBe(408);
});

describe('a setpoint', () => {
  const setpoint = {
    setpointId: 'sp-1',
    podId: POD,
    windowStart: isoFromMs(mtuMs(2)),
    targetW: [-1_000, -1_000],
    targetVar: [null, null],
  };

  it('moves the plant in its window and no other, and every step of its way is told', async () => {
    const node = startNode();
    await node.ready;
    await live(node, 0);
    await platform.connection.publish(POD, 'setpoint', setpoint);
    await until(() => platform.heard('setpointAck').length >= 1);
    await live(node, 1, 4);
    await node.whenAcknowledged();
    const powers = platform.packets.map(
      ({ inputData }) => 4 * (inputData.withdrawnWh - inputData.injectedWh),
    );
    expect([powers[0], powers[1], powers[4]]).toEqual([400, 408, 440]); // whole Wh a quarter
    for (const powerW of powers.slice(2, 4)) expect(Math.abs(powerW! + 1_000)).toBeLessThan(400);
    expect(platform.heard('setpointAck')[0]!.content).toEqual({
      setpointId: 'sp-1',
      podId: POD,
      receivedAt: isoFromMs(mtuMs(1)),
      emsReceivedAt: isoFromMs(mtuMs(1)),
    });
    expect(platform.heard('activation').map(({ content }) => content.mtuStart)).toEqual([
      isoFromMs(mtuMs(2)),
    ]);
  });

  it('that the platform carries twice is taken once', async () => {
    const node = startNode();
    await node.ready;
    await platform.connection.publish(POD, 'setpoint', setpoint);
    await platform.connection.publish(POD, 'setpoint', setpoint);
    await until(() => platform.heard('setpointAck').length >= 2);
    const [first, second] = platform.heard('setpointAck');
    expect(second).toEqual(first);
  });
});

describe('what is wrong', () => {
  const told = (): (string | undefined)[][] =>
    platform.anomalies.map(({ content }) => [content.kind, content.code, content.endedAt]);
  const now = (): string => isoFromMs(clock.nowMs());
  const started = async (change: Partial<LightNodeOptions>): Promise<LightNode> => {
    const node = startNode(change);
    await node.ready;
    return node;
  };
  const probed = async (node: LightNode, messages: number): Promise<void> => {
    await node.probe();
    await until(() => platform.anomalies.length >= messages);
  };

  it('with a meter that is unplugged, and with a further one, is found and over by itself', async () => {
    const model = loadMeterModel('schneider-iem3155');
    const device = { model, port: 0, unitId: 3, reading: plant.reading };
    const server = await startModbusMeterServer(device);
    const meterAtPort = () => modbusMeter({ ...server, model, unitId: 3, timeoutMs: 500 });
    const otherMeters = [{ name: 'garage', meter: meterAtPort() }];
    const node = await started({ meter: meterAtPort(), otherMeters });
    await probed(node, 0);
    expect(told()).toEqual([]);
    await server.close();
    await probed(node, 2);
    const begun = ['otherMeter', 'meter'].map((kind) => [kind, 'meter-unreadable', undefined]);
    expect(told().sort()).toEqual(begun.sort());
    const details = platform.anomalies.map(({ content }) => content.detail);
    expect(details).toContainEqual(expect.stringMatching(/^garage: The meter Schneider.*unit 3/));
    const again = await startModbusMeterServer({ ...device, port: server.port });
    open.push(again);
    await clock.advanceTo(startMs + 60_000);
    await probed(node, 4);
    const ended = ['otherMeter', 'meter'].map((kind) => [kind, 'meter-unreadable', now()]);
    expect(told().slice(2).sort()).toEqual(ended.sort());
    expect(node.anomalies()).toEqual([]);
  });

  it('with an EMS that does not answer', async () => {
    const ems = restEms({
      url: `http://127.0.0.1:${await freePort()}`,
      unit: 'W',
      timeoutMs: 500,
      clock,
    });
    await probed(await started({ ems }), 1);
    expect(told()).toEqual([['ems', 'ems-unreachable', undefined]]);
    expect(platform.anomalies[0]!.content.detail).toContain('ECONNREFUSED');
  });

  it('with a platform that answers no packet for five minutes', async () => {
    platform.answer = 'silence';
    const node = await started({ resendEveryMs: 20 });
    await live(node, 0);
    await node.probe();
    const closedMs = clock.nowMs();
    await clock.advanceTo(closedMs + 299_000);
    await node.probe();
    expect(node.anomalies()).toEqual([]);
    await clock.advanceTo(closedMs + 360_000);
    await probed(node, 1);
    expect(told()).toEqual([['dsotp', 'platform-silent', undefined]]);
    expect(platform.anomalies[0]!.content.startedAt).toBe(isoFromMs(closedMs));
    platform.answer = 'accept';
    await until(() => platform.anomalies.length >= 2);
    expect(told()[1]).toEqual(['dsotp', 'platform-silent', now()]);
  });

  it('with the way to the broker is told, with its cause and duration, when that is back', async () => {
    const node = await started({});
    const { port } = broker;
    await clock.advanceTo(startMs + 1_000);
    await broker.close();
    await until(() => !node.isConnected());
    await clock.advanceTo(startMs + 10_999);
    await node.probe();
    expect(node.anomalies()).toEqual([]);
    await clock.advanceTo(startMs + 61_000);
    await node.probe();
    expect(node.anomalies()).toMatchObject([
      { kind: 'internet', code: 'broker-refuses', startedAt: isoFromMs(startMs + 1_000) },
    ]);
    await clock.advanceTo(startMs + 601_000);
    broker = await startTestBroker(port);
    await until(() => told().some(([, , endedAt]) => endedAt !== undefined));
    const [begin, end] = platform.anomalies.map(({ content }) => content);
    expect(begin!.endedAt).toBeUndefined();
    expect(end).toEqual({ ...begin, endedAt: isoFromMs(startMs + 601_000) });
  });
});
