import { clearByMeritOrder, DEFAULT_CLEARING_PARAMETERS } from './clear';
import { columnsFromInstance, type ClearingColumns } from './columns';
import { BINDINGS, explainOffer, explainRequests, type LossReason } from './explain';
import type { Allocation } from './merit-order';
import { pricesOf } from './pricing';
import { smallInstance } from './testing/small-instance';

/** Goal: an SO learns what bound its request, and every bidder why it lost. */
const line = (pod: string, quantityW: number, price: number, more: object = {}) => ({
  pod,
  quantityW: [quantityW],
  priceMicroEurPerKwh: [price],
  ...more,
});

function cleared(...lines: Parameters<typeof smallInstance>): {
  columns: ClearingColumns;
  allocation: Allocation;
} {
  const columns = columnsFromInstance(smallInstance(...lines));
  const { allocation } = clearByMeritOrder(columns, DEFAULT_CLEARING_PARAMETERS)!;
  return { columns, allocation };
}

/** Nothing accepted but what is listed: `[offer, request, quantityW]` in one MTU. */
function allocationOf(...rows: readonly (readonly [number, number, number])[]): Allocation {
  return [
    {
      offer: Uint32Array.from(rows, ([offer]) => offer),
      request: Uint32Array.from(rows, ([, request]) => request),
      quantityW: Int32Array.from(rows, ([, , quantityW]) => quantityW),
    },
  ];
}

function binding(columns: ClearingColumns, allocation: Allocation): (string | undefined)[] {
  return [...explainRequests(columns, allocation).binding].map((code) => BINDINGS[code]);
}

function why(columns: ClearingColumns, allocation: Allocation, offer: number): LossReason | null {
  const requests = explainRequests(columns, allocation);
  return explainOffer(columns, allocation, requests, offer, 0).reason;
}

describe('what binds a request', () => {
  it('is what it asked for, when it got it', () => {
    const { columns, allocation } = cleared(
      [{ quantityW: [100] }, { quantityW: [0] }],
      [line('A', 300, 5)],
    );
    expect(binding(columns, allocation)).toEqual(['requestedQuantity', 'nothingRequested']);
  });

  it('is the lack of offers, when all in its scope are taken', () => {
    const { columns, allocation } = cleared([{ quantityW: [100] }], [line('A', 30, 5)]);
    expect(binding(columns, allocation)).toEqual(['noMoreOffers']);
  });

  it('is the limit that the PoD has in this MTU, though in others it has more', () => {
    const { columns, allocation } = cleared(
      [{ quantityW: [100, 100] }],
      [{ pod: 'A', quantityW: [100, 100], priceMicroEurPerKwh: [5, 5] }],
      { A: { upW: [40, 100], downW: 0 } },
    );
    expect(binding(columns, allocation)).toEqual(['podLimit', 'requestedQuantity']);
    expect(why(columns, allocation, 0)).toBe('podLimit');
  });

  it('is its cap, when offers are left above it', () => {
    const { columns, allocation } = cleared(
      [{ quantityW: [100], priceCapMicroEurPerKwh: 4 }],
      [line('A', 30, 5)],
    );
    expect(binding(columns, allocation)).toEqual(['cap']);
  });

  it('is a PoD limit, when offers are left that their PoD cannot deliver', () => {
    const { columns, allocation } = cleared([{ quantityW: [100] }], [line('A', 30, 5)], {
      A: { upW: 20, downW: 0 },
    });
    expect(binding(columns, allocation)).toEqual(['podLimit']);
  });

  it('is the other direction, when the PoD was accepted there', () => {
    const lines = [line('A', 30, 5), line('A', 40, 5, { direction: 'down' })];
    const requests = [{ quantityW: [100] }, { direction: 'down' as const, quantityW: [40] }];
    const columns = columnsFromInstance(smallInstance(requests, lines));
    const expected = ['podDirection', 'requestedQuantity'];
    expect(binding(columns, allocationOf([1, 1, 40]))).toEqual(expected);
  });

  it('is indivisibility, when what is left does not fit', () => {
    const lines = [line('A', 300, 5, { divisible: false })];
    const columns = columnsFromInstance(smallInstance([{ quantityW: [100] }], lines));
    expect(binding(columns, allocationOf())).toEqual(['discrete']);
  });

  it('comes with the price of the dearest accepted part', () => {
    const { columns, allocation } = cleared(
      [{ quantityW: [100] }, { product: 'Q', quantityW: [5] }],
      [line('A', 30, 5), line('B', 90, 8)],
    );
    const { marginalPriceMicroEurPerKwh, servedW } = explainRequests(columns, allocation);
    expect([...marginalPriceMicroEurPerKwh]).toEqual([8, -1]);
    expect([...servedW]).toEqual([100, 0]);
  });
});

