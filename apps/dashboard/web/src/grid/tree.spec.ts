import { treeOf } from './tree';

const line = (id: string, from: string, to: string, inService = true) => ({
  id,
  name: '',
  from,
  to,
  rOhm: 3,
  xOhm: 4,
  cNf: 0,
  maxIKa: null,
  inService,
});
const network = (
  buses: readonly string[],
  lines: readonly ReturnType<typeof line>[],
): Parameters<typeof treeOf>[0] => ({
  buses: buses.map((id) => ({ id, name: '', vnKv: 12, vMinPu: null, vMaxPu: null })),
  lines,
  transformers: [],
  switches: [],
  externalGrid: { bus: buses[0]!, vmPu: 1, vaDegree: 0 },
});

it('the longest way goes straight on, and each branch has a row of its own', () => {
  const tree = treeOf(
    network(
      ['s', 'a', 'b', 'c', 'x', 'y'],
      [
        line('1', 's', 'a'),
        line('2', 'a', 'x'),
        line('3', 'b', 'a'),
        line('4', 'b', 'c'),
        line('5', 'c', 'y'),
      ],
    ),
  );
  expect(
    tree.buses.map(({ id, depth, row, distanceOhm }) => [id, depth, row, distanceOhm]),
  ).toEqual([
    ['s', 0, 0, 0],
    ['a', 1, 0, 5],
    ['x', 2, 1, 10],
    ['b', 2, 0, 10],
    ['c', 3, 0, 15],
    ['y', 4, 0, 20],
  ]);
  expect([tree.depth, tree.rows, tree.unsupplied]).toEqual([4, 2, []]);
  // Written from its far end, it leads away from the slack all the same.
  expect(tree.branches[2]).toMatchObject({ id: '3', from: { id: 'a' }, to: { id: 'b' } });
});

it('a line that is open or closes a ring stands apart, and what nothing supplies is named', () => {
  const tree = treeOf(
    network(
      ['s', 'a', 'b', 'far'],
      [
        line('1', 's', 'a'),
        line('2', 's', 'b'),
        line('ring', 'a', 'b'),
        line('open', 'b', 'a', false),
      ],
    ),
  );
  expect(tree.branches.map(({ id, apart }) => [id, apart])).toEqual([
    ['1', undefined],
    ['2', undefined],
    ['ring', 'ring'],
    ['open', 'open'],
  ]);
  expect(tree.unsupplied).toEqual(['far']);
});

it('lays out a feeder of many thousand buses', () => {
  const buses = Array.from({ length: 20_000 }, (_, index) => `bus${index}`);
  const lines = buses.slice(1).map((to, index) => line(`line${index}`, buses[index]!, to));
  expect(treeOf(network(buses, lines))).toMatchObject({ depth: 19_999, rows: 1 });
});
