import type { FlexibilityRequest, MarketSessionEvent } from '@flexledger/domain';
import { type CommandContext, type Processor, contextFrom } from '@flexledger/event-store';
import { type Timers, seededRandom } from '@flexledger/runtime';
import { type TsoNeed, drawTsoRequests } from './tso-requests';

/** The market, as a system operator reaches it. */
export interface RequestMarket {
  requestFlexibility(
    sessionId: string,
    request: FlexibilityRequest,
    context: CommandContext,
  ): Promise<unknown>;
}

export interface TsoProcessOptions {
  readonly market: RequestMarket;
  readonly timers: Timers;
  readonly seed: number | string;
  /** The PoMs that exist when a gate opens, and what may be asked of each. */
  readonly needs: () => Promise<readonly TsoNeed[]>;
  /** Requests leave so long after the gate opens. */
  readonly delayMinutes: number;
}

type Scheduled = Extract<MarketSessionEvent, { type: 'SessionScheduled' }>['data'];

/** A transmission operator that asks for flexibility in every session; draws follow from the seed. */
export function createTsoProcess(options: TsoProcessOptions): Processor {
  const { market, timers, seed, needs, delayMinutes } = options;

  async function request(session: Scheduled, cause: Parameters<Processor['handle']>[0]) {
    const { sessionId, kind, mtuCount } = session;
    const random = seededRandom(seed, `tso/${sessionId}`);
    for (const wanted of drawTsoRequests(sessionId, kind, mtuCount, await needs(), random)) {
      const context = contextFrom(cause, wanted.requestId, 'tso');
      await market.requestFlexibility(sessionId, wanted, context);
    }
  }

  return {
    name: 'tso/requests',
    types: ['SessionScheduled'],
    handle: async (event) => {
      const session = event.data as Scheduled;
      const atMs = Date.parse(session.gateOpensAt) + delayMinutes * 60_000;
      timers.at(atMs, `tso/${session.sessionId}`, () => request(session, event));
    },
  };
}
