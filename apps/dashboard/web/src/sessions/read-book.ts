/** Reads what one may of a session: requests are their operators' own, offers their aggregators', the overseers see all. */
import { api, take, takeAll } from '../data/client';
import { Problem } from '../data/problem';
import { signIn } from '../data/sign-in.svelte';
import type { SessionBook } from './session-rows';

const PAGE = 1_000;

/** @throws Problem where there is no such session, or one may read none */
export async function readBook(sessionId: string): Promise<SessionBook> {
  const path = { sessionId };
  const pageOf = (cursor: string | undefined) => ({
    params: { path, query: { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) } },
  });
  const may = signIn.may;
  const role = signIn.who?.role ?? '';
  const session = await take(api.GET('/api/v1/sessions/{sessionId}', { params: { path } }));
  const isPublished = session.publishedAt !== null;
  const [requests, offers, cleared, outcomes, settled] = await Promise.all([
    may('orders:read') && ['operator', 'auditor', 'dso', 'tso'].includes(role)
      ? takeAll((cursor) => take(api.GET('/api/v1/sessions/{sessionId}/requests', pageOf(cursor))))
      : null,
    may('orders:read') && ['operator', 'auditor', 'aggregator'].includes(role)
      ? takeAll((cursor) => take(api.GET('/api/v1/sessions/{sessionId}/offers', pageOf(cursor))))
      : null,
    may('outcomes:read') && session.clearing !== null ? readCleared(sessionId) : null,
    may('results:read') && isPublished
      ? takeAll((cursor) => take(api.GET('/api/v1/sessions/{sessionId}/outcomes', pageOf(cursor))))
      : null,
    may('settlements:read') && isPublished
      ? orNone(
          takeAll((cursor) =>
            take(api.GET('/api/v1/sessions/{sessionId}/settlement/rows', pageOf(cursor))),
          ),
        )
      : null,
  ]);
  return { session, requests, offers, cleared, outcomes, settled };
}

/** Rows of the first outcome, as the market cleared it. */
async function readCleared(sessionId: string) {
  const params = { path: { sessionId, round: 0 } };
  const address = '/api/v1/sessions/{sessionId}/outcomes-to-validate/{round}';
  const answer = await orNone(take(api.GET(address, { params })).then(({ rows }) => rows));
  return answer;
}

/** Null for what is not there yet. */
async function orNone<Value>(asked: Promise<Value>): Promise<Value | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Problem && (error.status === 404 || error.status === 409)) return null;
    throw error;
  }
}
