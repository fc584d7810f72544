/** What holds of every world, whatever went wrong in it. */
import { auditRows, contentsOf } from '@flexledger/audit';
import { createNodeTools } from '@flexledger/audit-cli';
import {
  type MarketSessionEvent,
  type RecordedEvent,
  type SettlementEvent,
  MTU_MS,
} from '@flexledger/domain';
import { openMemoryEventStore } from '@flexledger/event-store';
import { type Clock, messageOf } from '@flexledger/runtime';
import type { WorldAfter } from '../live-world';
import type { SmallDay } from '../market/small-day';
import { viewFaults } from './views';

/** One invariant that does not hold, with what shows it. */
export interface Violation {
  readonly invariant: InvariantName;
  readonly what: string;
}

export const INVARIANTS = [
  'nothing acknowledged is lost',
  'nothing is done twice',
  'money and tokens balance',
  'the order book is within its limits',
  'sessions end',
  'every packet is answered',
  'no processor stands still',
  'views equal a replay',
  'the audit holds',
] as const;

export type InvariantName = (typeof INVARIANTS)[number];

type MarketEvent = RecordedEvent & (MarketSessionEvent | SettlementEvent);

/** Checks a world that is over; empty where all holds. */
export async function violationsIn(after: WorldAfter, day: SmallDay): Promise<Violation[]> {
  const events = after.log.events as unknown as readonly MarketEvent[];
  const found: Violation[] = [];
  const check = (invariant: InvariantName, faults: Iterable<string>): void => {
    for (const what of faults) found.push({ invariant, what });
  };
  check('nothing acknowledged is lost', lostEvents(after));
  check('nothing is done twice', doneTwice(events));
  check('money and tokens balance', unbalanced(after, events));
  check('the order book is within its limits', aboveOffers(events));
  check('sessions end', openSessions(events, day));
  check('every packet is answered', lostPackets(after));
  check('no processor stands still', after.halted);
  check('views equal a replay', await viewFaults(after));
  check('the audit holds', await auditFaults(after));
  return found;
}

function* lostEvents({ log, acknowledged }: WorldAfter): Generator<string> {
  const standing = new Set(log.events.map(({ id }) => id));
  for (const id of acknowledged) {
    if (!standing.has(id)) yield `event ${id} was acknowledged, and does not stand in the log`;
  }
}

/** What an event is once of; undefined where it may come again. */
function onceOf({ type, data }: MarketEvent): string | undefined {
  const at = data as unknown as Record<string, unknown>;
  const part = (at['part'] as { index?: number } | undefined)?.index ?? 0;
  switch (type as string) {
    case 'SessionScheduled':
    case 'SessionOpened':
    case 'SessionClosed':
      return `${type} of ${String(at['sessionId'])}`;
    case 'MarketCleared':
    case 'OutcomeSentForValidation':
    case 'OutcomeValidated':
      return `${type} of ${String(at['sessionId'])}, round ${String(at['round'])}, part ${part}`;
    case 'ResultPublished':
      return `${type} of ${String(at['sessionId'])}, part ${part}`;
    case 'SettlementComputed':
    case 'TokensAwarded':
    case 'SettlementPublished':
      return `${type} of ${String(at['sessionId'])}, correction ${String(at['correction'])}, part ${part}`;
    case 'MeasurementRecorded':
      return `${type} of ${String(at['podId'])}, sequence ${String(at['sequence'])}`;
    case 'PodRegistered':
      return `${type} of ${String(at['podId'])}`;
    case 'SetpointIssued':
      return `${type} ${String(at['setpointId'])}`;
    default:
      return undefined;
  }
}

function* doneTwice(events: readonly MarketEvent[]): Generator<string> {
  const seen = new Set<string>();
  for (const event of events) {
    const once = onceOf(event);
    if (once === undefined) continue;
    if (seen.has(once)) yield `${once}, again at position ${event.position}`;
    seen.add(once);
  }
}

function* unbalanced({ chain }: WorldAfter, events: readonly MarketEvent[]): Generator<string> {
  let awarded = 0n;
  for (const { type, data } of events) {
    if (type === 'TokensAwarded') awarded += BigInt(data.amountMicroEur);
  }
  const tokens = [...chain.snapshot().tokens.values()][0]!;
  const minted = typeof tokens === 'string' ? 0n : tokens.totalSupplyMicroEur;
  if (minted !== awarded) yield `${minted} tokens exist, ${awarded} were awarded by the log`;
}

