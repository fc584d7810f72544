/**
 * Goal: the estimate is the state that the measurements come from, as closely as their noise lets
 * anyone say, and says itself how closely. Method: measurements of states computed elsewhere (the
 * reference grids), with seeded noise; the estimator's own loads are half of the true ones, so that
 * it does not start at the answer.
 */
import type { Network } from '../model/network';
import { parseNetwork } from '../model/parse-network';
import { compileGrid } from '../power-flow/compile';
import { solvePowerFlow } from '../results';
import {
  describeReference,
  referenceGridNames,
  referenceJson,
  shippedJson,
  type ReferenceGrid,
} from '../testing/reference-grids';
import { lineRow, busRow, substation, type GridFile } from '../testing/small-grids';
import { estimateState, type NoEstimate, type StateEstimate } from './estimate';
import type { Measurement } from './measurements';
import { measureAll, withNoise, type TrueState } from './testing/measure';

const unknowing = (network: Network): Network => ({
  ...network,
  loads: network.loads.map((load) => ({ ...load, pMw: load.pMw / 2, qMvar: load.qMvar / 2 })),
});

/** What a control room has: voltages, injections, power and current at one end of each branch. */
const isScada = (measurement: Measurement): boolean =>
  !measurement.kind.endsWith('Degree') && !('side' in measurement && measurement.side === 'to');

function found(result: StateEstimate | NoEstimate): StateEstimate {
  if (!result.converged) throw new Error(JSON.stringify(result));
  return result;
}

const trueVm = (state: TrueState): ReadonlyMap<string, number> =>
  new Map(state.buses.map(({ id, vmPu }) => [id, vmPu]));

function largestError({ buses }: StateEstimate, state: TrueState): number {
  const vm = trueVm(state);
  return buses.reduce((most, { id, vmPu }) => Math.max(most, Math.abs(vmPu - vm.get(id)!)), 0);
}

describeReference.each(referenceGridNames)('%s (skipped without ../shared)', (name) => {
  let network: Network;
  let state: TrueState;
  let scada: readonly Measurement[];

  beforeAll(() => {
    const json = referenceJson<ReferenceGrid>(name);
    network = parseNetwork(json);
    state = json.expected;
    scada = measureAll(network, state).filter(isScada);
  });

  it('without noise, the estimate is the state', () => {
    const estimate = found(estimateState(compileGrid(unknowing(network)), scada));
    expect(largestError(estimate, state)).toBeLessThan(1e-7);
    expect(estimate.chiSquare.value).toBeLessThan(1e-3);
    const angles = new Map(state.buses.map(({ id, vaDegree }) => [id, vaDegree]));
    for (const { id, vaDegree } of estimate.buses) {
      const miss = vaDegree - angles.get(id)!;
      expect(Math.abs(miss - 360 * Math.round(miss / 360))).toBeLessThan(1e-5);
    }
  });

  it('with noise, it errs less than the voltmeters and by what it says', () => {
    const estimate = found(estimateState(compileGrid(unknowing(network)), withNoise(scada, 1)));
    expect(largestError(estimate, state)).toBeLessThan(0.003);
    const vm = trueVm(state);
    for (const { id, vmPu, vmSigmaPu } of estimate.buses) {
      expect(vmSigmaPu).toBeLessThan(0.003);
      expect(Math.abs(vmPu - vm.get(id)!) / vmSigmaPu).toBeLessThan(4.5);
    }
    expect(estimate.removed).toEqual([]);
    expect(estimate.chiSquare.pValue).toBeGreaterThan(0.001);
    expect(estimate.chiSquare.pValue).toBeLessThan(0.999);
    expect(estimate.chiSquare.passed).toBe(true);
  });
});

/** A shipped grid, its true state, everything that can be measured in it, and an estimator of it. */
function shipped(name: string): {
  state: TrueState;
  all: readonly Measurement[];
  estimate: (measurements: readonly Measurement[]) => StateEstimate;
} {
  const network = parseNetwork(shippedJson(name));
  const state = solvePowerFlow(compileGrid(network));
  if (!state.converged) throw new Error('not converged');
  const grid = compileGrid(unknowing(network));
  return {
    state,
    all: measureAll(network, state),
    estimate: (measurements) => found(estimateState(grid, measurements)),
  };
}

