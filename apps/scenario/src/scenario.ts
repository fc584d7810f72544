/**
 * The customers, aggregators and grid of a simulated day, all drawn from one seed: the same seed
 * gives the same people, keys and wallets on every machine.
 */
import {
  type CustomerKind,
  type DeclaredFlexibility,
  type OperatingLimits,
  type PlantLimits,
  type PodConnection,
  podIdOf,
} from '@flexledger/domain';
import { sha256Hex } from '@flexledger/identity';
import { type Random, drawInteger, drawOne, seededRandom } from '@flexledger/runtime';
import { type Network, gridFileOf, parseNetwork } from '@flexledger/grid';
import { computeAddress } from 'ethers';

/** A customer of the market with its plant. */
export interface ScenarioPod {
  readonly podId: string;
  readonly busId: string;
  readonly aggregatorId: string;
  readonly customerKind: CustomerKind;
  readonly contractedPowerW: number;
  readonly annualEnergyKwh: number;
  readonly pvPeakW: number;
  /** Power a battery can feed in or take, 0 without one. */
  readonly storageW: number;
  /** What its plant can follow; absent = everything. */
  readonly limits?: PlantLimits;
  /** The same in every MTU. */
  readonly flexibility: Readonly<Record<keyof DeclaredFlexibility, number>>;
  /** What its aggregator registers of its connection; absent = nothing. */
  readonly connection?: PodConnection;
  /** The aggregator's cost of moving a kWh. */
  readonly costMicroEurPerKwh: number;
  /** And of a kvarh, where its inverter is in the market for the voltage. */
  readonly costMicroEurPerKvarh?: number;
  readonly wallet: string;
  /** Private key of the Light Node, P-256 scalar, hex. */
  readonly nodeKey: string;
}

export interface ScenarioAggregator {
  readonly aggregatorId: string;
  readonly wallet: string;
  readonly marginPerMille: number;
}

export interface Scenario {
  readonly seed: number;
  readonly gridId: string;
  readonly network: Network;
  readonly limits: OperatingLimits;
  readonly pods: readonly ScenarioPod[];
  readonly aggregators: readonly ScenarioAggregator[];
}

const AGGREGATORS = ['AGG1', 'AGG2', 'AGG3'] as const;

/** How often each kind of customer comes, in per mille, and the range of its yearly energy. */
const CUSTOMERS = [
  { kind: 'household', perMille: 820, annualKwh: [1_500, 6_000], pv: 300, storage: 450 },
  { kind: 'commercial', perMille: 140, annualKwh: [8_000, 60_000], pv: 250, storage: 300 },
  { kind: 'agriculture', perMille: 40, annualKwh: [6_000, 30_000], pv: 500, storage: 300 },
] as const;

/** From so many PoDs on a day's inverters hold the voltage too. */
const VOLTAGE_FROM_PODS = 100;

/**
 * Draws a scenario on a grid.
 *
 * @param gridFile a network in the format `flexledger-grid/1`, without PoDs
 * @param limits what the DSO counts as a violation
 */
export function drawScenario(
  seed: number,
  podCount: number,
  gridId: string,
  gridFile: object,
  limits: OperatingLimits,
): Scenario {
  const bare = parseNetwork(gridFile);
  const busIds = weightedBuses(bare);
  const pods = Array.from({ length: podCount }, (_, index) => drawPod(seed, index, busIds));
  const network: Network = { ...bare, pods: podsAt(pods) };
  const scenario = { seed, gridId, network, limits, pods, aggregators: drawAggregators(seed) };
  return podCount >= VOLTAGE_FROM_PODS ? holdingVoltage(scenario) : scenario;
}

/** Draws the aggregators of a scenario; there are three of them. */
export function drawAggregators(seed: number): ScenarioAggregator[] {
  return AGGREGATORS.map((aggregatorId): ScenarioAggregator => {
    const random = seededRandom(seed, `aggregator/${aggregatorId}`);
    const wallet = walletOf(seed, aggregatorId);
    return { aggregatorId, wallet, marginPerMille: drawInteger(random, 50, 150) };
  });
}

/** The scenario with the PoDs that have an inverter in the market for the voltage. */
export function holdingVoltage(scenario: Scenario): Scenario {
  return { ...scenario, pods: scenario.pods.map(withInverter) };
}

/** PoDs as a network has them. */
export function podsAt(pods: readonly ScenarioPod[]): Network['pods'] {
  return pods.map((pod) => ({ id: pod.podId, bus: pod.busId }));
}

/** The scenario's network as it is published. */
export function publishedModel({ network }: Scenario): object {
  return gridFileOf(network);
}