describe('why an offer lost', () => {
  const request = { quantityW: [100] };

  it('is nothing, when it was accepted whole', () => {
    const { columns, allocation } = cleared([request], [line('A', 30, 5)]);
    expect(why(columns, allocation, 0)).toBeNull();
  });

  it('is that nobody asked there', () => {
    const { columns, allocation } = cleared(
      [request],
      [line('E', 30, 5), line('A', 9, 5, { product: 'Q' })],
    );
    expect([0, 1].map((offer) => why(columns, allocation, offer))).toEqual([
      'noRequestInScope',
      'noRequestInScope',
    ]);
  });

  it('is its price: above the cap, or above the last accepted', () => {
    const { columns, allocation } = cleared(
      [{ ...request, priceCapMicroEurPerKwh: 8 }],
      [line('A', 200, 5), line('B', 30, 7), line('C', 30, 9)],
    );
    const requests = explainRequests(columns, allocation);
    expect(explainOffer(columns, allocation, requests, 1, 0)).toEqual({
      offeredW: 30,
      acceptedW: 0,
      reason: 'dearerThanLastAccepted',
      lastAcceptedPriceMicroEurPerKwh: 5,
    });
    expect(why(columns, allocation, 2)).toBe('cap');
  });

  it('is that others of the same price came first', () => {
    const { columns, allocation } = cleared([request], [line('A', 100, 5), line('B', 30, 5)]);
    expect(why(columns, allocation, 1)).toBe('requestServed');
  });

  it('is the limit of its PoD, or the direction it was accepted in', () => {
    const limited = cleared([request], [line('A', 30, 5)], { A: { upW: 20, downW: 0 } });
    expect(why(limited.columns, limited.allocation, 0)).toBe('podLimit');
    const lines = [line('A', 30, 5), line('A', 40, 5, { direction: 'down' })];
    const both = columnsFromInstance(
      smallInstance([request, { direction: 'down', quantityW: [40] }], lines),
    );
    expect(why(both, allocationOf([1, 1, 40]), 0)).toBe('podDirection');
  });

  it('is that it comes whole or not at all, cheap as it is', () => {
    const lines = [line('A', 300, 5, { divisible: false }), line('B', 100, 9)];
    const columns = columnsFromInstance(smallInstance([request], lines));
    expect(why(columns, allocationOf([1, 0, 100]), 0)).toBe('discrete');
  });

  it('is that the block ran at another time', () => {
    const block = {
      pod: 'A',
      kind: 'block',
      divisible: false,
      quantityW: 50,
      priceMicroEurPerKwh: 3,
      durationMtus: 1,
      window: [0, 1],
    };
    const columns = columnsFromInstance(smallInstance([{ quantityW: [100, 100] }], [block]));
    const allocation = [...allocationOf(), ...allocationOf([0, 0, 50])];
    const requests = explainRequests(columns, allocation);
    expect(explainOffer(columns, allocation, requests, 0, 0).reason).toBe('blockRanElsewhere');
    expect(requests.binding[0]).toBe(BINDINGS.indexOf('noMoreOffers'));
  });
});

describe('prices', () => {
  const { columns, allocation } = cleared(
    [{ quantityW: [100] }],
    [line('A', 30, 5), line('B', 20, 9), line('C', 90, 8)],
  );

  it('are those bid under pay-as-bid', () => {
    expect(pricesOf(columns, allocation, 'payAsBid')).toEqual([Int32Array.of(5, 8)]);
  });

  it('are that of the dearest accepted part under pay-as-clear', () => {
    expect(pricesOf(columns, allocation, 'payAsClear')).toEqual([Int32Array.of(8, 8)]);
  });
});
