import { DomainError } from '../log/decider';
import { columnsFromInstance, OfferKind, podLimitAt } from './columns';
import { parseClearingInstance } from './instance';
import { smallDocument, smallInstance } from './testing/small-instance';

const single = { pod: 'A', quantityW: [100], priceMicroEurPerKwh: [50_000] };
const block = {
  pod: 'A',
  kind: 'block',
  divisible: false,
  quantityW: 100,
  priceMicroEurPerKwh: 50_000,
  durationMtus: 2,
  window: [1, 3],
};
const fourMtus = { quantityW: [1, 2, 3, 4] };

/** The fields that a document is refused for. */
function wrongFields(document: unknown): string[] {
  try {
    parseClearingInstance(document);
    return [];
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    expect(error.code).toBe('bad-clearing-instance');
    expect(error.message).toContain(error.violations[0]!.field);
    return error.violations.map(({ field }) => field);
  }
}

describe('parseClearingInstance', () => {
  it('reads the instance form and fills in what is optional', () => {
    const instance = smallInstance([{ quantityW: [500] }], [single]);
    expect(instance.offers[0]).toMatchObject({ reliability: 500, minQuantityW: 0 });
    expect(instance.requests[0]).toMatchObject({ pom: 'POM0', priceCapMicroEurPerKwh: null });
    expect(instance.podLimits.get('A')).toEqual({ upW: 1000, downW: 1000 });
  });

  it('takes a block as indivisible, and an offer of no aggregator, where nothing is said', () => {
    const offer = { id: 'O0', pod: 'A', pom: 'POM0', product: 'P', direction: 'up', kind: 'block' };
    const document = {
      mtus: 2,
      podLimits: { A: { upW: 1, downW: 1 } },
      requests: [],
      offers: [{ ...offer, quantityW: 1, priceMicroEurPerKwh: 1, durationMtus: 1, window: [0, 1] }],
    };
    expect(parseClearingInstance(document).offers[0]).toMatchObject({
      divisible: false,
      aggregator: '',
      minQuantityW: 0,
      reliability: 500,
    });
  });

  it('leaves unknown fields of the document alone, such as `expected`', () => {
    const document = { ...smallDocument([{ quantityW: [5] }], [single]), expected: {} };
    expect(wrongFields(document)).toEqual([]);
  });

  it.each([
    ['no object at all', 'instance', 7],
    ['a list', 'instance', []],
  ])('refuses %s', (_what, field, document) => {
    expect(wrongFields(document)).toContain(field);
  });

  it.each([
    ['a quantity that is no whole number', 'offers[0].quantityW[0]', { quantityW: [1.5] }],
    ['a negative quantity', 'offers[0].quantityW[0]', { quantityW: [-1] }],
    ['a quantity beyond 32 bits', 'offers[0].quantityW[0]', { quantityW: [2 ** 31] }],
    ['a quantity that is text', 'offers[0].quantityW[0]', { quantityW: ['100'] }],
    ['too many quantities', 'offers[0].quantityW', { quantityW: [1, 2] }],
    ['too few prices', 'offers[0].priceMicroEurPerKwh', { priceMicroEurPerKwh: [] }],
    ['a negative price', 'offers[0].priceMicroEurPerKwh[0]', { priceMicroEurPerKwh: [-5] }],
    ['an unknown kind', 'offers[0].kind', { kind: 'curve' }],
    ['an unknown product', 'offers[0].product', { product: 'S' }],
    ['a direction sideways', 'offers[0].direction', { direction: 'left' }],
    ['a divisible that is no boolean', 'offers[0].divisible', { divisible: 'yes' }],
    ['a reliability above 1000', 'offers[0].reliability', { reliability: 1001 }],
    ['a misspelt field', 'offers[0].minQuantity', { minQuantity: 5 }],
    ['a PoD without limits', 'offers[0].pod', { pod: 'Z', pom: 'POM0' }],
    ['an empty id', 'offers[0].id', { id: '' }],
  ])('refuses an offer with %s, naming %s', (_what, field, change) => {
    const document = smallDocument([{ quantityW: [5] }], [{ ...single, ...change }]);
    expect(wrongFields(document)).toContain(field);
  });

  it.each([
    ['both scopes', 'requests[0].pods', { pods: ['A'], pom: 'POM0' }],
    ['an unknown requester', 'requests[0].requester', { requester: 'BRP' }],
    ['a fractional cap', 'requests[0].priceCapMicroEurPerKwh', { priceCapMicroEurPerKwh: 0.5 }],
  ])('refuses a request with %s, naming %s', (_what, field, change) => {
    const request = { quantityW: [5], ...change } as Parameters<typeof smallDocument>[0][0];
    expect(wrongFields(smallDocument([request], []))).toContain(field);
  });

  it.each([
    ['a window outside the session', 'offers[0].window[1]', { window: [2, 4] }],
    ['a window back to front', 'offers[0].window[1]', { window: [3, 2] }],
    ['a duration longer than its window', 'offers[0].durationMtus', { durationMtus: 4 }],
    ['an unknown field', 'offers[0].energyLimit', { energyLimit: 5 }],
  ])('refuses a block with %s, naming %s', (_what, field, change) => {
    expect(wrongFields(smallDocument([fourMtus], [{ ...block, ...change }]))).toContain(field);
  });

  it('refuses repeated ids and a PoD under two PoMs', () => {
    const document = smallDocument(
      [{ quantityW: [5] }],
      [single, { ...single, id: 'O0', pom: 'POM1' }],
    );
    expect(wrongFields(document)).toEqual(['offers[1].id', 'offers[1].pom']);
  });

  it('refuses a limit that is missing or misspelt', () => {
    const document = smallDocument([{ quantityW: [5] }], [single], { A: { upW: 5, downKw: 1 } });
    expect(wrongFields(document)).toEqual(['podLimits.A.downKw', 'podLimits.A.downW']);
  });

  it('takes a limit for each MTU, and refuses too many, too few or wrong ones', () => {
    const withLimit = (upW: unknown): unknown =>
      smallDocument([{ quantityW: [5, 5] }], [], { A: { upW, downW: 1000 } });
    expect(parseClearingInstance(withLimit([1, 2])).podLimits.get('A')!.upW).toEqual([1, 2]);
    expect(wrongFields(withLimit([1]))).toEqual(['podLimits.A.upW']);
    expect(wrongFields(withLimit([1, 2, 3]))).toEqual(['podLimits.A.upW']);
    expect(wrongFields(withLimit([1, -2]))).toEqual(['podLimits.A.upW[1]']);
  });
});

