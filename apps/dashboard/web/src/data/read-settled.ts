/** Reads what was settled of one's own, month by month of delivery. */
import { type Settled, monthsOf } from '../parts/earnings';
import { api, take } from './client';

/** So many months at most. */
export const MONTHS_AT_MOST = 24;

/** Sessions of the days `from` to `to`, both of them included. */
export async function readSettled(from: string, to: string): Promise<readonly Settled[]> {
  const answers = await Promise.all(
    monthsOf(from, to, MONTHS_AT_MOST).map((period) =>
      take(api.GET('/api/v1/settlements', { params: { query: { period } } })),
    ),
  );
  return answers
    .flatMap(({ items }) => items)
    .filter(({ deliveryDay }) => deliveryDay >= from && deliveryDay <= to);
}
