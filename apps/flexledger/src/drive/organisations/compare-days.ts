/** A day of organisations against the same day in one process: session by session, settlement by settlement. */
import { type RecordedEvent, businessContent, businessDigest } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { canonicalJson, sha256 } from '@flexledger/identity';
import type { Cut } from './mishaps';

/** Something that a party said in a session. */
export interface Said {
  /** `dso`, `aggregator:AGG1`. */
  readonly party: string;
  /** `FlexibilityRequested`. */
  readonly type: string;
  /** Of a request; absent for what has none. */
  readonly requestId?: string;
}

/** One session of the two days. */
export interface ComparedSession {
  readonly sessionId: string;
  /** All that was said, cleared, validated and published in it comes to the same. */
  readonly isSame: boolean;
  /** The same for its settlement, with the tokens awarded. */
  readonly isSettledAlike: boolean;
  /** When its gate closed in the organisations' market, ISO 8601 UTC; null where it has no such session. */
  readonly gateClosedAt: string | null;
  /** When that published its settlement, be it another one; null where it has none. */
  readonly settledAt: string | null;
  /** What parties said in one process, and not in the organisations' market. */
  readonly missing: readonly Said[];
  /** What they said there instead, or more. */
  readonly more: readonly Said[];
}

const OF_SESSIONS = /^(session|settlement)-(.+)$/;

/** Compares the sessions of a log with those of the day in one process, in the order of that day. */
export async function compareDays(
  inOneProcess: EventStore,
  ofMarket: EventStore,
): Promise<ComparedSession[]> {
  const wanted = await sessionsOf(inOneProcess);
  const found = await sessionsOf(ofMarket);
  return [...new Set([...wanted.ids, ...found.ids])].map((sessionId) => {
    const isAlike = (kind: string): boolean =>
      wanted.digests.get(`${kind}-${sessionId}`) === found.digests.get(`${kind}-${sessionId}`);
    const before = wanted.said.get(sessionId) ?? new Map<string, Said>();
    const now = found.said.get(sessionId) ?? new Map<string, Said>();
    const without = (some: ReadonlyMap<string, Said>, others: ReadonlyMap<string, Said>): Said[] =>
      [...some].filter(([key]) => !others.has(key)).map(([, said]) => said);
    return {
      sessionId,
      isSame: isAlike('session'),
      isSettledAlike: isAlike('settlement'),
      gateClosedAt: found.closed.get(sessionId) ?? null,
      settledAt: found.settled.get(sessionId) ?? null,
      missing: without(before, now),
      more: without(now, before),
    };
  });
}

/**
 * Every session is settled, and comes to what it comes to in one process. Where the network was cut for a gate, that
 * holds for what was decided before; of the session of the gate only what the cut-off organisation had to say is
 * missing. What plants did after it, and so what is forecast, sold and settled later, follows from that.
 */
export function areRight(compared: readonly ComparedSession[], cut?: Cut): boolean {
  const isBefore = (at: string | null): boolean =>
    !cut || (at !== null && Date.parse(at) < cut.fromMs);
  return compared.every((session) => {
    const { sessionId, isSame, isSettledAlike, gateClosedAt, settledAt, missing, more } = session;
    if (settledAt === null) return false;
    if (isBefore(settledAt) && !isSettledAlike) return false;
    if (isBefore(gateClosedAt)) return isSame;
    if (sessionId !== cut!.sessionId) return true;
    const party = cut!.organisation.replace(/^aggregator-/, 'aggregator:');
    return more.length === 0 && missing.every((said) => said.party === party);
  });
}

interface Sessions {
  readonly ids: ReadonlySet<string>;
  /** Business digest of each stream of a session or a settlement. */
  readonly digests: ReadonlyMap<string, string>;
  /** By session: what parties said, by its content. */
  readonly said: ReadonlyMap<string, ReadonlyMap<string, Said>>;
  /** By session: when its gate closed, and when it was settled. */
  readonly closed: ReadonlyMap<string, string>;
  readonly settled: ReadonlyMap<string, string>;
}

async function sessionsOf(log: EventStore): Promise<Sessions> {
  const said = new Map<string, Map<string, Said>>();
  const ids = new Set<string>();
  const closed = new Map<string, string>();
  const settled = new Map<string, string>();
  async function* looked(): AsyncGenerator<RecordedEvent> {
    for await (const event of log.readAll({ readAhead: true })) {
      const [, , sessionId] = OF_SESSIONS.exec(event.streamId) ?? [];
      if (sessionId === undefined) continue;
      ids.add(sessionId);
      if (event.type === 'SessionClosed') closed.set(sessionId, event.occurredAt);
      if (event.type === 'SettlementPublished') settled.set(sessionId, event.occurredAt);
      if (!event.actor.startsWith('platform:')) {
        const known = said.get(sessionId) ?? new Map<string, Said>();
        const key = canonicalJson([event.actor, businessContent(event) ?? null]);
        said.set(sessionId, known.set(key, saidIn(event)));
      }
      yield event;
    }
  }
  const { streams: digests } = await businessDigest(sha256, looked());
  return { ids, digests, said, closed, settled };
}

function saidIn({ actor, type, data }: RecordedEvent): Said {
  const { requestId } = data as { readonly requestId?: unknown };
  return { party: actor, type, ...(typeof requestId === 'string' && { requestId }) };
}
