/** Variants of a grid's switches: what they change in a model, and what hangs together then. */
import { parseNetwork } from './model/parse-network';
import { connectivityOf, type SwitchPosition, withPositions } from './switching';
import { busRow, lineRow, transformerRow } from './testing/small-grids';

/** `mv` over `t1` to `a`; `a`-`b`-`c` with a tie `a`-`c` that switch `s` keeps open. */
const FILE = {
  schema: 'flexledger-grid/1',
  name: 'ring',
  frequencyHz: 50,
  buses: [busRow('mv', 20), ...['a', 'b', 'c'].map((id) => busRow(id, 0.4))],
  lines: [lineRow('ab', 'a', 'b'), lineRow('bc', 'b', 'c'), lineRow('ac', 'a', 'c')],
  transformers: [transformerRow('t1', 'mv', 'a')],
  loads: [],
  staticGenerators: [],
  shunts: [],
  switches: [{ id: 's', kind: 'line', line: 'ac', closed: false }],
  pods: [],
  externalGrid: { bus: 'mv', vmPu: 1, vaDegree: 0 },
};
const RING = parseNetwork(FILE);

const closed = (id: string): SwitchPosition => ({
  elementType: 'switch',
  elementId: id,
  closed: true,
});
const out = (elementType: 'line' | 'transformer', elementId: string): SwitchPosition => ({
  elementType,
  elementId,
  closed: false,
});

it.each<[string, readonly SwitchPosition[], number, readonly string[]]>([
  ['as it is', [], 0, []],
  ['with the tie closed', [closed('s')], 1, []],
  ['with the tie closed and a line of the ring open', [closed('s'), out('line', 'bc')], 0, []],
  ['with a line open', [out('line', 'bc')], 0, ['c']],
  ['without its transformer', [out('transformer', 't1')], 0, ['a', 'b', 'c']],
])('%s it has so many loops, and so many buses without supply', (_, positions, rings, dead) => {
  const found = connectivityOf(withPositions(RING, positions));
  expect(found).toEqual({ rings, unsuppliedBuses: dead });
});

it('lines side by side are no loop', () => {
  const lines = [...FILE.lines, lineRow('ab2', 'a', 'b')];
  expect(connectivityOf(parseNetwork({ ...FILE, lines })).rings).toBe(0);
});

it('what is switched back is the same again', () => {
  const there = withPositions(RING, [closed('s'), out('line', 'bc')]);
  const back: SwitchPosition[] = [
    { elementType: 'switch', elementId: 's', closed: false },
    { elementType: 'line', elementId: 'bc', closed: true },
  ];
  expect(there).not.toEqual(RING);
  expect(withPositions(there, back)).toEqual(RING);
});

it('an element that the grid does not have is refused by name', () => {
  expect(() => withPositions(RING, [closed('ac')])).toThrow(/switch "ac".*no switch of this grid/);
});
