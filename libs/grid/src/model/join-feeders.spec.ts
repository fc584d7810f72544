/**
 * Goal: a network with LV networks below it is one network, whose solution is that of both sides in
 * agreement. Method: the same parts joined, and solved apart.
 */
import { solveWithFeeders } from '../feeders';
import { compileGrid } from '../power-flow/compile';
import { solvePowerFlow } from '../results';
import { shippedJson } from '../testing/reference-grids';
import { joinFeeders } from './join-feeders';
import type { Network } from './network';
import { parseNetwork } from './parse-network';

const above = parseNetwork(shippedJson('cigre-mv'));
const bus = { vMinPu: null, vMaxPu: null };
const line = { rOhm: 0.03, xOhm: 0.01, cNf: 90, maxIKa: 0.27, inService: true };
const transformer = {
  snMva: 0.4,
  vnLvKv: 0.4,
  vkPercent: 6,
  vkrPercent: 1.2,
  pfeKw: 1.2,
  i0Percent: 0.3,
  tapPos: 1,
  tapNeutral: 0,
  tapMin: -2,
  tapMax: 2,
  tapStepPercent: 2.5,
  tapSide: 'hv',
  shiftDegree: 150,
  inService: true,
};

/** A village `mv --t-- n0 --l-- n1`, with a PoD. */
const village = (headKv = 20, podId = 'IT002E60000001'): Network =>
  parseNetwork({
    schema: 'flexledger-grid/1',
    name: 'village',
    frequencyHz: 50,
    buses: [
      { id: 'mv', vnKv: headKv, ...bus },
      { id: 'n0', vnKv: 0.4, ...bus },
      { id: 'n1', vnKv: 0.4, ...bus },
    ],
    lines: [{ id: 'l', from: 'n0', to: 'n1', ...line }],
    transformers: [{ id: 't', hv: 'mv', lv: 'n0', vnHvKv: headKv, ...transformer }],
    loads: [{ id: 'd', bus: 'n1', pMw: 0.05, qMvar: 0.01 }],
    staticGenerators: [],
    switches: [{ id: 's', kind: 'line', line: 'l', closed: true }],
    pods: [{ id: podId, bus: 'n1' }],
    externalGrid: { bus: 'mv', vmPu: 1.05, vaDegree: 0 },
  });

/** What the network's own file says of its loads. */
const publishedLoading = (network: Network) => ({
  steps: 1,
  busPMw: new Float64Array(network.buses.length),
  busQMvar: new Float64Array(network.buses.length),
  loadPMw: Float64Array.from(network.loads, ({ pMw }) => pMw),
  loadQMvar: Float64Array.from(network.loads, ({ qMvar }) => qMvar),
  generatorPMw: new Float64Array(network.staticGenerators.length),
  generatorQMvar: new Float64Array(network.staticGenerators.length),
});

it('is solved as one as it is solved apart', () => {
  const feeders = [
    { name: 'east', bus: 'bus5', network: village() },
    { name: 'west', bus: 'bus11', network: village(20, 'IT002E60000002') },
  ];
  const one = solvePowerFlow(compileGrid(joinFeeders(above, feeders)));
  if (!one.converged) throw new Error('the network of all has no solution');
  const apart = solveWithFeeders(
    compileGrid(above),
    publishedLoading(above),
    feeders.map(({ bus: head, network }) => ({
      bus: head,
      grid: compileGrid(network),
      loading: publishedLoading(network),
    })),
  );
  const voltage = new Map(one.buses.map(({ id, vmPu }) => [id, vmPu]));
  above.buses.forEach(({ id }, index) =>
    expect(voltage.get(id)).toBeCloseTo(apart.grid.busVmPu[index]!, 8),
  );
  feeders.forEach(({ name, network }, at) =>
    network.buses.forEach(({ id }, index) => {
      if (id === 'mv') return;
      expect(voltage.get(`${name}/${id}`)).toBeCloseTo(apart.feeders[at]!.busVmPu[index]!, 8);
    }),
  );
});

it('keeps the codes of PoDs and names every element by its feeder', () => {
  const joined = joinFeeders(above, [{ name: 'east', bus: 'bus5', network: village() }]);
  expect(joined.pods).toEqual([{ id: 'IT002E60000001', bus: 'east/n1' }]);
  expect(joined.transformers.at(-1)).toMatchObject({ id: 'east/t', hv: 'bus5', lv: 'east/n0' });
  expect(joined.switches).toMatchObject([
    { id: 'east/s', kind: 'line', line: 'east/l', closed: true },
  ]);
  expect(joined.externalGrid).toEqual(above.externalGrid);
});

it.each<[string, Parameters<typeof joinFeeders>[1], string]>([
  ['a bus that is not there', [{ name: 'a', bus: 'x', network: village() }], 'no bus "x"'],
  ['another voltage', [{ name: 'a', bus: 'bus5', network: village(10) }], 'its slack has 10 kV'],
  ['no name', [{ name: 'a b', bus: 'bus5', network: village() }], 'does not begin an id'],
  [
    'a name twice',
    [
      { name: 'a', bus: 'bus5', network: village() },
      { name: 'a', bus: 'bus6', network: village() },
    ],
    'feeder "a"',
  ],
  [
    'a PoD twice',
    [
      { name: 'a', bus: 'bus5', network: village() },
      { name: 'b', bus: 'bus6', network: village() },
    ],
    'PoD "IT002E60000001"',
  ],
  [
    'another frequency',
    [{ name: 'a', bus: 'bus5', network: { ...village(), frequencyHz: 60 } }],
    'it has 60 Hz, not 50 Hz',
  ],
])('refuses %s by name', (_, feeders, words) => {
  expect(() => joinFeeders(above, feeders)).toThrow(words);
});
