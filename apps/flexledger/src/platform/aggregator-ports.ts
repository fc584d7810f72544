/** How aggregators reach the other platforms of one process: their commands, and the read models. */
import type { AggregatorPorts } from '@flexledger/aggregator-platform';
import {
  type PodCommand,
  type SettlementRow,
  type RulePack,
  type SessionSales,
  DomainError,
  sessionsDelivering,
  standingOffers,
} from '@flexledger/domain';
import { type MarketSessions, salesOf, scheduledSession } from '@flexledger/market-platform';
import type { RegisterAnswer, RegisterPort, ResultsPort, SetpointsPort } from '@flexledger/ports';
import {
  type DocumentStore,
  type Views,
  findSettlementRows,
  getBaselines,
  getSession,
  getSettlement,
  measurementsBetween,
} from '@flexledger/projections';
import type { Census } from '@flexledger/shared-customer-database';
import { podsWhere } from './register-adapters';

export interface AggregatorPortsParts {
  readonly views: Pick<Views, 'documents' | 'runner'>;
  readonly census: Census;
  readonly sessions: MarketSessions;
  readonly setpoints: SetpointsPort;
  readonly dispute: ResultsPort['dispute'];
  readonly rules: RulePack;
}

const PAGE = 1_000;

/** The ports of any aggregator: each call says whose it is. */
export function aggregatorPorts(parts: AggregatorPortsParts): AggregatorPorts {
  const { views, census, sessions, setpoints, dispute, rules } = parts;
  const { documents, runner } = views;
  return {
    register: { ...registerReads(views), submit: ownChanges(census).submit },
    measurements: {
      async quarterHours(podIds, fromMs, untilMs) {
        await runner.catchUp();
        return measurementsBetween(documents, podIds, fromMs, untilMs);
      },
    },
    orders: orders(sessions),
    results: {
      resultsOf: (aggregatorId, deliveryDay) =>
        publishedSales(sessions, rules, aggregatorId, deliveryDay),
      async settledRows(...of) {
        await runner.catchUp();
        return settledRows(documents, ...of);
      },
      dispute,
    },
    setpoints,
  };
}

/** The register as it is read. */
export function registerReads({
  documents,
  runner,
}: Pick<Views, 'documents' | 'runner'>): Pick<RegisterPort, 'podsOf' | 'baselines'> {
  return {
    async podsOf(selection) {
      await runner.catchUp();
      return podsWhere(documents, { ...selection, status: 'registered' });
    },
    async baselines(podIds, deliveryDay) {
      await runner.catchUp();
      const found = await getBaselines(documents, podIds, deliveryDay);
      return found.flatMap((baseline) => {
        if (!baseline) return [];
        const { podId, earlier, declaredAt, baselineW } = baseline;
        return [{ podId, declared: [...earlier, { declaredAt, baselineW }] }];
      });
    },
  };
}

/** The register as an aggregator changes it: its own customers only. */
export function ownChanges(census: Census): Pick<RegisterPort, 'submit'> {
  return {
    async submit(commands, request) {
      const refusals = await Promise.all(
        commands.map((command) => refusalOf(census, command, request.actor)),
      );
      const own = commands.filter((_, index) => refusals[index] === undefined);
      const answers = [...(await census.submit(own, request))];
      return refusals.map((error, index): RegisterAnswer => {
        if (error) return { podId: commands[index]!.podId, accepted: false, error };
        const answer = answers.shift()!;
        if (!answer.accepted) return answer;
        return { podId: answer.podId, accepted: true, changed: answer.position >= 0 };
      });
    },
  };
}

async function refusalOf(
  census: Census,
  { podId }: PodCommand,
  actor: string,
): Promise<DomainError | undefined> {
  const state = await census.podState(podId);
  const aggregatorId = actor.replace(/^aggregator:/, '');
  if (state.status !== 'registered') {
    return new DomainError('pod-unknown', `the PoD is ${state.status}; register it first`);
  }
  if (state.details.aggregatorId === aggregatorId) return undefined;
  const reason = `the PoD is not one of ${aggregatorId}'s; only its own aggregator may do this`;
  return new DomainError('pod-foreign', reason);
}

function orders(sessions: MarketSessions): AggregatorPorts['orders'] {
  return {
    async offerFlexibility(sessionId, bid, context) {
      await sessions.offerFlexibility(sessionId, bid, context);
      const { bids } = await scheduledSession(sessions, sessionId);
      return bids.find(({ bidId }) => bidId === bid.bidId)?.refusedParts.flat() ?? [];
    },
    async withdrawOffers(sessionId, aggregatorId, offerIds, context) {
      await sessions.withdrawOffers(sessionId, aggregatorId, offerIds, context);
    },
    async standingOffers(sessionId, aggregatorId) {
      const offers = standingOffers(await scheduledSession(sessions, sessionId));
      return offers.filter((offer) => offer.aggregatorId === aggregatorId);
    },
  };
}

/** An aggregator's published rows of a delivery day. */
async function publishedSales(
  sessions: MarketSessions,
  rules: RulePack,
  aggregatorId: string,
  deliveryDay: string,
): Promise<SessionSales[]> {
  const results: SessionSales[] = [];
  for (const { sessionId } of sessionsDelivering(deliveryDay, rules)) {
    const session = await sessions.stateOf(sessionId);
    if (session.status !== 'published') continue;
    const sales = salesOf(session);
    const rows = sales.rows.filter((row) => row.aggregatorId === aggregatorId);
    results.push({ ...sales, rows });
  }
  return results;
}

/** An aggregator's rows of a settlement, unless a later correction has replaced it. */
async function settledRows(
  documents: DocumentStore,
  aggregatorId: string,
  sessionId: string,
  correction: number,
): ReturnType<ResultsPort['settledRows']> {
  const settlement = await getSettlement(documents, sessionId);
  const session = await getSession(documents, sessionId);
  if (settlement?.correction !== correction || !session) return undefined;
  const rows: SettlementRow[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
    const found = await findSettlementRows(documents, { sessionId, aggregatorId }, page);
    rows.push(...found.items);
    cursor = found.next;
  }
  return { deliveryDay: session.deliveryDay, rows };
}
