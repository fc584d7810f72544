/**
 * The distribution grid of Rome by measure (D3.3 4.1, table 2): so much of it as so many customers have, as a
 * file of the format `flexledger-grid/1`. Stations stand for their MV/LV transformers with what hangs below,
 * cables have the mean length and the data of a usual cable: it has the size of Rome, not its map.
 */

/** What all of Rome has, on 31 December 2019. */
export const ROME = {
  customers: 1_600_000,
  primaryStations: 70,
  secondaryStations: 13_238,
  hvKm: 526,
  mvKm: 10_568,
  lvKm: 20_059,
  peakMw: 2_113,
} as const;

/** Districts of the demonstration, all of them below the first primary station (D3.3 4.2). */
export const ROME_DISTRICTS = ['tor-di-valle', 'ostiense', 'centocelle'] as const;
/** One of the districts, or what lies below the other primary stations. */
export type RomeDistrict = (typeof ROME_DISTRICTS)[number] | 'rome';

/** What so many customers have of it. */
export interface RomePlace {
  readonly primaryStations: number;
  readonly secondaryStations: number;
  readonly hvKm: number;
  readonly mvKm: number;
  readonly lvKm: number;
}

/** Customers of the smallest place (the households of D3.5), and of the largest, which is all of Rome. */
export const ROME_CUSTOMERS = { least: 11, most: ROME.customers } as const;

const HV_KV = 150;
const MV_KV = 20;
/** Stations on one feeder; Rome's are meshed and run open, so that none is longer. */
const STATIONS_ON_FEEDER = 16;
/** Aluminium 185 mm2 at 20 kV: ohm and nF a kilometre, kA. */
const MV_CABLE = { rOhm: 0.164, xOhm: 0.118, cNf: 254, maxIKa: 0.36 };
/** Overhead 150 kV. */
const HV_LINE = { rOhm: 0.06, xOhm: 0.4, cNf: 9, maxIKa: 0.6 };
const REACTIVE_SHARE = 0.3;

/** What some customers have of Rome. @throws RangeError for a number that is not of `ROME_CUSTOMERS` */
export function romePlace(customers: number): RomePlace {
  const { least, most } = ROME_CUSTOMERS;
  if (!Number.isInteger(customers) || customers < least || customers > most) {
    throw new RangeError(`rome has ${least} to ${most} customers, not ${customers}`);
  }
  const share = customers / ROME.customers;
  const primaryStations = Math.max(1, Math.round(ROME.primaryStations * share));
  const secondaryStations = Math.max(
    ROME_DISTRICTS.length,
    Math.round(ROME.secondaryStations * share),
  );
  const mvKm = (ROME.mvKm / ROME.secondaryStations) * secondaryStations;
  const hvKm = (ROME.hvKm / ROME.primaryStations) * primaryStations;
  return { primaryStations, secondaryStations, hvKm, mvKm, lvKm: ROME.lvKm * share };
}

/** The customers of a name like `rome-1500`; undefined for any other name. */
export function romeCustomers(name: string): number | undefined {
  const customers = Number(/^rome-([1-9]\d{0,6})$/.exec(name)?.[1]);
  const { least, most } = ROME_CUSTOMERS;
  return customers >= least && customers <= most ? customers : undefined;
}

/** The district of a station, by the id of its bus. */
export function romeDistrictOf(busId: string): RomeDistrict {
  return ROME_DISTRICTS.find((district) => busId.startsWith(`${district}-`)) ?? 'rome';
}

/**
 * The grid of some customers of Rome: 150 kV to each primary station, its transformer, 20 kV feeders with a
 * bus for each MV/LV station. Radial; limits and PoDs are another's.
 *
 * @throws RangeError as `romePlace` does
 */
export function romeGrid(customers: number): object {
  const { primaryStations, secondaryStations, hvKm, mvKm } = romePlace(customers);
  const buses: object[] = [bus('rtn', HV_KV)];
  const lines: object[] = [];
  const transformers: object[] = [];
  const loads: object[] = [];
  const feederKm = mvKm / secondaryStations;
  const peakMw = ROME.peakMw / ROME.secondaryStations;
  for (let primary = 0; primary < primaryStations; primary += 1) {
    const at = primary + 1;
    const [hv, mv] = [`primary-${at}-hv`, `primary-${at}-mv`];
    buses.push(bus(hv, HV_KV), bus(mv, MV_KV));
    lines.push(line(`hv-${at}`, 'rtn', hv, HV_LINE, hvKm / primaryStations));
    transformers.push(transformer(`primary-${at}`, hv, mv));
    const first = Math.round((secondaryStations * primary) / primaryStations);
    const until = Math.round((secondaryStations * at) / primaryStations);
    const feeders = Math.max(
      primary === 0 ? ROME_DISTRICTS.length : 1,
      Math.ceil((until - first) / STATIONS_ON_FEEDER),
    );
    const ends = new Array<string>(feeders).fill(mv);
    for (let station = first; station < until; station += 1) {
      const feeder = (station - first) % feeders;
      const district =
        primary === 0 ? ROME_DISTRICTS[feeder % ROME_DISTRICTS.length]! : ('rome' as const);
      const id = `${district}-${station + 1}`;
      buses.push(bus(id, MV_KV));
      lines.push(line(`mv-${station + 1}`, ends[feeder]!, id, MV_CABLE, feederKm));
      loads.push({ id: `load-${station + 1}`, name: '', bus: id, ...drawn(peakMw) });
      ends[feeder] = id;
    }
  }
  return {
    schema: 'flexledger-grid/1',
    name: `rome-${customers}`,
    title: `So much of Rome's distribution grid as ${customers} customers have, by measure`,
    source: 'Quantities of D3.3, table 2; cables and transformers are usual ones',
    frequencyHz: 50,
    buses,
    lines,
    transformers,
    loads,
    staticGenerators: [],
    shunts: [],
    switches: [],
    externalGrid: { bus: 'rtn', vmPu: 1.02, vaDegree: 0 },
    pods: [],
  };
}

function bus(id: string, vnKv: number): object {
  return { id, name: id, vnKv, vMinPu: 0.9, vMaxPu: 1.1 };
}

function line(
  id: string,
  from: string,
  to: string,
  { rOhm, xOhm, cNf, maxIKa }: typeof MV_CABLE,
  km: number,
): object {
  const lengthOf = (perKm: number): number => Math.round(perKm * km * 1e6) / 1e6;
  const impedance = { rOhm: lengthOf(rOhm), xOhm: lengthOf(xOhm), cNf: lengthOf(cNf) };
  return { id, name: id, from, to, ...impedance, maxIKa, inService: true };
}

function transformer(id: string, hv: string, lv: string): object {
  return {
    ...{ id, name: id, hv, lv, snMva: 63, vnHvKv: HV_KV, vnLvKv: MV_KV },
    ...{ vkPercent: 14, vkrPercent: 0.5, pfeKw: 35, i0Percent: 0.1, shiftDegree: 0 },
    ...{ tapPos: 0, tapNeutral: 0, tapMin: -8, tapMax: 8, tapStepPercent: 1.5, tapSide: 'hv' },
    inService: true,
  };
}

function drawn(peakMw: number): object {
  const milli = (value: number): number => Math.round(value * 1e6) / 1e6;
  const constant = { constantCurrentPercent: 0, constantImpedancePercent: 0 };
  return { pMw: milli(peakMw), qMvar: milli(peakMw * REACTIVE_SHARE), ...constant };
}
