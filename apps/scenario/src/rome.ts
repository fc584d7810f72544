/**
 * The place of the Italian demonstration: Rome, by measure (`libs/grid/src/rome-grid.ts`), with the people of its
 * districts (D3.3 4.2): prosumers and the wastewater treatment plant in EUR-Tor di Valle, offices and the EV
 * parking in Ostiense, the energy community in houses of ten flats in Centocelle.
 */
import {
  type DeliveryPeriod,
  type FlexibilityRequest,
  type OperatingLimits,
  type PodConnection,
  localTimeMs,
  mtuIndex,
} from '@flexledger/domain';
import {
  ROME_DISTRICTS,
  parseNetwork,
  romeCustomers,
  romeDistrictOf,
  romeGrid,
} from '@flexledger/grid';
import { drawInteger, seededRandom } from '@flexledger/runtime';
import { type Scenario, type ScenarioPod, drawAggregators, drawPod, podsAt } from './scenario';

/** Households of the trial, the first PoDs of every Rome (D3.5: eleven with a storage and a BEMS each). */
const TRIAL_HOUSEHOLDS = 11;
/** What the trial asked of single households from 18:30 to 19:00 (D3.5, figures 10 to 12), W. */
const TEST_SERVICES_W = [300, 600, 1_000] as const;
const TEST_LOCAL_TIMES = ['18:30', '19:00'] as const;

/** Flats of a house in Centocelle. */
const FLATS = 10;
const PLANT_W = 2_000_000;
const PARKING_W = 150_000;
const STORAGE_HOURS = 2;

/**
 * Draws the people of a grid like `rome-1500`; undefined for the name of any other grid.
 *
 * @param limits what the DSO counts as a violation
 */
export function drawRome(
  seed: number,
  gridId: string,
  limits: OperatingLimits,
): Scenario | undefined {
  const customers = romeCustomers(gridId);
  if (customers === undefined) return undefined;
  const bare = parseNetwork(romeGrid(customers));
  const busIds = bare.loads.map(({ bus }) => bus);
  const special = specialPods(busIds);
  const pods = Array.from({ length: customers }, (_, index) => {
    const busId = busIds[Math.floor(index / FLATS) % busIds.length]!;
    return drawRoman(seed, index, special.get(index) ?? { busId });
  });
  return {
    seed,
    gridId,
    limits,
    network: { ...bare, pods: podsAt(pods) },
    pods,
    aggregators: drawAggregators(seed),
  };
}

interface Special {
  readonly busId: string;
  readonly is?: 'plant' | 'parking';
}

/** The plant and the parking come after the households of the trial, each in its district. */
function specialPods(busIds: readonly string[]): ReadonlyMap<number, Special> {
  const at = (district: string): string => busIds.find((id) => romeDistrictOf(id) === district)!;
  const households = Array.from({ length: TRIAL_HOUSEHOLDS }, (_, index): [number, Special] => {
    const district = ROME_DISTRICTS[index % ROME_DISTRICTS.length]!;
    return [index, { busId: at(district) }];
  });
  return new Map<number, Special>([
    ...households,
    [TRIAL_HOUSEHOLDS, { busId: at('tor-di-valle'), is: 'plant' }],
    [TRIAL_HOUSEHOLDS + 1, { busId: at('ostiense'), is: 'parking' }],
  ]);
}

/** Of a district's people, per mille: with PV, with a storage, shops and offices. */
const PEOPLE = {
  'tor-di-valle': { pv: 500, storage: 350, commercial: 40 },
  ostiense: { pv: 60, storage: 150, commercial: 450 },
  centocelle: { pv: 250, storage: 300, commercial: 90 },
  rome: { pv: 80, storage: 120, commercial: 140 },
} as const;

function drawRoman(seed: number, index: number, { busId, is }: Special): ScenarioPod {
  const district = romeDistrictOf(busId);
  // A plant's limits make blocks of it; those of Rome's people are in their flexibility.
  const { limits: _, ...drawn } = drawPod(seed, index, [busId]);
  const random = seededRandom(seed, `rome/${drawn.podId}`);
  const has = (perMille: number): boolean => drawInteger(random, 1, 1_000) <= perMille;
  const people = PEOPLE[district];
  const isTrial = index < TRIAL_HOUSEHOLDS;
  const isShop = has(people.commercial) && !isTrial;
  const customerKind = is !== undefined || isShop ? 'commercial' : 'household';
  const contractedPowerW =
    is === 'plant' ? PLANT_W : is === 'parking' ? PARKING_W : isShop ? 10_000 : 3_000;
  const pvPeakW = is === undefined && has(people.pv) ? drawInteger(random, 20, 45) * 100 : 0;
  const storageW =
    is === 'parking'
      ? PARKING_W / 2
      : isTrial || has(people.storage)
        ? drawInteger(random, 15, 30) * 100
        : 0;
  const annualEnergyKwh =
    contractedPowerW * (customerKind === 'household' ? 0.8 : 1.5) + drawInteger(random, 0, 800);
  const movableW = Math.floor((contractedPowerW * 15) / 1_000) * 10;
  const upW = movableW + storageW;
  const pod = {
    ...drawn,
    customerKind,
    contractedPowerW,
    annualEnergyKwh: Math.round(annualEnergyKwh),
    pvPeakW,
    storageW,
    flexibility: { upW, downW: Math.floor(upW / 20) * 10, upVar: 0, downVar: 0 },
  } as const;
  return { ...pod, connection: connectionOf(pod, district, is) };
}

function connectionOf(
  { podId, contractedPowerW, pvPeakW, storageW }: Omit<ScenarioPod, 'connection'>,
  zone: string,
  is: Special['is'],
): PodConnection {
  const feedInLimitW = pvPeakW + storageW;
  const isParking = is === 'parking';
  return {
    zone,
    voltageLevel: is === undefined ? 'LV' : 'MV',
    withdrawalLimitW: contractedPowerW,
    feedInLimitW,
    inductiveLimitVar: Math.floor(contractedPowerW / 2),
    capacitiveLimitVar: 0,
    flexibilityType: 'continuous',
    smartContractId: null,
    meterSerialNumber: `2G-${podId}`,
    meterGeneration: 2,
    storageW: isParking ? 0 : storageW,
    storageWh: isParking ? 0 : storageW * STORAGE_HOURS,
    evChargerW: isParking ? contractedPowerW : 0,
    cogenerationW: is === 'plant' ? PLANT_W : 0,
  };
}

/**
 * The test services of a Rome, as the DSO asks for them day-ahead: one of each size, of a household of the trial
 * each, from 18:30 to 19:00. None for another grid.
 *
 * @param day the session: its delivery day, which begins at midnight
 */
export function romeTestServices(
  { gridId, pods }: Pick<Scenario, 'gridId' | 'pods'>,
  day: { readonly date: string; readonly period: DeliveryPeriod; readonly timeZone: string },
): FlexibilityRequest[] {
  if (romeCustomers(gridId) === undefined) return [];
  const [from, until] = TEST_LOCAL_TIMES.map((time) =>
    mtuIndex(day.period, localTimeMs(day.date, 0, time, day.timeZone)),
  );
  return TEST_SERVICES_W.map((watts, index) => ({
    requestId: `test-${watts}W`,
    requester: 'DSO',
    product: 'P',
    direction: 'up',
    scope: { podIds: [pods[index]!.podId] },
    quantityW: Array.from({ length: day.period.mtuCount }, (_, mtu) =>
      mtu >= from! && mtu < until! ? watts : 0,
    ),
    priceCapMicroEurPerKwh: null,
  }));
}