describe('over many draws of the noise', () => {
  const { state, all, estimate } = shipped('cigre-mv');
  const seeds = Array.from({ length: 200 }, (_, seed) => seed + 1);
  const estimates = seeds.map((seed) => estimate(withNoise(all.filter(isScada), seed)));

  it('the chi-square test fails as often as its level says', () => {
    const share = (level: number): number =>
      estimates.filter(({ chiSquare }) => chiSquare.pValue < level).length / seeds.length;
    expect(share(0.5)).toBeGreaterThan(0.4);
    expect(share(0.5)).toBeLessThan(0.6);
    expect(share(0.1)).toBeGreaterThan(0.04);
    expect(share(0.1)).toBeLessThan(0.17);
  });

  it('good measurements are removed in at most about one draw of a hundred', () => {
    expect(estimates.filter(({ removed }) => removed.length > 0).length).toBeLessThanOrEqual(5);
  });

  it('errors spread as the standard deviations say', () => {
    const vm = trueVm(state);
    const squares = estimates.flatMap(({ buses }) =>
      buses.map(({ id, vmPu, vmSigmaPu }) => ((vmPu - vm.get(id)!) / vmSigmaPu) ** 2),
    );
    const mean = squares.reduce((sum, value) => sum + value, 0) / squares.length;
    expect(mean).toBeGreaterThan(0.7);
    expect(mean).toBeLessThan(1.3);
  });

  it('normalised residuals are of variance one', () => {
    const squares = estimates
      .filter(({ removed }) => removed.length === 0)
      .flatMap(({ measurements }) =>
        measurements.flatMap(({ normalizedResidual }) => (normalizedResidual ?? 0) ** 2),
      );
    const mean = squares.reduce((sum, value) => sum + value, 0) / squares.length;
    expect(mean).toBeGreaterThan(0.95);
    expect(mean).toBeLessThan(1.05);
  });
});

describe('phasors', () => {
  const { state, all, estimate } = shipped('cigre-mv-pv-wind');
  const turned = (degree: number): Measurement[] =>
    all.map((one) => (one.kind.endsWith('Degree') ? { ...one, value: one.value + degree } : one));

  it('of voltages at every bus need nothing else', () => {
    const phasors = all.filter(({ kind }) => kind === 'vmPu' || kind === 'vaDegree');
    expect(largestError(estimate(phasors), state)).toBeLessThan(1e-9);
  });

  it('of one voltage and of the currents along the grid need nothing else', () => {
    const phasors = all.filter(
      (one) =>
        ('bus' in one && one.bus === 'bus0' && one.kind.startsWith('v')) ||
        one.kind === 'iKa' ||
        one.kind === 'iaDegree',
    );
    expect(largestError(estimate(phasors), state)).toBeLessThan(1e-7);
  });

  it('sharpen an estimate from powers', () => {
    const scada = all.filter(isScada);
    const phasors = all.filter(({ kind }) => kind === 'vaDegree');
    const [without, with_] = [estimate(scada), estimate([...scada, ...phasors])];
    const sigmas = (result: StateEstimate): number =>
      result.buses.reduce((sum, { vaSigmaDegree }) => sum + vaSigmaDegree, 0);
    expect(sigmas(with_)).toBeLessThan(sigmas(without) * 0.7);
  });

  it('are of their own clock: the external grid has no angle beside it', () => {
    const shifted = estimate(turned(170));
    expect(largestError(shifted, state)).toBeLessThan(1e-9);
    expect(shifted.buses[0]!.vaDegree).toBeCloseTo(170, 6);
    expect(shifted.chiSquare.value).toBeLessThan(1e-9);
  });
});

/** The substation with a bus `j` between b and c where nothing is connected. */
function withJunction(edit: (file: GridFile) => unknown = () => undefined): {
  network: Network;
  state: TrueState;
} {
  const file = substation();
  file.buses.push(busRow('j', 0.4));
  Object.assign(file.lines[1]!, { to: 'j' });
  file.lines.push(lineRow('l5', 'j', 'c'));
  edit(file);
  const network = parseNetwork(file);
  const state = solvePowerFlow(compileGrid(network));
  if (!state.converged) throw new Error('not converged');
  return { network, state };
}

