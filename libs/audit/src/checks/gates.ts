/**
 * The calendar: every session is one of its rule pack's, and every request, offer and withdrawal
 * was taken while the session's gate was open; and who offered a PoD had it.
 */
import {
  type ScheduledSession,
  quarterHoursOf,
  sessionsDelivering,
  standingOffers,
} from '@flexledger/domain';
import { isoFromMs } from '../instant';
import type { EventCheck, LoggedEvent, LoggedOf } from '../logged-event';
import { sameBytes } from '../parts';
import type { Replay } from '../replay';
import type { Findings } from '../report';
import type { Scope } from '../scope';
import { PORTFOLIO_TYPES, createPortfolios } from './portfolios';

/** The gate is judged when an order arrives, its event bears the time at which it was decided. */
export const DECIDED_WITHIN_MS = 2_000;

type Order = LoggedOf<
  'FlexibilityRequested' | 'RequestWithdrawn' | 'FlexibilityOffered' | 'OfferWithdrawn'
>;

/** Compares sessions with their calendar and orders with their session's gate. */
export function createGateCheck(replay: Replay, scope: Scope, findings: Findings): EventCheck {
  const portfolios = createPortfolios();
  const clocks = new Map<string, readonly number[]>();

  function faultOf(event: LoggedEvent): string | undefined {
    switch (event.type) {
      case 'SessionScheduled':
        return scheduleFault(event, replay);
      case 'SessionOpened': {
        const { schedule } = replay.scheduled(event.data.sessionId);
        const { gateOpensAt } = schedule;
        return isBefore(event.occurredAt, gateOpensAt)
          ? `the gate opened at ${event.occurredAt}, not at ${gateOpensAt}`
          : undefined;
      }
      case 'SessionClosed':
        return closingFault(event, replay.scheduled(event.data.sessionId));
      default: {
        const order = event as Order;
        const session = replay.scheduled(order.data.sessionId);
        const fault = orderFault(order, session);
        if (fault || order.type !== 'FlexibilityOffered') return fault;
        return portfolios.faultOf(order, quarterHoursIn(session));
      }
    }
  }

  /** Of the local clock, of each MTU. */
  function quarterHoursIn(session: ScheduledSession): readonly number[] {
    const { sessionId, deliveryStart, mtuCount } = session.schedule;
    const known = clocks.get(sessionId);
    if (known) return known;
    const { timeZone } = replay.rulesOf(session);
    const period = { startMs: Date.parse(deliveryStart), mtuCount };
    const found = quarterHoursOf(period, timeZone);
    clocks.set(sessionId, found);
    return found;
  }

  return {
    findings,
    types: [
      'SessionScheduled',
      'SessionOpened',
      'SessionClosed',
      'FlexibilityRequested',
      'RequestWithdrawn',
      'FlexibilityOffered',
      'OfferWithdrawn',
      ...PORTFOLIO_TYPES,
    ],
    see(event) {
      if (PORTFOLIO_TYPES.some((type) => type === event.type)) return portfolios.take(event);
      if (!scope.market((event as Order).data.sessionId)) return;
      findings.checked();
      const fault = faultOf(event);
      if (fault) findings.fail(event, fault);
    },
  };
}

function scheduleFault({ data }: LoggedOf<'SessionScheduled'>, replay: Replay): string | undefined {
  const { sessionId, rulePackDigest, registerPosition, deliveryDay } = data;
  const rules = replay.rulesOf({ schedule: data } as ScheduledSession);
  const entry = sessionsDelivering(deliveryDay, rules).find((one) => one.sessionId === sessionId);
  if (!entry) return `the calendar of its rule pack has no session ${sessionId}`;
  const expected = {
    sessionId,
    kind: entry.kind,
    deliveryDay,
    deliveryStart: isoFromMs(entry.period.startMs),
    mtuCount: entry.period.mtuCount,
    gateOpensAt: isoFromMs(entry.gateOpensMs),
    gateClosesAt: isoFromMs(entry.gateClosesMs),
    resultDueAt: isoFromMs(entry.resultDueMs),
    rulePackDigest,
    // Logs from before sessions said what they trade.
    ...(data.products ? { products: entry.products } : {}),
    ...(entry.qualification && { qualification: entry.qualification }),
    ...(entry.leastQuantityW !== undefined && { leastQuantityW: entry.leastQuantityW }),
    registerPosition,
  };
  return sameBytes(expected, data) ? undefined : 'it is not as its rule pack lays it down';
}

function closingFault(
  { occurredAt, data }: LoggedOf<'SessionClosed'>,
  session: ScheduledSession,
): string | undefined {
  const { gateClosesAt } = session.schedule;
  if (isBefore(occurredAt, gateClosesAt)) {
    return `the gate closed at ${occurredAt}, before ${gateClosesAt}`;
  }
  const requests = session.requests.length;
  const offers = standingOffers(session).length;
  return data.requests === requests && data.offers === offers
    ? undefined
    : `it counts ${data.requests} requests and ${data.offers} offers; the log holds ${requests} and ${offers}`;
}

function orderFault(event: Order, { status, schedule }: ScheduledSession): string | undefined {
  const { gateOpensAt, gateClosesAt } = schedule;
  const latest = isoFromMs(Date.parse(gateClosesAt) + DECIDED_WITHIN_MS);
  const inTime = !isBefore(event.occurredAt, gateOpensAt) && isBefore(event.occurredAt, latest);
  if (status === 'open' && inTime) return undefined;
  return (
    `it was taken at ${event.occurredAt} while the session was ${status}; ` +
    `the gate is open from ${gateOpensAt} to ${gateClosesAt}`
  );
}

function isBefore(one: string, other: string): boolean {
  return Date.parse(one) < Date.parse(other);
}