describe('columnsFromInstance', () => {
  it('counts both products within the limit of active power where reactive power has none', () => {
    const limits = { B: { upW: 7, downW: 8, upVar: 1, downVar: 2 } };
    const columns = columnsFromInstance(smallInstance([{ quantityW: [5] }], [single], limits));
    const limitsOf = (pod: number): number[] =>
      [0, 1, 2, 3].map((market) => columns.podLimitW[market * columns.podCount + pod]!);
    expect(limitsOf(0)).toEqual([1000, 1000, 1000, 1000]);
    expect(limitsOf(1)).toEqual([7, 8, 1, 2]);
    expect([...columns.podSharesLimit.subarray(0, 2)]).toEqual([1, 0]);
  });

  it('keeps limits by MTU apart from those that hold throughout', () => {
    const limits = { B: { upW: [7, 9], downW: 8, downVar: [0, 3] } };
    const columns = columnsFromInstance(smallInstance([{ quantityW: [5, 5] }], [], limits));
    const limitsOf = (pod: number, mtu: number): number[] =>
      [0, 1, 2, 3].map((market) => podLimitAt(columns, market * columns.podCount + pod, mtu));
    expect(limitsOf(0, 1)).toEqual([1000, 1000, 1000, 1000]);
    expect(limitsOf(1, 0)).toEqual([7, 8, 7, 0]);
    expect(limitsOf(1, 1)).toEqual([9, 8, 9, 3]);
    expect(columns.podLimitByMtuW.size).toBe(3);
  });

  it('drops a quantity below its own minimum, which could never be accepted', () => {
    const offer = {
      ...single,
      quantityW: [100, 300],
      minQuantityW: 200,
      priceMicroEurPerKwh: [1, 1],
    };
    const columns = columnsFromInstance(smallInstance([{ quantityW: [5, 5] }], [offer]));
    expect([...columns.quantityW]).toEqual([0, 300]);
  });

  it('keeps a block within its energy limit: less power if it is divisible, else none', () => {
    const offers = [
      { ...block, energyLimitWh: 50 },
      { ...block, energyLimitWh: 49 },
      { ...block, energyLimitWh: 49, divisible: true },
    ];
    const columns = columnsFromInstance(smallInstance([fourMtus], offers));
    expect([...columns.offerKind]).toEqual([
      OfferKind.block,
      OfferKind.block,
      OfferKind.divisibleBlock,
    ]);
    const atMtu = (mtu: number): number[] => [...columns.quantityW.subarray(mtu * 3, mtu * 3 + 3)];
    expect(atMtu(0)).toEqual([0, 0, 0]);
    expect(atMtu(1)).toEqual([100, 0, 98]);
    expect(atMtu(3)).toEqual([100, 0, 98]);
  });
});
