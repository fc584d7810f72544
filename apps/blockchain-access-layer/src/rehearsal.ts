/**
 * Code that has not run yet is interpreted, and takes a packet in several times more slowly: a fleet that comes at once would
 * wait for seconds. So made-up packets are taken in before it is let in, by all that real ones pass, with a broker, a log
 * and nodes of their own that are gone afterwards.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MTU_MS, type MeasurementInput, type MeasurementPacket, podIdOf } from '@flexledger/domain';
import { openSqliteEventStore } from '@flexledger/event-store';
import { type NodeKey, generateNodeKey, signedPacketOf } from '@flexledger/identity';
import { type DeviceConnection, openDeviceConnection, startBroker } from '@flexledger/messaging';
import { WallTimers, isoFromMs, sleep, wallClock } from '@flexledger/runtime';
import { type AccessLayer, openAccessLayer } from './access-layer';
import { BLOCKCHAIN_ACCESS_LAYER_POLICY } from './policy';

/** What is rehearsed: rounds of packets, one a message, then as many in lists. */
export interface Rehearsal {
  readonly nodes: number;
  readonly rounds: number;
  /** Packets in a list. */
  readonly together: number;
}

/**
 * Enough for the engine to compile what is run for each packet: a second or two of one core, worth it `from` so many
 * enrolled nodes on.
 */
export const FLEET_REHEARSAL: Rehearsal & { readonly from: number } = {
  nodes: 25,
  rounds: 60,
  together: 10,
  from: 500,
};

const PATIENCE_MS = 5_000;

/**
 * Takes them in.
 *
 * @returns how many were recorded and answered
 * @throws Error where something that real packets need does not work either
 */
export async function rehearse({ nodes, rounds, together }: Rehearsal): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'flexledger-rehearsal-'));
  const token = randomBytes(16).toString('hex');
  const troubles: string[] = [];
  const onProblem = (problem: string): void => void troubles.push(problem);
  const field = Array.from({ length: nodes }, (_, index) => ({
    podId: podIdOf(index),
    key: generateNodeKey(),
  }));
  const log = openSqliteEventStore({
    path: join(folder, 'log.sqlite'),
    clock: wallClock,
    durability: 'when-closed',
  });
  const platform = { username: 'platform', token };
  const broker = await startBroker({ port: 0, credentials: { platform, tokenOf: () => token } });
  const { host, port, connect } = broker;
  const layer = await openAccessLayer({
    log,
    clock: wallClock,
    timers: new WallTimers((name, error) => onProblem(`${name}: ${String(error)}`)),
    instance: 'rehearsal',
    broker: { host, port, ...platform, connect },
    policy: BLOCKCHAIN_ACCESS_LAYER_POLICY,
    onProblem,
  });
  const connections: DeviceConnection[] = [];
  let recorded = 0;
  try {
    await layer.ready;
    await layer.enrolment.enrol(
      field.map(({ podId, key }) => ({
        podId,
        publicKey: key.publicKey,
        meterDriver: 'rehearsal',
      })),
      'platform:rehearsal',
    );
    for (const { podId } of field) {
      const onMessage = (): void => {};
      connections.push(openDeviceConnection({ host, port, as: { podId, token }, onMessage }));
    }
    const connected = Promise.all(connections.map(({ ready }) => ready)).then(() => true);
    const patience = new AbortController();
    // The fleet that waits for this is let in all the same.
    const isIn = await Promise.race([connected, sleep(PATIENCE_MS, patience.signal)]);
    patience.abort();
    if (!isIn) {
      throw new Error(`Packets could not be rehearsed: no connection within ${PATIENCE_MS} ms`);
    }
    const firstMtuMs = Math.floor(wallClock.nowMs() / MTU_MS - 3 * rounds) * MTU_MS;
    const send = async (from: number, count: number): Promise<void> => {
      const messages = field.map(({ podId, key }, index) => {
        const packets = Array.from({ length: count }, (_, at) =>
          madeUpPacket(podId, key, from + at, firstMtuMs),
        );
        return connections[index]!.publish(podId, 'measurement', packets);
      });
      await Promise.all(messages);
      recorded += await recordedBy(layer, count * nodes);
    };
    for (let round = 0; round < rounds; round += 1) await send(round, 1);
    for (let from = rounds; from < 2 * rounds; from += together) await send(from, together);
  } finally {
    await Promise.all(connections.map((connection) => connection.close()));
    await layer.close();
    await broker.close();
    await log.close();
    await rm(folder, { recursive: true });
  }
  if (troubles.length > 0) throw new Error(`Packets could not be rehearsed: ${troubles[0]}`);
  return recorded;
}

async function recordedBy(layer: AccessLayer, expected: number): Promise<number> {
  const { recorded } = await layer.measurements.collect(expected, PATIENCE_MS);
  return recorded;
}

function madeUpPacket(
  podId: string,
  key: NodeKey,
  sequence: number,
  firstMtuMs: number,
): MeasurementPacket {
  const inputData: MeasurementInput = {
    podId,
    sequence,
    mtuStart: isoFromMs(firstMtuMs + sequence * MTU_MS),
    withdrawnWh: 100,
    injectedWh: 0,
    reactiveVarh: 10,
    withdrawnTotalWh: 1_000_000 + sequence * 100,
    injectedTotalWh: 0,
  };
  return signedPacketOf(inputData, key);
}
