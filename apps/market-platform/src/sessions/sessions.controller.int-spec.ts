/** The calendar by REST: who sees what, and how a session is ended. */
import { type ServedMarket, expectAnswers } from '../testing/served-market';
import { DAY, DAY_AHEAD, SESSIONS, openTradingDay } from '../testing/trading-day';

let served: ServedMarket;
beforeAll(async () => {
  served = await openTradingDay();
});
afterAll(() => served.close());

const one = `/api/v1/sessions/${encodeURIComponent(DAY_AHEAD.sessionId)}`;

it('lists the sessions of a day for everybody, page by page', async () => {
  const seen: unknown[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const query: string = `date=${DAY}&limit=3${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
    const { body } = await served.send('aggregator:AGG3', 'GET', `/api/v1/sessions?${query}`);
    const { items, next } = body as { items: { sessionId: string }[]; next: string | null };
    seen.push(...items.map(({ sessionId }) => sessionId));
    cursor = next;
  }
  expect(seen.sort()).toEqual(SESSIONS.map(({ sessionId }) => sessionId).sort());
});

it('shows one without its order book', async () => {
  const { body } = await served.send('tso', 'GET', one);
  expect(body).toMatchObject({ sessionId: DAY_AHEAD.sessionId, status: 'open', requests: 0 });
  expect(body).not.toHaveProperty('unfinished');
});

it('answers each with what it may', () =>
  expectAnswers(served, [
    [undefined, `GET ${one}`, undefined, 401, 'invalid-token'],
    ['dso', 'GET /api/v1/sessions/never', undefined, 404, 'session-unknown'],
    ['dso', 'GET /api/v1/sessions?date=today', undefined, 400, 'input-malformed'],
    ['dso', 'GET /api/v1/sessions?status=lost', undefined, 400, 'input-malformed'],
    ['dso', 'GET /api/v1/sessions?cursor=x', undefined, 400, 'query-malformed'],
    ['dso', `POST ${one}/cancellation`, { reason: 'a test' }, 403, 'forbidden'],
    ['operator', `POST ${one}/cancellation`, { reason: '' }, 400, 'input-malformed'],
    [
      'operator',
      'POST /api/v1/sessions/never/cancellation',
      { reason: 'a' },
      404,
      'session-unknown',
    ],
    ['operator', `POST ${one}/cancellation`, { reason: 'a test' }, 200],
    ['operator', `POST ${one}/cancellation`, { reason: 'again' }, 200],
  ]));

it('keeps the first reason of a cancellation', async () => {
  expect((await served.send('dso', 'GET', one)).body).toMatchObject({
    status: 'cancelled',
    cancelledBecause: 'a test',
  });
});
