/** Asks, for who has signed in, for what may need them. What they may not read needs them not. */
import type { Schemas } from '@flexledger/api-client';
import { api, take } from '../data/client';
import type { SignedIn } from '../data/token';
import type { Zone } from '../parts/words';
import { sessionName } from '../sessions/names';
import {
  KINDS_SEEN_TO,
  type Need,
  aggregatorNeeds,
  agreementNeeds,
  gridNeeds,
  haltedNeeds,
} from './needs';

/** Forecasts that are looked at: those of today's and tomorrow's sessions are the last. */
const FORECASTS = 20;
/** Alarms of a kind that are read: as some are seen to, others take their places. */
const ALARMS_OF_A_KIND = 100;

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
    who.role === 'aggregator' ? readAggregatorNeeds(zone) : [],
  ]);
  return [...halted, ...grid, ...agreements, ...portfolio];
}

async function readAggregatorNeeds(zone: Zone): Promise<readonly Need[]> {
  const [alarms, { items: open }] = await Promise.all([
    readAlarms(),
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
  return aggregatorNeeds({ alarms, open: withOffers }, zone);
}

/** The newest first. By kind: those that nobody can see to are far more, and would take their places. */
async function readAlarms(): Promise<readonly Schemas['AlarmDocument'][]> {
  const pages = await Promise.all(
    KINDS_SEEN_TO.map((kind) => {
      const query = { limit: ALARMS_OF_A_KIND, status: 'open', kind } as const;
      return take(api.GET('/api/v1/portfolio/alarms', { params: { query } }));
    }),
  );
  return pages
    .flatMap(({ items }) => items)
    .sort((a, b) => Date.parse(b.raisedAt) - Date.parse(a.raisedAt));
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
