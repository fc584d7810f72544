/**
 * Goal: feeders solved one by one below their grid give what the whole network gives. Method: LV
 * feeders below an MV grid, radial and with its ties closed, against one network of all; then what
 * cannot be solved, or does not fit.
 */
import { solveWithFeeders, type Feeder } from './feeders';
import type { Network } from './model/network';
import { gridFileOf, parseNetwork } from './model/parse-network';
import { compileGrid } from './power-flow/compile';
import type { CompiledGrid } from './power-flow/compiled-grid';
import type { GridLoading } from './power-flow/demand';
import { solveSeries } from './series';
import { shippedJson } from './testing/reference-grids';
import { busRow, lineRow, substation, transformerRow, type GridFile } from './testing/small-grids';

const heads = ['bus5', 'bus8', 'bus8', 'bus11'] as const;
const factors = [0.2, 1, 1.4];

const mediumVoltage = (meshed: boolean): Network => {
  const file = parseNetwork(shippedJson('cigre-mv'));
  return {
    ...file,
    lines: file.lines.map((line) => (meshed ? { ...line, inService: true } : line)),
  };
};

const feederNetwork = (at: number): Network => {
  const file = substation();
  file.name = `f${at}`;
  file.transformers = [transformerRow('t1', 'mv', 'a', { tapPos: at - 1, shiftDegree: 30 * at })];
  file.loads.forEach((load) => Object.assign(load, { pMw: 0.008 * (at + 1), qMvar: 0.003 }));
  Object.assign(file.loads[1]!, { constantImpedancePercent: 40, constantCurrentPercent: 20 });
  return parseNetwork({ ...file, pods: [] });
};

/** Loads times each factor, by step. */
function scaled({ loads }: Network): GridLoading {
  const column = (of: 'pMw' | 'qMvar'): Float64Array =>
    Float64Array.from(factors.flatMap((factor) => loads.map((load) => factor * load[of])));
  return { steps: factors.length, loadPMw: column('pMw'), loadQMvar: column('qMvar') };
}

/** All in one: the feeders' ids with a prefix, their slack the bus above. */
function whole(above: Network, feeders: readonly Network[]): Network {
  const at = (feeder: number, id: string): string =>
    id === 'mv' ? heads[feeder]! : `f${feeder}${id}`;
  const all = <Row>(
    table: (network: Network, own: (id: string) => string) => readonly Row[],
  ): Row[] => [
    ...table(above, (id) => id),
    ...feeders.flatMap((network, feeder) => table(network, (id) => at(feeder, id))),
  ];
  return parseNetwork({
    ...gridFileOf(above),
    buses: [
      ...above.buses,
      ...feeders.flatMap(({ buses }, feeder) =>
        buses.filter(({ id }) => id !== 'mv').map((bus) => ({ ...bus, id: at(feeder, bus.id) })),
      ),
    ],
    lines: all(({ lines }, own) =>
      lines.map((row) => ({ ...row, id: own(row.id), from: own(row.from), to: own(row.to) })),
    ),
    transformers: all(({ transformers }, own) =>
      transformers.map((row) => ({ ...row, id: own(row.id), hv: own(row.hv), lv: own(row.lv) })),
    ),
    loads: all(({ loads }, own) =>
      loads.map((row) => ({ ...row, id: own(row.id), bus: own(row.bus) })),
    ),
    staticGenerators: all(({ staticGenerators }, own) =>
      staticGenerators.map((row) => ({ ...row, id: own(row.id), bus: own(row.bus) })),
    ),
  });
}

function feedersBelow(networks: readonly Network[]): Feeder[] {
  return networks.map((network, at) => ({
    grid: compileGrid(network),
    loading: scaled(network),
    bus: heads[at]!,
  }));
}

describe.each([false, true])('four feeders below CIGRE MV, ties closed: %s', (meshed) => {
  const above = mediumVoltage(meshed);
  const networks = heads.map((_, at) => feederNetwork(at));
  const together = solveWithFeeders(compileGrid(above), scaled(above), feedersBelow(networks));
  const network = whole(above, networks);
  const atOnce = solveSeries(compileGrid(network), scaled(network));

  it('have the voltages of the whole network, in every step', () => {
    expect(together.unsolvedSteps).toEqual([]);
    expect(together.rounds).toBeLessThan(12);
    factors.forEach((_, step) => {
      const found = new Map(
        network.buses.map(({ id }, bus) => [
          id,
          atOnce.busVmPu[step * network.buses.length + bus]!,
        ]),
      );
      above.buses.forEach(({ id }, bus) => {
        const vmPu = together.grid.busVmPu[step * above.buses.length + bus]!;
        expect(Math.abs(vmPu - found.get(id)!)).toBeLessThan(1e-8);
      });
      networks.forEach(({ buses }, feeder) =>
        buses.forEach(({ id }, bus) => {
          const vmPu = together.feeders[feeder]!.busVmPu[step * buses.length + bus]!;
          const inWhole = found.get(id === 'mv' ? heads[feeder]! : `f${feeder}${id}`)!;
          expect(Math.abs(vmPu - inWhole)).toBeLessThan(1e-8);
        }),
      );
    });
  });

  it('draw from the external grid, and lose, what the whole network does', () => {
    factors.forEach((_, step) => {
      const losses = [together.grid, ...together.feeders].reduce(
        (sum, { totalLossesMw }) => sum + totalLossesMw[step]!,
        0,
      );
      expect(losses).toBeCloseTo(atOnce.totalLossesMw[step]!, 7);
      expect(together.grid.externalGridPMw[step]).toBeCloseTo(atOnce.externalGridPMw[step]!, 7);
      expect(together.grid.externalGridQMvar[step]).toBeCloseTo(atOnce.externalGridQMvar[step]!, 7);
    });
  });
});

