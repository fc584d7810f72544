import { flowOf, withLineSwitched } from './flow';

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
  const closed = withLineSwitched(published, 'tie');
  const ring = flowOf(closed, forecast, []);
  expect(ring.lineShare(1, 1)).toBeLessThan(flowOf(published, forecast, []).lineShare(1, 1));
  const again = withLineSwitched(closed, 'tie');
  expect(flowOf(again, forecast, []).lineShare(1, 1)).toBeCloseTo(
    flowOf(published, forecast, []).lineShare(1, 1),
    9,
  );
});
