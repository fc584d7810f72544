/**
 * Meters that speak no MQTT, at a real listener before a real log: what they sign is certified whether it comes as
 * JSON or as MeterReadings, and nothing else is.
 */
import { type MeasurementPacket, POD_ID } from '@flexledger/domain';
import { type Broker, startBroker } from '@flexledger/messaging';
import { contextOf } from '@flexledger/event-store';
import { VirtualClock } from '@flexledger/runtime';
import { connectAsync } from 'mqtt';
import {
  powerReadings,
  signedMeterReadings,
} from '../../../../libs/messaging/src/testing/meter-readings-xml.spec-suite';
import {
  type TcpTestClient,
  tcpTestClient,
} from '../../../../libs/messaging/src/testing/tcp-client.spec-suite';
import { type AccessLayer, openAccessLayer } from '../access-layer';
import {
  FIRST_MTU_MS,
  fieldNode,
  openTestLog,
  signedPacket,
  type TestLog,
  toEnrol,
} from '../testing/field';

const LONG_MS = 10_000;
const token = 'platform-token';
const [one, two] = [fieldNode(1), fieldNode(2)];
const nodeToken = (podId: string, enrolments: number): string => `${podId}-${enrolments}`;

describe('a meter that speaks no MQTT', () => {
  let clock: VirtualClock;
  let log: TestLog;
  let broker: Broker;
  let layer: AccessLayer;
  let problems: string[];
  const clients: TcpTestClient[] = [];

  beforeEach(async () => {
    problems = [];
    clock = new VirtualClock(FIRST_MTU_MS + 3_600_000);
    log = openTestLog(clock);
    const platform = { username: 'platform', token };
    broker = await startBroker({
      port: 0,
      credentials: {
        platform,
        tokenOf: (podId) => (POD_ID.test(podId) ? nodeToken(podId, 1) : undefined),
      },
    });
    layer = await openAccessLayer({
      log: log.store,
      clock,
      timers: clock,
      instance: '1',
      broker: { host: broker.host, port: broker.port, ...platform },
      tcp: { port: 0, nodeToken },
      policy: {
        maxFutureMs: 60_000,
        maxAgeMs: 31 * 86_400_000,
        largestConnectionW: 6_000,
        expectedNodes: 10,
        flushEveryMs: 200,
      },
      onProblem: (problem) => problems.push(problem),
    });
    await layer.ready;
    await layer.enrolment.enrol([one, two].map(toEnrol), 'dso');
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.end()));
    await layer.close();
    await broker.close();
    await log.remove();
  });

  const meter = async (
    { podId } = one,
    password = nodeToken(podId, 1),
    framing: 'line' | 'length' = 'line',
  ): Promise<TcpTestClient> => {
    const as = { username: podId, token: password };
    const client = await tcpTestClient({ port: layer.tcp!.port, framing, as });
    clients.push(client);
    return client;
  };
  const signedIn = async (...given: Parameters<typeof meter>): Promise<TcpTestClient> => {
    const client = await meter(...given);
    expect(await client.answer(0)).toEqual({ signedIn: true });
    return client;
  };
  const recorded = async (): Promise<readonly unknown[]> =>
    (await log.events('MeasurementRecorded')).map(({ data }) => data);
  const contentOf = ({ podId, sequence, inputData, hash, signedHash }: MeasurementPacket) =>
    expect.objectContaining({ podId, sequence, inputData, hash, signedHash });

  it.each(['line', 'length'] as const)(
    'sends JSON and MeterReadings, framed by %s, and is answered when they are in the log',
    async (framing) => {
      const client = await signedIn(one, nodeToken(one.podId, 1), framing);
      const packets = [0, 1, 2, 3].map((mtu) => signedPacket(one, mtu, mtu));
      client.send(packets[0]!);
      client.send(signedMeterReadings(packets[1]!));
      client.send(packets.slice(2));
      expect(await layer.measurements.collect(4, LONG_MS)).toMatchObject({ recorded: 4 });
      expect(await client.answer(3)).toBeDefined();
      expect(client.answers.slice(1).flatMap((text) => JSON.parse(text) as unknown)).toEqual(
        [0, 1, 2, 3].map((sequence) => ({ sequence, accepted: true })),
      );
      expect(await recorded()).toEqual(packets.map(contentOf));
      expect(problems).toEqual([]);
    },
  );

  it('tells the same packet again in the other form, and it is recorded once', async () => {
    const client = await signedIn();
    const packet = signedPacket(one, 0, 0);
    client.send(packet);
    await layer.measurements.collect(1, LONG_MS);
    client.send(signedMeterReadings(packet));
    expect(await layer.measurements.collect(1, LONG_MS)).toMatchObject({ repeated: 1 });
    expect(await client.answer(2)).toEqual({ sequence: 0, accepted: true });
    expect(await recorded()).toHaveLength(1);
  });

  it('sends data set Chain2Full as MeterReadings', async () => {
    const chain2Full = {
      meanPowerW: 480,
      inductiveWithdrawnVarh: 5,
      capacitiveInjectedVarh: 0,
      inductiveInjectedVarh: 0,
      capacitiveWithdrawnVarh: 20,
    };
    const packet = signedPacket(one, 0, 0, { chain2Full });
    const client = await signedIn();
    client.send(signedMeterReadings(packet));
    expect(await layer.measurements.collect(1, LONG_MS)).toMatchObject({ recorded: 1 });
    expect(await recorded()).toEqual([contentOf(packet)]);
  });

  const sound = signedPacket(one, 0, 0);
  const soundXml = signedMeterReadings(sound);
  it.each<[string, string, string, boolean]>([
    ['unsigned', /<m:MeterReadings.*<\/m:MeterReadings>/.exec(soundXml)![0], 'malformed', false],
    ['changed after it was signed', soundXml.replace('>120<', '>121<'), 'wrong-hash', true],
    [
      'signed by another',
      signedMeterReadings(signedPacket({ podId: one.podId, key: two.key }, 0, 0)),
      'wrong-key',
      true,
    ],
    [
      'with a signature that is none of its hash',
      soundXml.replace(sound.signedHash, signedPacket(one, 1, 1).signedHash),
      'wrong-signature',
      true,
    ],
    ['another node’s', signedMeterReadings(signedPacket(two, 0, 0)), 'wrong-topic', true],
    ['with an entity', `<!DOCTYPE a [<!ENTITY b "c">]>${soundXml.slice(38)}`, 'malformed', true],
    ['no message at all', 'hello', 'malformed', false],
  ])('sends what is %s: it is kept as rejected', async (_, text, reason, isAnswered) => {
    const client = await signedIn();
    client.send(text);
    expect(await layer.measurements.collect(1, LONG_MS)).toMatchObject({ rejected: 1 });
    if (isAnswered) {
      expect(await client.answer(1)).toMatchObject({
        sequence: 0,
        accepted: false,
        reason: expect.stringContaining(reason),
      });
    }
    expect((await log.events('PacketRejected')).map(({ data }) => data)).toEqual([
      expect.objectContaining({ reason }),
    ]);
    expect(await recorded()).toEqual([]);
  });

  it('tells its power every ten seconds, as JSON or MeterReadings', async () => {
    const client = await signedIn();
    const at = (): string => new Date(clock.nowMs()).toISOString();
    client.send({ at: at(), withdrawnW: 800, injectedW: 0 });
    const told = async () => (await layer.livePower.since(0)).powers;
    await until(async () => (await told())[0]?.withdrawnW === 800);
    clock.setTo(clock.nowMs() + 10_000);
    client.send(powerReadings(one.podId, { at: at(), withdrawnW: 0, injectedW: 1_200 }));
    await until(async () => (await told())[0]?.injectedW === 1_200);
    clock.setTo(clock.nowMs() + 10_000);
    client.send(powerReadings(two.podId, { at: at(), withdrawnW: 5, injectedW: 0 }));
    await until(() => problems.length > 0);
    expect(problems).toEqual([expect.stringContaining(`its node tells of ${two.podId}`)]);
    expect(await told()).toMatchObject([{ podId: one.podId, injectedW: 1_200 }]);
  });

  it('is heard with its own token alone', async () => {
    const impostor = await meter(one, nodeToken(two.podId, 1));
    expect(await impostor.answer(0)).toMatchObject({ closed: true });
    const stranger = await meter(fieldNode(9));
    expect(await stranger.answer(0)).toMatchObject({ closed: true });
    expect(await log.events('MeasurementRecorded', 'PacketRejected')).toEqual([]);
  });

  it('is cut off when its node is revoked', async () => {
    const client = await signedIn();
    await layer.enrolment.revoke(one.podId, 'taken down', contextOf('r', 'r', 'dso'));
    await client.closed;
    const again = await meter();
    expect(await again.answer(0)).toMatchObject({ closed: true });
  });

  it('is answered while the broker is away', async () => {
    const client = await signedIn();
    await broker.close();
    client.send(sound);
    expect(await layer.measurements.collect(1, LONG_MS)).toMatchObject({ recorded: 1 });
    expect(await client.answer(1)).toEqual({ sequence: 0, accepted: true });
    expect(problems.filter((problem) => problem.includes('answer'))).toEqual([]);
  });

  it('may send MeterReadings over MQTT as well', async () => {
    const node = await connectAsync({
      host: broker.host,
      port: broker.port,
      clientId: one.podId,
      username: one.podId,
      password: nodeToken(one.podId, 1),
    });
    await node.publishAsync(`flexledger/${one.podId}/measurement`, soundXml, { qos: 1 });
    expect(await layer.measurements.collect(1, LONG_MS)).toMatchObject({ recorded: 1 });
    expect(await recorded()).toEqual([contentOf(sound)]);
    await node.endAsync();
  });
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
}
