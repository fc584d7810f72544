/** The grid point above some buses: primary substation, MV feeder, secondary substation. */
import { gridPointsOf } from './grid-point';
import { type OperatedGrid, operateGrid } from './operated-grid';
import { OPEN, feederFile } from './testing/lv-feeder';

const FILE = feederFile([{ parent: 0, rOhm: 0.03 }]) as {
  buses: { id: string; vnKv: number }[];
  lines: { id: string }[];
  transformers: { id: string }[];
};
const bus = (id: string, vnKv: number) => ({ ...FILE.buses[1]!, id, vnKv });
const line = (id: string, from: string, to: string, inService = true) => ({
  ...FILE.lines[0]!,
  id,
  from,
  to,
  inService,
});
const transformer = (id: string, hv: string, lv: string, vnHvKv: number, vnLvKv: number) => ({
  ...FILE.transformers[0]!,
  id,
  hv,
  lv,
  vnHvKv,
  vnLvKv,
});

/** 150 kV over `ps` to a 20 kV busbar; feeders `f1` (m1, m2) and `f2` (m3); stations `s1` at m1 and `s2` at m2. */
const grid = (isRing = false): OperatedGrid =>
  operateGrid({
    gridId: 'g',
    digest: '',
    limits: OPEN,
    model: {
      ...FILE,
      buses: [
        bus('grid', 150),
        bus('hv', 150),
        ...['m0', 'm1', 'm2', 'm3'].map((id) => bus(id, 20)),
        ...['a', 'a1', 'b'].map((id) => bus(id, 0.4)),
      ],
      lines: [
        line('above', 'grid', 'hv'),
        line('f1', 'm0', 'm1'),
        line('f1b', 'm1', 'm2'),
        line('f2', 'm0', 'm3'),
        line('tie', 'm2', 'm3', isRing),
        line('lv1', 'a', 'a1'),
      ],
      transformers: [
        transformer('ps', 'hv', 'm0', 150, 20),
        transformer('s1', 'm1', 'a', 20, 0.4),
        transformer('s2', 'm2', 'b', 20, 0.4),
      ],
      externalGrid: { bus: 'grid', vmPu: 1, vaDegree: 0 },
    },
  });

const pointOf = (ids: readonly string[], of = grid()) =>
  gridPointsOf(of)(ids.map((id) => of.busIndex.get(id)!));

it.each([
  ['one secondary substation', ['a', 'a1'], { mvFeeder: 'f1', secondarySubstation: 's1' }],
  ['one feeder', ['a1', 'b', 'm2'], { mvFeeder: 'f1' }],
  ['both feeders', ['a1', 'm3'], {}],
])('of buses below %s', (_, ids, below) => {
  expect(pointOf(ids)).toEqual({ pom: 'PS-ps', ...below });
});

it('in a ring names the primary substation alone', () => {
  expect(pointOf(['a1'], grid(true))).toEqual({ pom: 'PS-ps' });
});

it('of buses of several primary substations, or of none, is not there', () => {
  expect(pointOf(['hv', 'a1'])).toBeUndefined();
  expect(pointOf([])).toBeUndefined();
});

it('a network that begins behind its one transformer has no secondary substation', () => {
  const of = operateGrid({ gridId: 'g', digest: '', limits: OPEN, model: FILE });
  expect(pointOf(['n1'], of)).toEqual({ pom: 'PS-t1' });
});
