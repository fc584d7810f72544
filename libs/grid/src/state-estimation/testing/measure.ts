import type { Network } from '../../model/network';
import type { PowerFlowSolution } from '../../results';
import type { BranchMeasurement, BusMeasurement, Measurement } from '../measurements';

/** Where measurements are true: results of a power flow, ours or another's. */
export type TrueState = Pick<
  PowerFlowSolution,
  'buses' | 'lines' | 'transformers' | 'externalGrid'
>;

/**
 * Everything that can be measured in a state, without noise: all kinds, at every bus and at both ends
 * of every branch. Sigmas are those of decent instruments: 0.3 % of a voltage, 0.02 degree of a
 * phasor, 1 % of a power or current, at least 10 W, 10 var, 0.1 A.
 */
export function measureAll(network: Network, state: TrueState): readonly Measurement[] {
  const angleOf = new Map(state.buses.map(({ id, vaDegree }) => [id, vaDegree]));
  const ends = new Map(network.lines.map(({ id, from, to }) => [id, { from, to }]));
  for (const { id, hv, lv } of network.transformers) ends.set(id, { from: hv, to: lv });
  const branches = [
    ...state.lines.map((line) => ({
      id: line.id,
      from: { p: line.pFromMw, q: line.qFromMvar, i: line.iFromKa },
      to: { p: line.pToMw, q: line.qToMvar, i: line.iToKa },
    })),
    ...state.transformers.map((transformer) => ({
      id: transformer.id,
      from: { p: transformer.pHvMw, q: transformer.qHvMvar, i: transformer.iHvKa },
      to: { p: transformer.pLvMw, q: transformer.qLvMvar, i: transformer.iLvKa },
    })),
  ];
  return [
    ...state.buses.flatMap(({ id: bus, vmPu, vaDegree }) => [
      atBus('vmPu', bus, vmPu, 0.003 * vmPu),
      atBus('vaDegree', bus, vaDegree, 0.02),
    ]),
    ...injections(network, state),
    ...branches.flatMap((branch) =>
      (['from', 'to'] as const).flatMap((side) => {
        const { p, q, i } = branch[side];
        const sigma = 0.01 * Math.max(0.001, Math.hypot(p, q));
        const voltageDegree = angleOf.get(ends.get(branch.id)![side])!;
        const currentDegree = voltageDegree - (Math.atan2(q, p) * 180) / Math.PI;
        return [
          atBranch('pFlowMw', branch.id, side, p, sigma),
          atBranch('qFlowMvar', branch.id, side, q, sigma),
          atBranch('iKa', branch.id, side, i, 0.01 * Math.max(0.01, i)),
          atBranch('iaDegree', branch.id, side, currentDegree, 0.02),
        ];
      }),
    ),
  ];
}

const atBus = (
  kind: BusMeasurement['kind'],
  bus: string,
  value: number,
  sigma: number,
): BusMeasurement => ({ id: `${kind} ${bus}`, kind, bus, value, sigma });

const atBranch = (
  kind: BranchMeasurement['kind'],
  element: string,
  side: BranchMeasurement['side'],
  value: number,
  sigma: number,
): BranchMeasurement => ({
  id: `${kind} ${element} ${side}`,
  kind,
  element,
  side,
  value,
  sigma,
});

/** Injections at buses with a load or generator (all of constant power), or the external grid. */
function injections(network: Network, state: TrueState): readonly Measurement[] {
  const sums = new Map<string, { p: number; q: number }>();
  const add = (bus: string, p: number, q: number): void => {
    const sum = sums.get(bus) ?? { p: 0, q: 0 };
    sums.set(bus, { p: sum.p + p, q: sum.q + q });
  };
  for (const { bus, pMw, qMvar } of network.loads) add(bus, -pMw, -qMvar);
  for (const { bus, pMw, qMvar } of network.staticGenerators) add(bus, pMw, qMvar);
  add(network.externalGrid.bus, state.externalGrid.pMw, state.externalGrid.qMvar);
  return [...sums].flatMap(([bus, { p, q }]) => {
    const sigma = 0.01 * Math.max(0.001, Math.hypot(p, q));
    return [atBus('pInjectionMw', bus, p, sigma), atBus('qInjectionMvar', bus, q, sigma)];
  });
}

/** The measurements with Gaussian noise of their sigmas on top; the same seed, the same noise. */
export function withNoise(
  measurements: readonly Measurement[],
  seed: number,
): readonly Measurement[] {
  const random = uniform(seed);
  return measurements.map((measurement) => {
    // Box and Muller 1958.
    const length = Math.sqrt(-2 * Math.log(1 - random()));
    const noise = length * Math.cos(2 * Math.PI * random());
    return { ...measurement, value: measurement.value + noise * measurement.sigma };
  });
}

/** Uniform numbers in [0, 1): the generator mulberry32. */
function uniform(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
