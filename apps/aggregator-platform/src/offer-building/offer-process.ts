import type { MarketSessionEvent } from '@flexledger/domain';
import { type CommandContext, type Processor, contextFrom } from '@flexledger/event-store';
import type { Timers } from '@flexledger/runtime';
import type { OfferDesk } from './offer-desk';

export interface OfferProcessOptions {
  readonly aggregatorId: string;
  readonly desk: OfferDesk;
  readonly timers: Timers;
  /** The bid leaves so long after the gate opens. */
  readonly delayMinutes: number;
}

type Scheduled = Extract<MarketSessionEvent, { type: 'SessionScheduled' }>['data'];

/**
 * Builds and sends an aggregator's bid in every session, by itself (FR_AP_MI&O_2): of the PoDs that are
 * flagged in and that nobody has offered by hand before.
 */
export function createOfferProcess(options: OfferProcessOptions): Processor {
  const { aggregatorId, desk, timers, delayMinutes } = options;

  async function bid(session: Scheduled, context: CommandContext): Promise<void> {
    const { sessionId } = session;
    const byHand = new Set((await desk.standing(sessionId)).map(({ podId }) => podId));
    const { offers } = await desk.preview(session, {});
    const left = offers.filter(({ podId }) => !byHand.has(podId));
    if (left.length > 0) await desk.send(sessionId, `${aggregatorId}/${sessionId}`, left, context);
  }

  return {
    name: `${aggregatorId}/offers`,
    types: ['SessionScheduled'],
    handle: async (event) => {
      const session = event.data as Scheduled;
      const atMs = Date.parse(session.gateOpensAt) + delayMinutes * 60_000;
      const context = contextFrom(event, `bid/${aggregatorId}`, `aggregator:${aggregatorId}`);
      timers.at(atMs, `${aggregatorId}/bid/${session.sessionId}`, () => bid(session, context));
    },
  };
}
