import { type Broker, startBroker } from './broker';
import {
  type DeviceConnection,
  type DeviceConnectionOptions,
  openDeviceConnection,
  type ReceivedMessage,
} from './connection';
import { NotConnected } from './topic-connection';
import { parseDeviceMessage } from './messages';

// Goal: a connection comes back by itself, and a publication either reached the broker or rejected.
// Method: a real broker that is stopped and started again on its port.

const POD = 'IT002E00000001';
const platform = { username: 'platform', token: 'platform-token' };
const redial = { minMs: 5, maxMs: 20 };
const ack = { sequence: 0, accepted: true };

let broker: Broker;
const open: DeviceConnection[] = [];

async function start(port = 0): Promise<void> {
  broker = await startBroker({
    port,
    credentials: { platform, tokenOf: (podId) => (podId === POD ? 'token' : undefined) },
  });
}

function connect(options: Pick<DeviceConnectionOptions, 'as'> & Partial<DeviceConnectionOptions>) {
  const { host, port } = broker;
  const connection = openDeviceConnection({ host, port, redial, onMessage: () => {}, ...options });
  open.push(connection);
  return connection;
}

const nodeSignIn = { podId: POD, token: 'token' };
const platformSignIn = { ...platform, clientId: 'bal', subscribe: ['status'] as const };

beforeEach(() => start());
afterEach(async () => {
  await Promise.all(open.splice(0).map((connection) => connection.close()));
  await broker.close();
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Collects what the platform hears of nodes' status. */
function statusWatcher(heard: boolean[]): (message: ReceivedMessage) => void {
  return ({ kind, payload }) => {
    const parsed = parseDeviceMessage(kind, payload);
    if (parsed.ok && 'online' in parsed.message) heard.push(parsed.message.online);
  };
}

describe('a device connection', () => {
  it('carries messages both ways', async () => {
    const received: ReceivedMessage[] = [];
    const node = connect({ as: nodeSignIn, onMessage: (message) => received.push(message) });
    const service = connect({ as: platformSignIn });
    await Promise.all([node.ready, service.ready]);
    await service.publish(POD, 'measurementAck', ack);
    await until(() => received.length > 0);
    expect(received).toEqual([
      { podId: POD, kind: 'measurementAck', payload: Buffer.from(JSON.stringify(ack)) },
    ]);
  });

  it('says online and, when closed in order, offline; a late listener hears the last word', async () => {
    const heard: boolean[] = [];
    const node = connect({ as: nodeSignIn });
    await node.ready;
    const service = connect({ as: platformSignIn, onMessage: statusWatcher(heard) });
    await until(() => heard.length === 1);
    await node.close();
    await until(() => heard.length === 2);
    expect(heard).toEqual([true, false]);
    await service.close();
  });

  it('is reported offline by its last will when another connection takes its place', async () => {
    const heard: boolean[] = [];
    const service = connect({ as: platformSignIn, onMessage: statusWatcher(heard) });
    const node = connect({ as: nodeSignIn, redial: { minMs: 60_000, maxMs: 60_000 } });
    await Promise.all([service.ready, node.ready]);
    await connect({ as: nodeSignIn }).ready;
    await until(() => heard.length === 3);
    expect(heard).toEqual([true, false, true]);
  });

  it('rejects publications while the broker is away and is up again when it returns', async () => {
    let connected = 0;
    const problems: string[] = [];
    const node = connect({
      as: nodeSignIn,
      onConnected: () => (connected += 1),
      onProblem: (problem) => problems.push(problem),
    });
    await node.ready;
    const { port } = broker;
    await broker.close();
    await until(() => !node.isConnected());
    await expect(node.publish(POD, 'status', { online: true })).rejects.toThrow(NotConnected);
    await until(() => problems.length > 0);
    await start(port);
    await until(() => connected === 2);
    await node.publish(POD, 'status', { online: true });
    expect(problems).toEqual([expect.stringContaining('ECONNREFUSED')]); // once, however often dialled
  });

  it('rejects what was under way when the connection broke, and does not send it later', async () => {
    const node = connect({ as: nodeSignIn });
    await node.ready;
    const { port } = broker;
    const gone = broker.close();
    await expect(node.publish(POD, 'status', { online: true })).rejects.toThrow(NotConnected);
    await gone;
    await start(port);
    await until(() => node.isConnected());
  });

  it('is not ready when the broker refuses its token, and says so', async () => {
    const problems: string[] = [];
    const node = connect({
      as: { podId: POD, token: 'wrong' },
      onProblem: (problem) => problems.push(problem),
    });
    await expect(node.ready).rejects.toThrow('Not authorized');
    expect(problems).toEqual([expect.stringContaining('Not authorized')]);
  });

  it('keeps receiving after a handler has failed, and reports the lost message', async () => {
    const problems: string[] = [];
    const sequences: number[] = [];
    const node = connect({
      as: nodeSignIn,
      onProblem: (problem) => problems.push(problem),
      onMessage: ({ payload }) => {
        const { sequence } = JSON.parse(payload.toString()) as { sequence: number };
        if (sequence === 0) throw new Error('handler failed');
        sequences.push(sequence);
      },
    });
    const service = connect({ as: platformSignIn });
    await Promise.all([node.ready, service.ready]);
    await service.publish(POD, 'measurementAck', ack);
    await service.publish(POD, 'measurementAck', { ...ack, sequence: 1 });
    await until(() => sequences.length > 0);
    expect(problems).toEqual([expect.stringContaining('handler failed')]);
  });

  it('can be closed while it is still dialling', async () => {
    await broker.close();
    const node = connect({ as: nodeSignIn });
    await node.close();
    await expect(node.ready).rejects.toThrow('closed before it was connected');
    await start();
  });
});