describe('feeders below a grid', () => {
  const grid: CompiledGrid = compileGrid(mediumVoltage(false));
  const loading = scaled(grid.network);
  const [feeder] = feedersBelow([feederNetwork(0)]) as [Feeder];

  it('a step that a feeder cannot be solved in is named, and the others hold', () => {
    const loadPMw = feeder.loading.loadPMw!.slice().fill(5, 3, 6);
    const overloaded = { ...feeder, loading: { ...feeder.loading, loadPMw } };
    const { unsolvedSteps, feeders } = solveWithFeeders(grid, loading, [overloaded]);
    expect(unsolvedSteps).toEqual([1]);
    const plain = solveWithFeeders(grid, loading, [feeder]);
    const buses = feeder.grid.network.buses.length;
    for (const step of [0, 2]) {
      expect(feeders[0]!.busVmPu[step * buses + 2]).toBeCloseTo(
        plain.feeders[0]!.busVmPu[step * buses + 2]!,
        10,
      );
    }
  });

  it('a step that the grid above cannot be solved in is named too', () => {
    const loadPMw = loading.loadPMw!.slice();
    loadPMw.fill(50, 0, grid.network.loads.length);
    expect(solveWithFeeders(grid, { ...loading, loadPMw }, [feeder]).unsolvedSteps).toEqual([0]);
  });

  it.each<[string, Feeder, string]>([
    ['an unknown bus', { ...feeder, bus: 'x' }, 'grid "cigre-mv" has no bus "x"'],
    [
      'another voltage',
      { ...feeder, bus: 'bus0' },
      'its slack "mv" has 20 kV, bus "bus0" of grid "cigre-mv" 110 kV',
    ],
    [
      'other steps',
      { ...feeder, loading: { steps: 2 } },
      'has 2 steps, the grid above 3. Give both the same steps',
    ],
  ])('one at %s is refused', (_, wrong, reason) => {
    expect(() => solveWithFeeders(grid, loading, [wrong])).toThrow(`feeder "f0": ${reason}`);
  });
});

describe('a feeder below a long line', () => {
  /** `s --x-- h`, of 10 + 12j ohm, with a load at h; below it a transformer with a load behind. */
  const above: GridFile = {
    ...substation(),
    name: 'line',
    pods: [],
    transformers: [],
    staticGenerators: [],
  };
  above.buses = [busRow('s', 20), busRow('h', 20)];
  above.lines = [lineRow('x', 's', 'h', { rOhm: 10, xOhm: 12 })];
  above.loads = [{ id: 'own', bus: 'h', pMw: 0, qMvar: 0 }];
  above.externalGrid = { bus: 's', vmPu: 1, vaDegree: 0 };
  const ofImpedance = (constantImpedancePercent: number): GridFile => ({
    ...above,
    name: 'below',
    lines: [],
    externalGrid: { bus: 'h', vmPu: 1, vaDegree: 0 },
    buses: [busRow('h', 20), busRow('a', 0.4)],
    transformers: [transformerRow('t', 'h', 'a', { snMva: 20 })],
    loads: [{ id: 'l', bus: 'a', pMw: 0, qMvar: 0, constantImpedancePercent }],
  });

  it.each([
    ['draws most of what the line can carry, as voltage allows', 100, 0, [8, 0]],
    ['supplies a load that the line alone cannot', 0, 12, [-8, 0]],
    ['raises the voltage, and consumes the more of it', 100, 0, [-8, 1]],
  ])('%s: has the voltages of the whole', (_, percent, ownMw, [pMw, qMvar]) => {
    const file = ofImpedance(percent);
    const { transformers } = file;
    const buses = [...above.buses, file.buses[1]!];
    const network = { ...above, buses, transformers, loads: [...above.loads, ...file.loads] };
    const [whole, grid, feeder] = [network, above, file].map((one) =>
      compileGrid(parseNetwork(one)),
    ) as [CompiledGrid, CompiledGrid, CompiledGrid];
    const atOnce = solveSeries(whole, {
      steps: 1,
      loadPMw: Float64Array.of(ownMw, pMw!),
      loadQMvar: Float64Array.of(0, qMvar!),
    });
    const below = { steps: 1, loadPMw: Float64Array.of(pMw!), loadQMvar: Float64Array.of(qMvar!) };
    const together = solveWithFeeders(grid, { steps: 1, loadPMw: Float64Array.of(ownMw) }, [
      { grid: feeder, loading: below, bus: 'h' },
    ]);
    expect(atOnce.failures).toEqual([]);
    expect(together.unsolvedSteps).toEqual([]);
    expect(together.grid.busVmPu[1]).toBeCloseTo(atOnce.busVmPu[1]!, 7);
    expect(together.feeders[0]!.busVmPu[1]).toBeCloseTo(atOnce.busVmPu[2]!, 7);
  });

  it('is unsolved where it draws more than the line can carry', () => {
    const feeder = compileGrid(parseNetwork(ofImpedance(0)));
    const loading = { steps: 2, loadPMw: Float64Array.of(9, 1) };
    const grid = compileGrid(parseNetwork(above));
    const together = solveWithFeeders(grid, { steps: 2 }, [{ grid: feeder, loading, bus: 'h' }]);
    expect(together.unsolvedSteps).toEqual([0]);
  });
});
