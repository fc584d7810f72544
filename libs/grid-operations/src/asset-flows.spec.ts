/** What assets are to a grid, and the power that a forecast lets flow through them. */
import { categoryOf, forecastFlowsW } from './asset-flows';
import { feederFile, operated } from './testing/lv-feeder';

const grid = operated(feederFile([0, 1].map((parent) => ({ parent, rOhm: 0.01 }))));
const { network } = grid.compiled;
/** Withdrawn at the last bus, W. */
const drawn = (watts: number) => ({
  mtuCount: 2,
  busW: network.buses.map(({ id }) => [0, id === 'n2' ? watts : 0]),
  busVar: network.buses.map(() => [0, 0]),
});

it('by what supplies them and what they supply', () => {
  const categories = ['mv', 't1', 'l1', 'n1', 'nowhere'].map((id) => categoryOf(network, id));
  expect(categories).toEqual([
    'primarySubstation',
    'secondarySubstation',
    'line',
    undefined,
    undefined,
  ]);
  const high = { ...network, buses: network.buses.map((bus) => ({ ...bus, vnKv: 60 })) };
  expect(categoryOf(high, 't1')).toBe('primarySubstation');
});

it('what is drawn flows in at one end and out at the other, losses more from above', () => {
  const places = [
    { assetId: 'l2', side: 'from' },
    { assetId: 'l2', side: 'to' },
    { assetId: 't1', side: 'from' },
    { assetId: 'n2', side: null },
    { assetId: 'mv', side: null },
    { assetId: 'gone', side: 'from' },
  ] as const;
  const [into, out, above, injected, supplied, gone] = forecastFlowsW(
    grid,
    drawn(8_000),
    1,
    places,
  );
  expect(out).toBe(-8_000);
  expect(injected).toBe(-8_000);
  expect(into).toBeGreaterThan(8_000);
  expect(above).toBeGreaterThan(into!);
  expect(supplied).toBe(above);
  expect(gone).toBeNull();
});

it('a forecast without a solution says nothing', () => {
  expect(forecastFlowsW(grid, drawn(80_000_000), 1, [{ assetId: 'l1', side: 'from' }])).toEqual([
    null,
  ]);
});
