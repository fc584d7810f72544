/** The field of a simulated day: a Light Node, a meter and a plant behind every PoD. */
import { type DeliveryPeriod, mtuStartMs } from '@flexledger/domain';
import type { ForecastShapes } from '@flexledger/dso-technical-platform';
import {
  type LightNode,
  type Meter,
  type SimulatedPlant,
  loadMeterModel,
  memoryOutbox,
  modbusMeter,
  pooledSigner,
  simulatedPlant,
  startLightNode,
  startModbusMeterServer,
} from '@flexledger/edge-node';
import { type SigningPool, createSigningPool, nodeKeyFrom } from '@flexledger/identity';
import { type Clock, seededRandom } from '@flexledger/runtime';
import {
  type MeterDriverOf,
  type Scenario,
  type ScenarioPod,
  drawClouds,
  naturalPowerW,
  naturalVar,
} from '@flexledger/scenario';

export interface FleetOptions {
  /** Where nodes sign in, and with what. */
  readonly broker: { readonly host: string; readonly port: number };
  readonly nodeToken: (podId: string) => string;
  readonly scenario: Scenario;
  readonly period: DeliveryPeriod;
  readonly shapes: ForecastShapes;
  readonly clock: Clock;
  readonly driverOf: MeterDriverOf;
}

/** All nodes of the day, connected. */
export interface Fleet {
  readonly size: number;
  beginQuarterHour(mtu: number): Promise<void>;
  /** Every node measures, signs and has its packet taken by the broker. */
  closeQuarterHour(mtu: number): Promise<void>;
  /** Resolves when the platform has answered every packet. */
  close(): Promise<void>;
}

/** Connections dialled at once. */
const DIALLED_AT_ONCE = 50;
const MODBUS_UNIT = 1;
const MODBUS_TIMEOUT_MS = 5_000;
/** Counts in whole Wh, as the simulated plant does. */
const METER_MODEL = 'schneider-iem3155';
/** One thread signs while the main one does the rest. */
const SIGNING_WORKERS = 1;

/** Starts every node and waits until all are connected. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { scenario, period } = options;
  const pool = createSigningPool({ workers: SIGNING_WORKERS });
  const clouds = drawClouds(period.mtuCount, scenario.seed);
  const nodes: LightNode[] = [];
  const closers: (() => Promise<unknown>)[] = [];
  const each = (what: (node: LightNode) => Promise<void>): Promise<unknown> =>
    Promise.all(nodes.map(what));
  const close = async (): Promise<void> => {
    await each((node) => node.close());
    for (const end of closers) await end();
    await pool.close();
  };
  try {
    for (let from = 0; from < scenario.pods.length; from += DIALLED_AT_ONCE) {
      const batch = scenario.pods.slice(from, from + DIALLED_AT_ONCE);
      for (const [offset, pod] of batch.entries()) {
        const plant = plantOf(pod, options, clouds);
        const { meter, closer } = await meterOf(plant, options.driverOf(from + offset));
        if (closer) closers.push(closer);
        nodes.push(startNode(pod, plant, meter, pool, options));
      }
      await Promise.all(nodes.slice(from).map((node) => node.ready));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    size: nodes.length,
    beginQuarterHour: async (mtu) =>
      void (await each((node) => node.beginQuarterHour(mtuStartMs(period, mtu)))),
    closeQuarterHour: async (mtu) =>
      void (await each((node) => node.closeQuarterHour(mtuStartMs(period, mtu)))),
    close,
  };
}

function startNode(
  pod: ScenarioPod,
  plant: SimulatedPlant,
  meter: Meter,
  pool: SigningPool,
  { broker, nodeToken, clock }: FleetOptions,
): LightNode {
  const { podId } = pod;
  return startLightNode({
    podId,
    meter,
    ems: plant.ems,
    signer: pooledSigner(nodeKeyFrom(pod.nodeKey), pool),
    outbox: memoryOutbox(),
    mqtt: {
      host: broker.host,
      port: broker.port,
      token: nodeToken(podId),
    },
    clock,
  });
}

function plantOf(
  pod: ScenarioPod,
  { scenario, period, shapes, clock }: FleetOptions,
  clouds: Float64Array,
): SimulatedPlant {
  const naturalW = naturalPowerW(pod, shapes, clouds, scenario.seed);
  const random = seededRandom(scenario.seed, `ems/${pod.podId}`);
  return simulatedPlant(
    {
      startMs: period.startMs,
      naturalW,
      naturalVar: naturalW.map(naturalVar),
      reach: pod.flexibility,
      counters: { withdrawnTotalWh: 0, injectedTotalWh: 0 },
      // Whoever sells reactive power has a meter that tells which.
      countsQuadrants: pod.costMicroEurPerKvarh !== undefined,
    },
    clock,
    random,
  );
}

/** The plant's meter: in this process, or behind a real Modbus TCP connection. */
async function meterOf(
  plant: SimulatedPlant,
  driver: ReturnType<MeterDriverOf>,
): Promise<{ readonly meter: Meter; readonly closer?: () => Promise<void> }> {
  if (driver === 'simulated') return { meter: plant.meter };
  const model = loadMeterModel(METER_MODEL);
  const server = await startModbusMeterServer({
    model,
    port: 0,
    unitId: MODBUS_UNIT,
    reading: plant.reading,
  });
  const { host, port } = server;
  const meter = modbusMeter({
    model,
    host,
    port,
    unitId: MODBUS_UNIT,
    timeoutMs: MODBUS_TIMEOUT_MS,
  });
  return { meter, closer: () => server.close() };
}
