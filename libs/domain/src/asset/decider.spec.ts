/** An aggregator groups its PoDs into assets, and assets into others; never one into itself. */
import { givenOf } from '../testing/decider-spec';
import { ASSET_DEPTH_MAX, ASSETS_MAX, type AssetCommand, assetDecider } from './decider';
import { type Asset, type AssetEvent, podsOfAsset } from './events';

const given = givenOf(assetDecider);
const aggregatorId = 'AGG1';
const [A, B] = ['IT002E60000001', 'IT002E60000002'] as const;
const asset = (assetId: string, parts: Partial<Asset> = {}): Asset => ({
  assetId,
  name: `The ${assetId}`,
  podIds: [],
  assetIds: [],
  ...parts,
});
const define = (of: Asset): AssetCommand => ({ kind: 'defineAsset', aggregatorId, ...of });
const remove = (assetId: string): AssetCommand => ({ kind: 'removeAsset', aggregatorId, assetId });
const defined = (of: Asset): AssetEvent => ({
  type: 'AssetDefined',
  data: { aggregatorId, ...of },
});
const roofs = asset('roofs', { podIds: [A, B] });
const north = asset('north', { assetIds: ['roofs'] });
const stateOf = (...events: AssetEvent[]) =>
  events.reduce(assetDecider.evolve, assetDecider.initialState);
const faultOf = (command: AssetCommand, ...past: AssetEvent[]): unknown => {
  try {
    return assetDecider.decide(command, stateOf(...past));
  } catch (error) {
    return (error as { violations: unknown }).violations;
  }
};

it('defines an asset of PoDs, one of assets, changes it, and leaves what is so already', () => {
  given().when(define(roofs)).then(defined(roofs));
  given(defined(roofs)).when(define(north)).then(defined(north));
  given(defined(roofs))
    .when(define(asset('roofs', { podIds: [B, A] })))
    .then();
  const fewer = { ...roofs, podIds: [A] };
  given(defined(roofs)).when(define(fewer)).then(defined(fewer));
});

it('removes an asset that no other holds', () => {
  given(defined(roofs))
    .when(remove('roofs'))
    .then({ type: 'AssetRemoved', data: { aggregatorId, assetId: 'roofs' } });
  given(defined(roofs), defined(north)).when(remove('roofs')).thenRefused('asset-held');
  given().when(remove('roofs')).thenRefused('asset-unknown');
});

it('says by which way an asset would be in itself', () => {
  const city = asset('city', { assetIds: ['north'] });
  const past = [defined(roofs), defined(north), defined(city)];
  expect(faultOf(define({ ...roofs, assetIds: ['city'] }), ...past)).toEqual([
    {
      field: 'assetIds[0]',
      reason: 'would put roofs in itself: roofs > city > north > roofs',
    },
  ]);
  expect(faultOf(define(asset('self', { assetIds: ['self'] })))).toEqual([
    { field: 'assetIds[0]', reason: 'would put self in itself: self > self' },
  ]);
});

it.each<[string, Asset, string]>([
  ['an id that a formula could not name', asset('a-b', { podIds: [A] }), 'assetId'],
  ['no name', { ...roofs, name: ' ' }, 'name'],
  ['nothing in it', asset('empty'), 'podIds'],
  ['no PoD code', asset('x', { podIds: ['x'] }), 'podIds[0]'],
  ['a PoD twice', asset('x', { podIds: [A, A] }), 'podIds[1]'],
  ['an asset that there is not', asset('x', { assetIds: ['none'] }), 'assetIds[0]'],
  ['too many assets in one', asset('x', { assetIds: new Array(101).fill('roofs') }), 'assetIds'],
  ['too many PoDs in one', asset('x', { podIds: new Array(5_001).fill(A) }), 'podIds'],
])('refuses %s', (_, wrong, field) => {
  given(defined(roofs)).when(define(wrong)).thenRefused('asset-malformed');
  expect(faultOf(define(wrong), defined(roofs))).toEqual(
    expect.arrayContaining([expect.objectContaining({ field })]),
  );
});

it('is not deeper than eight, also where it becomes so from below', () => {
  const chain = Array.from({ length: ASSET_DEPTH_MAX }, (_, at) =>
    defined(asset(`a${at}`, at === 0 ? { podIds: [A] } : { assetIds: [`a${at - 1}`] })),
  );
  given(...chain)
    .when(define(asset('top', { assetIds: [`a${ASSET_DEPTH_MAX - 1}`] })))
    .thenRefused('asset-malformed');
  const below = defined(asset('below', { podIds: [B] }));
  given(...chain, below)
    .when(define(asset('a0', { assetIds: ['below'] })))
    .thenRefused('asset-malformed');
});

it('has an end: the last that there may be', () => {
  const all = Array.from({ length: ASSETS_MAX }, (_, at) =>
    defined(asset(`a${at}`, { podIds: [A] })),
  );
  given(...all)
    .when(define(asset('more', { podIds: [A] })))
    .thenRefused('assets-exhausted');
  const renamed = asset('a0', { podIds: [A], name: 'Other' });
  given(...all)
    .when(define(renamed))
    .then(defined(renamed));
});

it('counts a PoD once, by however many ways it is in', () => {
  const both = asset('both', { podIds: [A], assetIds: ['roofs', 'north'] });
  const state = stateOf(defined(roofs), defined(north), defined(both));
  expect(podsOfAsset(state, 'both')).toEqual([A, B]);
  expect(podsOfAsset(state, 'none')).toEqual([]);
});