describe('what the grid itself says', () => {
  it('nothing is injected where nothing is connected, whatever a meter shows', () => {
    const { network, state } = withJunction();
    const meter: Measurement = {
      id: 'meter',
      kind: 'pInjectionMw',
      bus: 'j',
      value: 0.002,
      sigma: 0.001,
    };
    const scada = withNoise(measureAll(network, state).filter(isScada), 3);
    const estimate = found(estimateState(compileGrid(network), [...scada, meter]));
    const { estimate: injected } = estimate.measurements.find(({ id }) => id === 'meter')!;
    expect(Math.abs(injected)).toBeLessThan(1e-9);
  });

  it('buses that closed switches join have one voltage and one injection', () => {
    const { network, state } = withJunction((file) => {
      file.buses.push(busRow('c2', 0.4));
      file.switches.push({ id: 's', kind: 'busToBus', from: 'c', to: 'c2', closed: true });
      Object.assign(file.staticGenerators[0]!, { bus: 'c2' });
    });
    const scada = measureAll(network, state).filter((one) => isScada(one) && 'side' in one);
    const voltage = { id: 'v', kind: 'vmPu', bus: 'mv', value: 1.02, sigma: 0.001 } as const;
    const both = { id: 'p', kind: 'pInjectionMw', bus: 'c2', value: 0.01, sigma: 1e-5 } as const;
    const estimate = found(estimateState(compileGrid(network), [...scada, voltage, both]));
    expect(largestError(estimate, state)).toBeLessThan(1e-7);
    expect(estimate.measurements.at(-1)!.residual).toBeCloseTo(0, 9);
  });

  it('a current that the start does not know of is found from its phasor', () => {
    // The estimator knows of no load: without it no current flows over the junction.
    const { network, state } = withJunction((file) => {
      for (const line of file.lines) line['cNf'] = 0;
    });
    const unloaded = {
      ...network,
      loads: network.loads.map((load) => ({ ...load, pMw: 0, qMvar: 0 })),
      staticGenerators: network.staticGenerators.map((row) => ({ ...row, pMw: 0, qMvar: 0 })),
    };
    const measured = measureAll(network, state).filter(
      ({ id }) => /^v.* mv$/.test(id) || / t1 from$/.test(id) || /^i.* l[35] from$/.test(id),
    );
    expect(measured).toHaveLength(10);
    const estimate = found(estimateState(compileGrid(unloaded), measured));
    expect(largestError(estimate, state)).toBeLessThan(1e-7);
  });

  it('a measurement where nothing is energised is listed and not used', () => {
    const { network, state } = withJunction();
    const dead: Measurement = {
      id: 'dead',
      kind: 'pFlowMw',
      element: 'l4',
      side: 'from',
      value: 0,
      sigma: 0.001,
    };
    const scada = measureAll(network, state).filter(isScada);
    const estimate = found(estimateState(compileGrid(network), [...scada, dead]));
    expect(estimate.unused).toEqual(['dead']);
    expect(estimate.measurements).toHaveLength(scada.length);
  });
});

describe('there is no estimate', () => {
  const { network, state } = withJunction();
  const all = measureAll(network, state);
  const estimateOf = (measurements: readonly Measurement[]): StateEstimate | NoEstimate =>
    estimateState(compileGrid(network), measurements);
  const injectionsBut = (...buses: string[]): Measurement[] =>
    all.filter((one) => one.kind.includes('Injection') && 'bus' in one && !buses.includes(one.bus));
  const voltage = all.filter(({ id }) => id === 'vmPu mv');

  it('of buses behind a line of which nothing is known: they are named', () => {
    expect(estimateOf([...injectionsBut('c', 'mv'), ...voltage])).toEqual({
      converged: false,
      reason: 'unobservable',
      // What flows to c flows through all of them; only the voltage of mv stands.
      unobservableBuses: ['a', 'b', 'c', 'd', 'j'],
    });
  });

  it('of a bus whose flow is known at its one line there is', () => {
    const flows = all.filter(({ id }) => / l5 from$/.test(id) && id.includes('Flow'));
    expect(
      found(estimateOf([...injectionsBut('c', 'mv'), ...voltage, ...flows])).buses,
    ).toHaveLength(6);
  });

  it('of voltages without any voltmeter', () => {
    const result = estimateOf(injectionsBut('mv'));
    expect(result).toMatchObject({ converged: false, reason: 'unobservable' });
  });

  it('of anything without measurements', () => {
    expect(estimateOf([])).toMatchObject({ unobservableBuses: ['mv', 'a', 'b', 'c', 'd', 'j'] });
  });

  it('of measurements that no state comes near', () => {
    // Ten megawatts at the end of a low-voltage line.
    const absurd = [...injectionsBut('mv'), ...voltage].map((one) =>
      one.id === 'pInjectionMw c' ? { ...one, value: -10 } : one,
    );
    expect(estimateOf(absurd)).toMatchObject({
      converged: false,
      reason: 'diverged',
      worstMeasurement: 'pInjectionMw c',
    });
  });
});

describe('refused, by name', () => {
  const grid = compileGrid(parseNetwork(substation()));
  const good: Measurement = { id: 'm', kind: 'vmPu', bus: 'a', value: 1, sigma: 0.01 };

  it.each<[string, readonly Measurement[], string]>([
    ['a bus that is none', [{ ...good, bus: 'z' }], 'measurement "m": "z" is not a bus'],
    [
      'an element that is none',
      [{ id: 'm', kind: 'iKa', element: 'z', side: 'to', value: 1, sigma: 1 }],
      'measurement "m": "z" is not a line or transformer',
    ],
    ['a sigma of 0', [{ ...good, sigma: 0 }], 'measurement "m": sigma is 0'],
    ['no number', [{ ...good, value: NaN }], 'measurement "m": value is NaN'],
    ['an id twice', [good, good], 'measurement "m": the id is used twice'],
  ])('%s', (_, measurements, message) => {
    expect(() => estimateState(grid, measurements)).toThrow(message);
  });

  it('a confidence that is none', () => {
    expect(() => estimateState(grid, [good], { confidence: 1 })).toThrow('confidence: is 1');
  });
});
