import type { Network } from '@flexledger/grid';
import { type Random, drawInteger, seededRandom } from '@flexledger/runtime';

/** Buses of a low-voltage feeder, the two of its transformer included. */
export const LV_BUSES = 150;
/** Every so many buses a customer; the rest are joints and service connections. */
const BUSES_PER_CUSTOMER = 1.5;

/** A drawn radial low-voltage feeder under a 400 kVA transformer, with figures of common cable. */
export function drawLvFeeder(index: number): { network: Network; annualKwh: readonly number[] } {
  const random = seededRandom(index, 'bench/lv-feeder');
  const buses = Array.from({ length: LV_BUSES }, (_, bus) => ({
    id: `b${bus}`,
    name: '',
    vnKv: bus === 0 ? 20 : 0.4,
    vMinPu: 0.9,
    vMaxPu: 1.1,
  }));
  const lines = Array.from({ length: LV_BUSES - 2 }, (_, line) => drawLine(line + 2, random));
  const customers = Math.floor(LV_BUSES / BUSES_PER_CUSTOMER);
  const loads = Array.from({ length: customers }, (_, load) => ({
    id: `l${load}`,
    name: '',
    bus: `b${drawInteger(random, 2, LV_BUSES - 1)}`,
    pMw: 0,
    qMvar: 0,
    constantCurrentPercent: 0,
    constantImpedancePercent: 0,
  }));
  const network: Network = {
    name: `lv-${index}`,
    title: 'drawn low-voltage feeder',
    source: 'drawn',
    frequencyHz: 50,
    buses,
    lines,
    transformers: [TRANSFORMER],
    loads,
    staticGenerators: [],
    shunts: [],
    switches: [],
    externalGrid: { bus: 'b0', vmPu: 1.02, vaDegree: 0 },
    pods: [],
  };
  return { network, annualKwh: loads.map(() => drawInteger(random, 1_500, 5_000)) };
}

/** NAYY 4x150: 0.206 + j 0.080 ohm/km, 270 A; up to four feeders leave the busbar. */
function drawLine(bus: number, random: Random): Network['lines'][number] {
  const from = bus < 6 ? 1 : drawInteger(random, Math.max(1, bus - 12), bus - 1);
  const km = drawInteger(random, 5, 35) / 1_000;
  return {
    id: `line${bus}`,
    name: '',
    from: `b${from}`,
    to: `b${bus}`,
    rOhm: 0.206 * km,
    xOhm: 0.08 * km,
    cNf: 261 * km,
    maxIKa: 0.27,
    inService: true,
  };
}

const TRANSFORMER: Network['transformers'][number] = {
  id: 't0',
  name: '',
  hv: 'b0',
  lv: 'b1',
  snMva: 0.4,
  vnHvKv: 20,
  vnLvKv: 0.4,
  vkPercent: 4,
  vkrPercent: 1.15,
  pfeKw: 0.75,
  i0Percent: 0.3,
  tapPos: 0,
  tapNeutral: 0,
  tapMin: null,
  tapMax: null,
  tapStepPercent: 2.5,
  tapSide: 'hv',
  shiftDegree: 150,
  inService: true,
};