/** Draws the PoD of a place in the list, at one of some buses. */
export function drawPod(seed: number, index: number, busIds: readonly string[]): ScenarioPod {
  const podId = podIdOf(index);
  const random = seededRandom(seed, `pod/${podId}`);
  const kind = drawKind(random);
  const annualEnergyKwh = drawInteger(random, kind.annualKwh[0], kind.annualKwh[1]);
  const household = kind.kind === 'household';
  const contractedPowerW = household
    ? drawOne(random, [3_000, 3_000, 4_500, 6_000])
    : Math.max(6_000, Math.ceil(annualEnergyKwh / 1_500) * 1_000);
  const has = (perMille: number): boolean => drawInteger(random, 1, 1_000) <= perMille;
  const pvPeakW = has(kind.pv)
    ? drawInteger(random, 20, 60) * (household ? 100 : Math.round(contractedPowerW / 60))
    : 0;
  const storageW = has(kind.storage)
    ? drawInteger(random, 10, 25) * (household ? 100 : Math.round(contractedPowerW / 100))
    : 0;
  const movable = Math.floor((contractedPowerW * drawInteger(random, 15, 35)) / 1_000) * 10;
  const up = Math.floor((movable + storageW) / 10) * 10;
  const flexibility = { upW: up, downW: Math.floor(up / 20) * 10, upVar: 0, downVar: 0 };
  return {
    podId,
    busId: drawOne(random, busIds),
    aggregatorId: AGGREGATORS[index % AGGREGATORS.length]!,
    customerKind: kind.kind,
    contractedPowerW,
    annualEnergyKwh,
    pvPeakW,
    storageW,
    flexibility,
    costMicroEurPerKwh: drawInteger(random, 80, 260) * 1_000,
    ...drawLimits(seed, index, storageW, up),
    wallet: walletOf(seed, podId),
    nodeKey: keyOf(seed, `node/${podId}`),
  };
}

/** Reactive power of an inverter by its rating: cos phi 0.9 at full power (EN 50549-1, 4.7.2). */
const VAR_PER_RATED_W = Math.tan(Math.acos(0.9));
/** Cost of a kvarh by that of a kWh: the inverter's losses. */
const KVARH_PER_KWH_COST = 0.1;

/** A PoD with PV or a battery moves reactive power both ways, whatever the sun does. */
function withInverter(pod: ScenarioPod): ScenarioPod {
  const ratedW = Math.max(pod.pvPeakW, pod.storageW);
  const reach = Math.floor((ratedW * VAR_PER_RATED_W) / 10) * 10;
  if (reach === 0) return pod;
  return {
    ...pod,
    flexibility: { ...pod.flexibility, upVar: reach, downVar: reach },
    costMicroEurPerKvarh: Math.round(pod.costMicroEurPerKwh * KVARH_PER_KWH_COST),
  };
}

/**
 * Batteries whose energy is told, and plants that are slow, per mille of each. Every such battery is
 * offered as a block, which makes of the clearing an integer programme: so only some of the first
 * PoDs are, however many there are.
 */
const LIMITED = { batteryPerMille: 300, batteriesAmongFirst: 100, slowPerMille: 100 };

/** @param upW most that the plant moves */
function drawLimits(
  seed: number,
  index: number,
  storageW: number,
  upW: number,
): { readonly limits?: PlantLimits } {
  const random = seededRandom(seed, `limits/${podIdOf(index)}`);
  const draw = drawInteger(random, 1, 1_000);
  const hours = drawInteger(random, 1, 3);
  const minutes = drawInteger(random, 1, 4) * 10;
  const quick = { responseMinutes: 5, startUpMinutes: 0, rampWPerMinute: null };
  const isEarly = index < LIMITED.batteriesAmongFirst;
  if (storageW > 0 && isEarly && draw <= LIMITED.batteryPerMille) {
    return { limits: { ...quick, energyWh: hours * upW } };
  }
  if (storageW === 0 && draw <= LIMITED.slowPerMille) {
    const rampWPerMinute = Math.max(1, Math.ceil(upW / 20));
    return {
      limits: { responseMinutes: 5, startUpMinutes: minutes, rampWPerMinute, energyWh: null },
    };
  }
  return {};
}

function drawKind(random: Random): (typeof CUSTOMERS)[number] {
  let left = drawInteger(random, 1, 1_000);
  for (const kind of CUSTOMERS) {
    left -= kind.perMille;
    if (left <= 0) return kind;
  }
  return CUSTOMERS[0];
}

/** Buses with a load, each as often as its load is large, so that PoDs stand where people live. */
function weightedBuses(network: Network): string[] {
  const loadMw = new Map<string, number>();
  for (const { bus, pMw } of network.loads) loadMw.set(bus, (loadMw.get(bus) ?? 0) + pMw);
  const total = [...loadMw.values()].reduce((sum, pMw) => sum + pMw, 0);
  return [...loadMw].flatMap(([bus, pMw]) =>
    new Array<string>(Math.max(1, Math.round((pMw / total) * 200))).fill(bus),
  );
}

function walletOf(seed: number, owner: string): string {
  return computeAddress(`0x${keyOf(seed, `wallet/${owner}`)}`);
}

/** 32 bytes that are a valid private key on both curves used here (far below their orders). */
export function keyOf(seed: number, purpose: string): string {
  return `00${sha256Hex(`flexledger/${seed}/${purpose}`).slice(2)}`;
}
