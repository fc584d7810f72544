import { DomainError, type RecordedEvent, type Schedule } from '@flexledger/domain';
import {
  BEFORE_FIRST,
  type EventStore,
  type Processor,
  contextFrom,
} from '@flexledger/event-store';
import { type OrdersPort, PlatformUnavailable } from '@flexledger/ports';
import { type Clock, type Timers, msFromIso, seededRandom } from '@flexledger/runtime';
import type { TsoPolicy } from '../policy';
import { drawTsoRequests } from './tso-requests';

export interface TsoProcessOptions {
  readonly log: EventStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly orders: Pick<OrdersPort, 'requestFlexibility'>;
  readonly policy: TsoPolicy;
  readonly onProblem: (problem: string) => void;
}

const MINUTE_MS = 60_000;
/** What the market was not there for, or had not opened its gate for, is tried again so much later. */
const AGAIN_MS = 30_000;

/** A transmission operator that asks for flexibility in every session; draws follow from the seed. */
export function createTsoProcess(options: TsoProcessOptions): Processor {
  const { log, clock, timers, orders, policy, onProblem } = options;

  /** All of a session's requests; those that were sent before are commands known again. */
  async function request(session: Schedule, cause: RecordedEvent): Promise<void> {
    const { sessionId, kind, mtuCount } = session;
    const random = seededRandom(policy.seed, `tso/${sessionId}`);
    for (const wanted of drawTsoRequests(sessionId, kind, mtuCount, policy.needs, random)) {
      const context = contextFrom(cause, wanted.requestId, 'tso');
      await orders.requestFlexibility(sessionId, wanted, context);
    }
  }

  function arm(atMs: number, session: Schedule, cause: RecordedEvent, isAgain = false): void {
    const name = `tso/${session.sessionId}`;
    timers.at(atMs, name, async () => {
      try {
        await request(session, cause);
      } catch (error) {
        const againMs = clock.nowMs() + AGAIN_MS;
        const isLate = againMs >= msFromIso(session.gateClosesAt);
        const isAway = error instanceof PlatformUnavailable;
        // Before it closes a gate is not open yet: a market that was down opens it late.
        const isEarly = error instanceof DomainError && error.code === 'gate-closed';
        if (!(isAway || isEarly) || isLate) throw error;
        if (isAway && !isAgain) onProblem(`${name}: ${error.message} It is tried again by itself.`);
        // Told once that it waits, and by its error when it is given up.
        arm(againMs, session, cause, isAway);
      }
    });
  }

  return {
    name: 'tso/requests',
    types: ['SessionScheduled'],
    replayAfter: () => openGatesAfter(log, clock),
    handle: async (event) => {
      const session = event.data as Schedule;
      arm(msFromIso(session.gateOpensAt) + policy.delayMinutes * MINUTE_MS, session, event);
    },
  };
}

/**
 * Before the first session whose gate has not closed, at the session scheduled before it; the end of
 * the log when there is none.
 */
async function openGatesAfter(log: EventStore, clock: Clock): Promise<number> {
  // Asked first: what is scheduled while the log is read comes after it.
  const head = await log.head();
  let before = BEFORE_FIRST;
  for await (const event of log.readAll({ filter: { types: ['SessionScheduled'] } })) {
    const { gateClosesAt } = event.data as Schedule;
    const closesMs = Date.parse(gateClosesAt);
    // What cannot be read is told where it is handled; here it is neither closed nor open.
    if (Number.isNaN(closesMs)) continue;
    if (closesMs > clock.nowMs()) return before;
    before = event.position;
  }
  return head;
}
