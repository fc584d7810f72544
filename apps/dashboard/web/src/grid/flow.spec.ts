import { parseNetwork } from '@flexledger/grid';
import { flowOf, turnOf, withPositionsOf } from './flow';

const line = (id: string, from: string, to: string, inService = true) => ({
  id,
  name: '',
  from,
  to,
  rOhm: 0.5,
  xOhm: 0.3,
  cNf: 0,
  maxIKa: 0.1,
  inService,
});
const published = {
  gridId: 'small',
  digest: '00',
  model: {
    schema: 'flexledger-grid/1',
    name: 'small',
    title: 'Three buses',
    source: 'this test',
    frequencyHz: 50,
    buses: ['b0', 'b1', 'b2'].map((id) => ({ id, name: '', vnKv: 10, vMinPu: null, vMaxPu: null })),
    lines: [line('l1', 'b0', 'b1'), line('l2', 'b1', 'b2'), line('tie', 'b0', 'b2', false)],
    transformers: [],
    loads: [],
    staticGenerators: [],
    shunts: [],
    switches: [],
    externalGrid: { bus: 'b0', vmPu: 1, vaDegree: 0 },
    pods: [{ id: 'POD', bus: 'b2' }],
  },
  limits: {
    vMinPerMille: 990,
    vMaxPerMille: 1_100,
    lineLimitA: {},
    transformerLimitPerMille: 1_200,
    note: '',
  },
};
const forecast = {
  mtuCount: 2,
  busW: [
    [0, 0],
    [0, 0],
    [500_000, 2_000_000],
  ],
  busVar: [
    [0, 0],
    [0, 0],
    [0, 0],
  ],
};
const sold = {
  offerId: 'o',
  requestId: 'r',
  podId: 'POD',
  aggregatorId: 'AGG1',
  requester: 'DSO' as const,
  product: 'P' as const,
  direction: 'up' as const,
  firstMtu: 1,
  acceptedW: [1_000_000],
  priceMicroEurPerKwh: [1],
};

it('finds the line that carries too much, and that what is sold relieves it', () => {
  const before = flowOf(published, forecast, []);
  expect(before.lineShare(1, 1)).toBeGreaterThan(1);
  expect(before.vmPu(1, 2)).toBeLessThan(before.vmPu(1, 1));
  expect([before.passed[0], before.passed[1]! > 0, before.unsolved.size]).toEqual([0, true, 0]);
  const after = flowOf(published, forecast, [sold]);
  expect(after.lineShare(1, 1)).toBeCloseTo(before.lineShare(1, 1) / 2, 1);
  expect(after.lineShare(0, 1)).toBe(before.lineShare(0, 1));
});

it('a tie that is closed takes a part of it, and can be opened again', () => {
  const turn = turnOf(parseNetwork(published.model), 'tie');
  expect(turn).toEqual({ elementType: 'line', elementId: 'tie', closed: true });
  const closed = withPositionsOf(published, [turn]);
  const ring = flowOf(closed, forecast, []);
  expect(ring.lineShare(1, 1)).toBeLessThan(flowOf(published, forecast, []).lineShare(1, 1));
  const again = withPositionsOf(closed, [{ ...turn, closed: false }]);
  expect(flowOf(again, forecast, []).lineShare(1, 1)).toBeCloseTo(
    flowOf(published, forecast, []).lineShare(1, 1),
    9,
  );
});

it('a line with switches on it is turned by them, the open one first', () => {
  const on = (id: string, closed: boolean) => ({ id, name: '', kind: 'line', line: 'l2', closed });
  const turned = (...switches: object[]) =>
    turnOf(parseNetwork({ ...published.model, switches, pods: [] }), 'l2');
  expect(turned(on('s1', true), on('s2', true))).toEqual({
    elementType: 'switch',
    elementId: 's1',
    closed: false,
  });
  expect(turned(on('s1', true), on('s2', false))).toMatchObject({ elementId: 's2', closed: true });
});
