import { DomainError, type RecordedEvent, type ScheduledSession } from '@flexledger/domain';
import { type Processor, contextOf } from '@flexledger/event-store';
import type { Clock } from '@flexledger/runtime';
import type { MarketSessions } from '../sessions/market-sessions';
import { leftOffers } from './left-offers';

/**
 * When the gate of a real-time session opens, what the day-ahead session left of each aggregator's
 * offers is bid again in its name (DESIGN 8): an aggregator that says nothing keeps its offers, one
 * that bids under the same offer ids replaces them, and one that withdraws them has them no more. The
 * register judges each row anew, so a PoD that was switched off since is refused by name.
 */
export function createOfferCarrying({
  sessions,
  clock,
}: {
  readonly sessions: MarketSessions;
  readonly clock: Clock;
}): Processor {
  async function carry(session: ScheduledSession): Promise<void> {
    const { sessionId } = session.schedule;
    const dayAhead = await sessions.dayAheadOf(session.schedule);
    if (dayAhead.status !== 'published') return;
    for (const [aggregatorId, offers] of leftOffers(session, dayAhead)) {
      if (offers.length === 0) continue;
      const bid = {
        bidId: carriedBid(dayAhead.schedule.sessionId, aggregatorId),
        aggregatorId,
        offers,
      };
      const context = contextOf(
        `market/${sessionId}/carry/${aggregatorId}`,
        sessionId,
        'platform:market',
      );
      await sessions.offerFlexibility(sessionId, bid, context).catch((error: unknown) => {
        // Opened by a clock that is ahead of the one here: it is tried again until the gate's time is come.
        const isEarly = clock.nowMs() < Date.parse(session.schedule.gateOpensAt);
        // No row stands any more, or a platform that was down finds the gate closed.
        const isOver = ['bid-refused', 'gate-closed'].some((code) => hasCode(error, code));
        if (isEarly || !isOver) throw error;
      });
    }
  }

  return {
    name: 'market/offer-carrying',
    types: ['SessionOpened'],
    handle: async (event: RecordedEvent) => {
      const session = await sessions.stateOf((event.data as { sessionId: string }).sessionId);
      if (session.status === 'open' && session.schedule.kind === 'realTime') await carry(session);
    },
  };
}

/** The bid under which an aggregator's day-ahead offers stand in a real-time session. */
export function carriedBid(dayAheadSessionId: string, aggregatorId: string): string {
  return `${dayAheadSessionId}/${aggregatorId}`;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof DomainError && error.code === code;
}
