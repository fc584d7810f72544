/** Bids that are larger than one request: nothing is lost, nothing is named wrongly. */
import { DomainError, type FlexibilityOffer } from '@flexledger/domain';
import { bidParts, refusedBid, rowsOfBid, rowsRefusedWhole } from './bid-parts';
import { httpOrders } from './http-orders';
import type { PlatformCall, PlatformClient } from './platform-client';

const offer = (offerId: string, mtus = 96): FlexibilityOffer => ({
  kind: 'single',
  offerId,
  podId: offerId,
  product: 'P',
  direction: 'up',
  quantityW: new Array<number>(mtus).fill(100_000),
  priceMicroEurPerKwh: new Array<number>(mtus).fill(100_000),
  divisible: true,
  minQuantityW: 0,
});
const offers = (count: number): FlexibilityOffer[] =>
  Array.from({ length: count }, (_, row) => offer(`o${row}`));

describe('a bid in parts', () => {
  it.each([0, 1, 10])('is itself where it fits: %i rows', (count) => {
    const rows = offers(count);
    expect(bidParts({ bidId: 'b', offers: rows })).toEqual([{ bidId: 'b', offers: rows, from: 0 }]);
  });

  it('holds every row once, in order, in requests below 2 MiB', () => {
    const rows = offers(5_000);
    const parts = bidParts({ bidId: 'b', offers: rows });
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.flatMap((part) => part.offers)).toEqual(rows);
    expect(new Set(parts.map(({ bidId }) => bidId)).size).toBe(parts.length);
    for (const part of parts) {
      expect(JSON.stringify(part).length).toBeLessThan(2 * 1_024 * 1_024);
      expect(rows[part.from]).toBe(part.offers[0]);
    }
  });

  it('of small rows holds at most as many as the market takes', () => {
    const rows = Array.from({ length: 25_000 }, () => offer('o', 1));
    const counts = bidParts({ bidId: 'b', offers: rows }).map((part) => part.offers.length);
    expect(Math.max(...counts)).toBeLessThanOrEqual(10_000);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(25_000);
  });

  it('names refused rows by where they stand in the whole bid', () => {
    const part = { bidId: 'b/1', offers: [offer('x'), offer('y')], from: 40 };
    expect(rowsOfBid([{ index: 1, offerId: 'y', reason: 'late' }], part)).toEqual([
      { index: 41, offerId: 'y', reason: 'late' },
    ]);
    const whole = new DomainError('bid-refused', 'No row stands.', [
      { field: 'offers[0]', reason: 'foreign' },
    ]);
    const rows = rowsRefusedWhole(whole, part);
    expect(rows).toEqual([
      { index: 40, offerId: 'x', reason: 'foreign' },
      { index: 41, offerId: 'y', reason: 'foreign' },
    ]);
    expect(refusedBid('b', rows)).toMatchObject({
      code: 'bid-refused',
      violations: [
        { field: 'offers[40]', reason: 'foreign' },
        { field: 'offers[41]', reason: 'foreign' },
      ],
    });
  });
});

describe('sent over HTTP', () => {
  const context = { commandId: 'c', correlationId: 'c', causationId: 'c', actor: 'aggregator:A' };

  /** A market that takes a request, refuses it whole, or refuses its first row. */
  async function send(fates: readonly ('taken' | 'refused' | 'first')[]) {
    const calls: PlatformCall[] = [];
    const call = (async (sent: PlatformCall) => {
      const fate = fates[calls.length];
      calls.push(sent);
      if (fate === 'refused') throw new DomainError('bid-refused', 'No row stands: bad.');
      return { refused: fate === 'first' ? [{ index: 0, offerId: 'first', reason: 'bad' }] : [] };
    }) as PlatformClient;
    const rows = offers(3_000);
    const parts = bidParts({ bidId: 'b', offers: rows });
    expect(parts).toHaveLength(fates.length);
    const bid = { bidId: 'b', aggregatorId: 'A', offers: rows };
    return { parts, calls, answer: httpOrders(call).offerFlexibility('s', bid, context) };
  }

  it('gives each part an id of its own, and all refused rows together', async () => {
    const { parts, calls, answer } = await send(['first', 'taken', 'refused']);
    const refused = await answer;
    const last = parts[2]!;
    expect(refused.map(({ index }) => index)).toEqual([
      0,
      ...last.offers.map((_, row) => last.from + row),
    ]);
    expect(new Set(calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(3);
    expect(calls[0]!.idempotencyKey).toBe('c');
  });

  it('is refused where no part stands', async () => {
    const { answer } = await send(['refused', 'refused', 'refused']);
    await expect(answer).rejects.toMatchObject({ code: 'bid-refused' });
  });
});
