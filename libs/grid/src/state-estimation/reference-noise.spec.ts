/**
 * Goal: on every reference grid the estimator does what the theory of least squares promises. Method:
 * draws of Gaussian noise on the states computed elsewhere; phasors at a few buses among what a control
 * room has. Several gross errors at once stand at places far from each other.
 */
import { parseNetwork } from '../model/parse-network';
import { compileGrid } from '../power-flow/compile';
import type { CompiledGrid } from '../power-flow/compiled-grid';
import {
  describeReference,
  referenceGridNames,
  referenceJson,
  type ReferenceGrid,
} from '../testing/reference-grids';
import { estimateState, type EstimationOptions, type StateEstimate } from './estimate';
import type { Measurement } from './measurements';
import { measureAll, withNoise, type TrueState } from './testing/measure';

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describeReference.each(referenceGridNames)('%s (skipped without ../shared)', (name) => {
  let grid: CompiledGrid;
  let state: TrueState;
  let measured: readonly Measurement[];

  beforeAll(() => {
    const json = referenceJson<ReferenceGrid>(name);
    const network = parseNetwork(json);
    grid = compileGrid(network);
    state = json.expected;
    const withPhasor = new Set(
      network.buses.filter((_, index) => index % 10 === 0).map(({ id }) => `vaDegree ${id}`),
    );
    measured = measureAll(network, state).filter(
      ({ id, kind }) => !id.endsWith(' to') && (!kind.endsWith('Degree') || withPhasor.has(id)),
    );
  });

  const estimate = (
    measurements: readonly Measurement[],
    options: EstimationOptions = {},
  ): StateEstimate => {
    const result = estimateState(grid, measurements, options);
    if (!result.converged) throw new Error(JSON.stringify(result));
    return result;
  };

  it('the sum of squares is chi-square, and errors are of the size the covariance says', () => {
    const draws = grid.topology.nodeCount > 200 ? 4 : 25;
    const truth = new Map(state.buses.map((bus) => [bus.id, bus]));
    const sums: number[] = [];
    const squares: number[] = [];
    let deviations = 0;
    for (let seed = 1; seed <= draws; seed++) {
      const { buses, chiSquare } = estimate(withNoise(measured, seed), { removeBadData: false });
      const { value, degreesOfFreedom } = chiSquare;
      // Of mean 0 and variance 1.
      sums.push((value - degreesOfFreedom) / Math.sqrt(2 * degreesOfFreedom));
      for (const bus of buses) {
        const { vmPu, vaDegree } = truth.get(bus.id)!;
        const turned = bus.vaDegree - vaDegree;
        const angle = (turned - 360 * Math.round(turned / 360)) / bus.vaSigmaDegree;
        const voltage = (bus.vmPu - vmPu) / bus.vmSigmaPu;
        squares.push(angle ** 2, voltage ** 2);
        if (Math.max(Math.abs(angle), Math.abs(voltage)) > 3) deviations += 1;
      }
    }
    // Four standard deviations of the mean of draws.
    expect(Math.abs(mean(sums))).toBeLessThan(4 / Math.sqrt(draws));
    // Errors of one grid move together: the mean square is one with a wide margin.
    expect(mean(squares)).toBeGreaterThan(0.4);
    expect(mean(squares)).toBeLessThan(1.8);
    expect(deviations / squares.length).toBeLessThan(0.02);
  });

  it('three gross errors at once are found, and nothing else is removed', () => {
    const noisy = withNoise(measured, 2);
    const clean = estimate(noisy);
    expect(clean.removed).toEqual([]);
    // Far from each other, and with others around that see what they see.
    const shares = clean.measurements.map(({ residual, normalizedResidual }, index) =>
      normalizedResidual === null ? 0 : residual / normalizedResidual / noisy[index]!.sigma,
    );
    const wrong = ['vmPu', 'pInjectionMw', 'qFlowMvar'].map((kind, third) => {
      const candidates = noisy
        .map((one, index) => ({ ...one, share: shares[index]! }))
        .filter((one) => one.kind === kind && one.share > 0.3);
      return candidates[Math.floor(((third + 0.5) / 3) * candidates.length)]!;
    });
    const errorOf = new Map(
      wrong.map(({ id, sigma, share }, index) => [id, ((index % 2 ? -1 : 1) * 40 * sigma) / share]),
    );
    expect(errorOf.size).toBe(3);
    const result = estimate(
      noisy.map((one) => ({ ...one, value: one.value + (errorOf.get(one.id) ?? 0) })),
    );
    const named = result.removed.map((one) =>
      [one.id, ...one.indistinguishableFrom].find((id) => errorOf.has(id)),
    );
    expect(named.sort()).toEqual([...errorOf.keys()].sort());
    expect(result.chiSquare.passed).toBe(true);
  });
});
