import { networksBelow, worstLoad } from './below';
import { treeOf } from './tree';

const line = (id: string, from: string, to: string) => ({
  id,
  name: '',
  from,
  to,
  rOhm: 3,
  xOhm: 4,
  cNf: 0,
  maxIKa: null,
  inService: true,
});
const network = (
  ids: readonly string[],
  lines: readonly ReturnType<typeof line>[],
): Parameters<typeof networksBelow>[0] => ({
  buses: ids.map((id) => ({ id, name: '', vnKv: 12, vMinPu: null, vMaxPu: null })),
  lines,
  transformers: [],
  switches: [],
  pods: [
    { id: 'IT1', bus: 'street/b' },
    { id: 'IT2', bus: 'a' },
  ],
  externalGrid: { bus: ids[0]!, vmPu: 1, vaDegree: 0 },
});
const STREET = network(
  ['s', 'a', 'street/a', 'street/b'],
  [
    line('1', 's', 'a'),
    line('street/1', 'a', 'street/a'),
    line('street/2', 'street/a', 'street/b'),
  ],
);

it('a network below hangs at one bus, and has its own buses, lines and PoDs', () => {
  expect(networksBelow(STREET)).toEqual([
    {
      name: 'street',
      bus: 'a',
      busIds: ['street/a', 'street/b'],
      buses: [2, 3],
      lines: [1, 2],
      pods: 1,
    },
  ]);
});

it('what hangs at two buses, or holds the slack, is no network below', () => {
  const ring = [...STREET.lines, line('street/3', 'street/b', 's')];
  expect(networksBelow({ ...STREET, lines: ring })).toEqual([]);
  const fed = { ...STREET, externalGrid: { bus: 'street/a', vmPu: 1, vaDegree: 0 } };
  expect(networksBelow(fed)).toEqual([]);
});

it('folded, the network above is laid out alone, and its buses keep their places in the tables', () => {
  const [street] = networksBelow(STREET);
  const folded = treeOf(STREET, new Set(street!.busIds));
  expect(folded.buses.map(({ id, index }) => [id, index])).toEqual([
    ['s', 0],
    ['a', 1],
  ]);
  expect(folded.branches.map(({ id }) => id)).toEqual(['1']);
  expect(folded.unsupplied).toEqual([]);
  expect(treeOf(STREET).buses).toHaveLength(4);
});

it('its mark is as strained as its worst line', () => {
  const [street] = networksBelow(STREET);
  const flow = { lineShare: (_: number, index: number) => [0.9, 0.4, 0.7][index]! };
  expect(worstLoad(street!, flow as Parameters<typeof worstLoad>[1], 0)).toBe(0.7);
});
