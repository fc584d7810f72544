import type { Schedule } from '@flexledger/domain';
import { type CommandContext, type Processor, contextFrom } from '@flexledger/event-store';
import type { Aggregator } from '../aggregator';
import { type Bidders, armForEach } from '../bidders';
import type { PersistentTasks } from '../persistent-tasks';

export interface OfferProcessOptions {
  readonly bidders: Bidders;
  readonly tasks: Pick<PersistentTasks, 'arm'>;
  /** The bid leaves so many minutes after the gate opens. */
  readonly delayMinutes: number;
  readonly replayAfter: () => Promise<number>;
}

/**
 * Builds and sends each aggregator's bid in every session, by itself (FR_AP_MI&O_2): of the PoDs that
 * are flagged in and that nobody has offered by hand before. It tries until the gate closes.
 */
export function createOfferProcess(options: OfferProcessOptions): Processor {
  const { delayMinutes, replayAfter } = options;

  async function bid(
    { aggregatorId, offers }: Aggregator,
    session: Schedule,
    context: CommandContext,
  ): Promise<void> {
    const { sessionId } = session;
    const standing = new Set((await offers.standing(sessionId)).map(({ podId }) => podId));
    const built = await offers.preview(session, {});
    // What an attempt sent whose answer was lost stands too, and is not sent again.
    const left = built.offers.filter(({ podId }) => !standing.has(podId));
    if (left.length > 0)
      await offers.send(sessionId, `${aggregatorId}/${sessionId}`, left, context);
  }

  return {
    name: 'aggregators/offers',
    types: ['SessionScheduled'],
    replayAfter,
    handle: async (event) => {
      const session = event.data as Schedule;
      const task = {
        name: `bid/${session.sessionId}`,
        atMs: Date.parse(session.gateOpensAt) + delayMinutes * 60_000,
        untilMs: Date.parse(session.gateClosesAt),
        // Until it closes a gate is not open yet: a market that was down opens it late.
        passingRefusals: ['gate-closed'],
      };
      armForEach(task, options, (aggregator) => {
        const { aggregatorId } = aggregator;
        const context = contextFrom(event, `bid/${aggregatorId}`, `aggregator:${aggregatorId}`);
        return bid(aggregator, session, context);
      });
    },
  };
}