function* aboveOffers(events: readonly MarketEvent[]): Generator<string> {
  /** By session and offer: most of it in one MTU, of any bid that was ever taken. */
  const offered = new Map<string, number>();
  for (const { type, data } of events) {
    if (type === 'FlexibilityOffered') {
      for (const offer of data.offers) {
        const most = offer.kind === 'single' ? Math.max(...offer.quantityW) : offer.quantityW;
        const key = `${data.sessionId}/${offer.offerId}`;
        offered.set(key, Math.max(offered.get(key) ?? 0, most));
      }
    }
    if (type === 'ResultPublished') {
      const accepted = new Map<string, number[]>();
      for (const { offerId, firstMtu, acceptedW } of data.rows) {
        const byMtu = accepted.get(offerId) ?? [];
        accepted.set(offerId, byMtu);
        acceptedW.forEach((watts, at) => {
          byMtu[firstMtu + at] = (byMtu[firstMtu + at] ?? 0) + watts;
        });
      }
      for (const [offerId, byMtu] of accepted) {
        const most = offered.get(`${data.sessionId}/${offerId}`) ?? 0;
        const peak = Math.max(...byMtu.filter((watts) => watts !== undefined));
        if (peak > most) {
          yield `session ${data.sessionId} accepted ${peak} W of offer ${offerId}, which is of ${most} W`;
        }
      }
    }
  }
}

function* openSessions(events: readonly MarketEvent[], day: SmallDay): Generator<string> {
  /** Whose result is due, and of them whose settlement. */
  const wanted = new Set<string>();
  const delivered = new Set<string>();
  const published = new Set<string>();
  const settled = new Set<string>();
  for (const { type, data } of events) {
    if (type === 'SessionScheduled') {
      const endMs = Date.parse(data.deliveryStart) + data.mtuCount * MTU_MS;
      if (Date.parse(data.gateClosesAt) < day.settledMs) wanted.add(data.sessionId);
      if (endMs < day.settledMs) delivered.add(data.sessionId);
    }
    if (type === 'SessionCancelled') wanted.delete(data.sessionId);
    if (type === 'ResultPublished' && data.part.index === data.part.of - 1) {
      published.add(data.sessionId);
    }
    if (type === 'SettlementPublished') settled.add(data.sessionId);
  }
  if (wanted.size === 0) yield 'no session was ever scheduled';
  for (const sessionId of wanted) {
    if (!published.has(sessionId)) yield `session ${sessionId} has no result`;
    else if (delivered.has(sessionId) && !settled.has(sessionId))
      yield `session ${sessionId} is not settled`;
  }
}

function* lostPackets(after: WorldAfter): Generator<string> {
  const recorded = new Set(
    after.log.events
      .filter(({ type }) => type === 'MeasurementRecorded')
      .map(({ data }) => {
        const { podId, sequence } = data as { podId: string; sequence: number };
        return `${podId}/${sequence}`;
      }),
  );
  for (const packet of after.acceptedPackets) {
    if (!recorded.has(packet)) yield `packet ${packet} was accepted and is not in the log`;
  }
  if (after.pendingPackets > 0) yield `${after.pendingPackets} packets have no answer`;
}

const STILL: Clock = { nowMs: () => 0 };

async function auditFaults({ log, chain }: WorldAfter): Promise<string[]> {
  try {
    const store = openMemoryEventStore({ log, clock: STILL });
    const contents = await contentsOf(store.readAll());
    const rows = { rows: () => log.rows(), faults: [], rowFault: () => undefined };
    const basis = { contents, chain: chain.snapshot(), sessionId: undefined };
    const report = await auditRows(rows, basis, createNodeTools());
    return report.checks.flatMap(({ name, failures, failed }) =>
      failed === 0
        ? []
        : [`${name}: ${failures[0]?.reason ?? ''} (position ${failures[0]?.position ?? '-'})`],
    );
  } catch (error) {
    return [`it could not be done: ${messageOf(error)}`];
  }
}
