/** Asks, for who has signed in, for what may need them. What they may not read needs them not. */
import { api, take } from '../data/client';
import type { SignedIn } from '../data/token';
import type { Zone } from '../parts/words';
import { sessionName } from '../sessions/names';
import { type Need, aggregatorNeeds, agreementNeeds, gridNeeds, haltedNeeds } from './needs';

/** Forecasts that are looked at: those of today's and tomorrow's sessions are the last. */
const FORECASTS = 20;

export async function readNeeds(
  who: SignedIn | undefined,
  zone: Zone,
  nowMs: number,
): Promise<readonly Need[]> {
  if (!who) return [];
  const mayRead = (scope: string): boolean => who.scopes.includes(scope);
  const [halted, grid, agreements, portfolio] = await Promise.all([
    mayRead('processors:read')
      ? take(api.GET('/api/v1/processors', {})).then(({ items }) => haltedNeeds(items))
      : [],
    mayRead('grid:read') ? readGridNeeds(zone, nowMs) : [],
    who.role === 'customer' && mayRead('agreements:read')
      ? take(api.GET('/api/v1/agreements', {})).then(({ items }) => agreementNeeds(items))
      : [],
    who.role === 'aggregator' ? readAggregatorNeeds(zone, nowMs, mayRead) : [],
  ]);
  return [...halted, ...grid, ...agreements, ...portfolio];
}

async function readAggregatorNeeds(
  zone: Zone,
  nowMs: number,
  mayRead: (scope: string) => boolean,
): Promise<readonly Need[]> {
  const [{ items: dispatches }, { items: agreements }, { items: open }] = await Promise.all([
    take(api.GET('/api/v1/portfolio/dispatches', { params: { query: { limit: 10 } } })),
    mayRead('agreements:read')
      ? take(
          api.GET('/api/v1/agreements', { params: { query: { limit: 100, status: 'refused' } } }),
        )
      : { items: [] },
    take(api.GET('/api/v1/sessions', { params: { query: { limit: 20, status: 'open' } } })),
  ]);
  const withOffers = await Promise.all(
    open.map(async (session) => {
      const params = { path: { sessionId: session.sessionId }, query: { limit: 1 } };
      const { items } = await take(api.GET('/api/v1/sessions/{sessionId}/offers', { params }));
      return {
        sessionId: session.sessionId,
        name: sessionName(session, zone),
        gateClosesMs: Date.parse(session.gateClosesAt),
        offers: items.length,
      };
    }),
  );
  return aggregatorNeeds({ dispatches, agreements, open: withOffers }, nowMs, zone);
}

async function readGridNeeds(zone: Zone, nowMs: number): Promise<readonly Need[]> {
  const { items: grids } = await take(api.GET('/api/v1/grids', {}));
  const operated = grids.find(({ isOperated }) => isOperated);
  if (!operated) return [];
  const { gridId } = operated;
  const params = { path: { gridId }, query: { open: 'true' as const, limit: FORECASTS } };
  const { items } = await take(api.GET('/api/v1/grids/{gridId}/violations', { params }));
  const open = await Promise.all(
    items
      .filter(({ openViolations }) => openViolations > 0)
      .map(async ({ sessionId, violations }) => {
        const path = { sessionId };
        const session = await take(api.GET('/api/v1/sessions/{sessionId}', { params: { path } }));
        const startMs = Date.parse(session.deliveryStart);
        return violations.map((violation) => ({ ...violation, gridId, sessionId, startMs }));
      }),
  );
  return gridNeeds(open.flat(), nowMs, zone);
}
