/**
 * Goal: of wrong measurements the wrong ones are removed, and no others. Method: one or two errors
 * far beyond the noise, at places drawn at random, of every kind.
 */
import fc from 'fast-check';
import { parseNetwork } from '../model/parse-network';
import { compileGrid } from '../power-flow/compile';
import { solvePowerFlow } from '../results';
import { shippedJson } from '../testing/reference-grids';
import { estimateState, type EstimationOptions, type StateEstimate } from './estimate';
import type { Measurement } from './measurements';
import { measureAll, withNoise } from './testing/measure';

const network = parseNetwork(shippedJson('cigre-mv'));
const solution = solvePowerFlow(compileGrid(network));
if (!solution.converged) throw new Error('not converged');
const grid = compileGrid(network);
const all = measureAll(network, solution);
const atOneEnd = all.filter((one) => !('side' in one && one.side === 'to'));

function estimate(
  measurements: readonly Measurement[],
  options: EstimationOptions = {},
): StateEstimate {
  const result = estimateState(grid, measurements, options);
  if (!result.converged) throw new Error(JSON.stringify(result));
  return result;
}

const wrong = (
  measurements: readonly Measurement[],
  id: string,
  error: number,
): readonly Measurement[] => {
  expect(measurements.map((one) => one.id)).toContain(id);
  return measurements.map((one) => (one.id === id ? { ...one, value: one.value + error } : one));
};

const vmPu = (result: StateEstimate): Map<string, number> =>
  new Map(result.buses.map((bus) => [bus.id, bus.vmPu]));

function expectSameVoltages(one: StateEstimate, other: StateEstimate): void {
  const voltages = vmPu(other);
  for (const { id, vmPu: value, vmSigmaPu } of one.buses) {
    expect(Math.abs(value - voltages.get(id)!)).toBeLessThan(vmSigmaPu);
  }
}

describe('one gross error among noise', () => {
  const noisy = withNoise(atOneEnd, 5);
  const clean = estimate(noisy);

  it('clean, nothing is removed', () => {
    expect(clean.removed).toEqual([]);
  });

  it.each([
    ['a voltmeter', 'vmPu bus4', 0.05],
    ['a phasor', 'vaDegree bus7', 1],
    ['an injection with a wrong sign', 'pInjectionMw bus5', 2 * 0.7275],
    ['a reactive injection', 'qInjectionMvar bus11', 0.5],
    ['a flow', 'pFlowMw line0 from', 0.8],
    ['a reactive flow', 'qFlowMvar line1 from', -0.6],
    ['a current', 'iKa line2 from', 0.03],
    ['the angle of a current', 'iaDegree line1 from', 5],
    ['a transformer', 'pFlowMw trafo0 from', 3],
  ])('%s is found by name', (_, id, error) => {
    const result = estimate(wrong(noisy, id, error));
    expect(result.removed.map((one) => one.id)).toEqual([id]);
    expect(result.chiSquare.passed).toBe(true);
    expectSameVoltages(result, clean);
    const measured = noisy.find((one) => one.id === id)!;
    expect(Math.abs(result.removed[0]!.estimate - measured.value)).toBeLessThan(5 * measured.sigma);
  });

  it('left in, it fails the chi-square test and bends the estimate', () => {
    const bent = estimate(wrong(noisy, 'vmPu bus4', 0.05), { removeBadData: false });
    expect(bent.removed).toEqual([]);
    expect(bent.chiSquare.passed).toBe(false);
    const [atBus, before] = [vmPu(bent).get('bus4')!, vmPu(clean).get('bus4')!];
    expect(atBus - before).toBeGreaterThan(1e-3);
  });

  it('two that have nothing to do with each other are both found', () => {
    const result = estimate(wrong(wrong(noisy, 'vmPu bus13', -0.08), 'pInjectionMw bus5', 1.4));
    expect(result.removed.map((one) => one.id).sort()).toEqual(['pInjectionMw bus5', 'vmPu bus13']);
    expectSameVoltages(result, clean);
  });
});

it('without noise, one error anywhere has the largest normalised residual', () => {
  const clean = estimate(atOneEnd);
  // How much of an error in a measurement stays in its own residual.
  const noisy = estimate(withNoise(atOneEnd, 9), { removeBadData: false });
  const share = noisy.measurements.map(({ residual, normalizedResidual }, index) =>
    normalizedResidual === null ? 0 : (residual / normalizedResidual / atOneEnd[index]!.sigma) ** 2,
  );
  const testable = atOneEnd.filter((_, index) => share[index]! > 0.05);
  expect(testable.length).toBeGreaterThan(100);
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(-1, 1), (pick, sign) => {
      const { id, sigma } = testable[pick % testable.length]!;
      const size = (12 * sigma) / Math.sqrt(share[atOneEnd.findIndex((one) => one.id === id)]!);
      const { removed, ...result } = estimate(wrong(atOneEnd, id, sign * size));
      expect([removed[0]!.id, ...removed[0]!.indistinguishableFrom]).toContain(id);
      expect(removed).toHaveLength(1);
      if (removed[0]!.id === id) expectSameVoltages({ ...result, removed }, clean);
    }),
    { numRuns: 60 },
  );
});

describe('what nothing else can check', () => {
  /** A voltage, and P and Q at every bus but the external grid's: as many numbers as unknowns. */
  const critical = all.filter(
    (one) =>
      one.id === 'vmPu bus0' || (one.kind.includes('Injection') && !one.id.endsWith(' bus0')),
  );

  it('is never removed, however wrong', () => {
    const result = estimate(wrong(critical, 'pInjectionMw bus5', 1));
    expect(result.removed).toEqual([]);
    expect(result.measurements.every((one) => one.normalizedResidual === null)).toBe(true);
    expect(result.chiSquare).toMatchObject({ degreesOfFreedom: 0, pValue: 1, passed: true });
  });

  it('two that check each other and nothing else are told apart by none: both are named', () => {
    const second = critical.find((one) => one.id === 'pInjectionMw bus5')!;
    const twice = [...critical, { ...second, id: 'second meter' }];
    const { removed } = estimate(wrong(twice, 'second meter', 1));
    expect(removed).toHaveLength(1);
    expect([removed[0]!.id, ...removed[0]!.indistinguishableFrom].sort()).toEqual([
      'pInjectionMw bus5',
      'second meter',
    ]);
  });
});
