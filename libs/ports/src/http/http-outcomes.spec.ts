/** An outcome that comes in several answers, and answers that cannot be pages of one. */
import { testContext } from '../testing/expectations';
import { httpOutcomes } from './http-outcomes';
import { type PlatformCall, PlatformUnavailable } from './platform-client';

/** A market whose outcome has so many rows, which gives at most so many at once. */
function marketOf(count: number, atOnce: number) {
  const asked: string[] = [];
  const call = async ({ path }: PlatformCall): Promise<unknown> => {
    asked.push(path);
    const from = Number(new URL(path, 'http://market').searchParams.get('from'));
    const end = Math.min(from + atOnce, count);
    const rows = Array.from({ length: end - from }, (_, index) => ({ offerId: `${from + index}` }));
    return { rows, sold: from === 0 ? ['sold'] : [], next: end < count ? end : null };
  };
  return { asked, outcome: () => httpOutcomes(call as never).outcome('S', 0) };
}

it('is asked for to its end, its rows in their order', async () => {
  const { asked, outcome } = marketOf(5, 2);
  const { rows, sold } = await outcome();
  expect(rows.map(({ offerId }) => offerId)).toEqual(['0', '1', '2', '3', '4']);
  expect(sold).toEqual(['sold']);
  expect(asked).toHaveLength(3);
});

it('a market that names no next row has given all', async () => {
  const answer = { rows: [{ offerId: '0' }], sold: [] };
  const outcome = await httpOutcomes((async () => answer) as never).outcome('S', 0);
  expect(outcome).toEqual(answer);
});

it.each([0, 2, -1, 'next', {}])('a next row that does not follow (%j) is refused', async (next) => {
  const answer = { rows: [{ offerId: '0' }], sold: [], next };
  const outcome = httpOutcomes((async () => answer) as never).outcome('S', 0);
  await expect(outcome).rejects.toThrow(PlatformUnavailable);
});

it('an answer without rows has no next one', async () => {
  const answer = { rows: [], sold: [], next: 0 };
  const outcome = httpOutcomes((async () => answer) as never).outcome('S', 0);
  await expect(outcome).rejects.toThrow('names another as the next');
});

it('sends an answer that is longer than one text by the line', async () => {
  const sent: { readonly path: string; readonly body?: object; readonly lines?: object[] }[] = [];
  const outcomes = httpOutcomes((async (call: (typeof sent)[number]) => {
    sent.push(call);
    return { outcomeId: 'S/0' };
  }) as never);
  const row = { index: 0, status: 'KO', permittedW: new Array<number>(96).fill(0) } as const;
  const rows = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...row, index, violatedElement: 'line-4' }));
  const context = testContext('c', 'dso');
  await outcomes.answer('S', { outcomeId: 'S/0', exceptions: rows(10) }, context);
  await outcomes.answer('S', { outcomeId: 'S/0', exceptions: rows(10_000) }, context);
  expect(sent[0]).toMatchObject({ path: '/api/v1/sessions/S/validation' });
  expect(sent[1]).toMatchObject({ path: '/api/v1/sessions/S/validation/rows?outcomeId=S%2F0' });
  expect([sent[0]!.lines, sent[1]!.body]).toEqual([undefined, undefined]);
  expect(sent[1]!.lines).toHaveLength(10_000);
});
