/** What the whole frame rests on: the market's clock and zone, its next gate, how far log and proof are. */
import type { Schemas } from '@flexledger/api-client';
import { api, take } from '../data/client';
import type { FirstView } from '../data/first-view';
import { type Problem, asProblem } from '../data/problem';
import { locale } from '../language/texts';
import { dayAfter, zoneOf } from '../parts/words';

const EVERY_MS = 5_000;
/** Gates are days ahead and seldom change. */
const GATES_EVERY_MS = 60_000;
/** A clock that differs by so much is told of. */
const SKEW_TOLD_MS = 60_000;
/** Until the platform has said it. */
const ZONE_BEFORE = 'Europe/Rome';

/** The next time a gate opens or closes. */
export interface NextGate {
  readonly sessionId: string;
  readonly kind: Schemas['SessionKind'];
  readonly deliveryStartMs: number;
  readonly deliveryEndMs: number;
  readonly what: 'opens' | 'closes';
  readonly atMs: number;
  readonly requests: number;
  readonly offers: number;
}

let status = $state.raw<Schemas['StatusSnapshot']>();
let problem = $state.raw<Problem>();
let readAtMs = $state(0);
let skewMs = $state(0);
let nowMs = $state(Date.now());
let gate = $state.raw<NextGate>();
// Each a text of its own, so that who reads it is told when it changes and not whenever something was asked.
const timeZone = $derived(status?.timeZone ?? ZONE_BEFORE);
// Written as in the language that is spoken, and so anew when that is another.
const zone = $derived(zoneOf(timeZone, locale()));
const today = $derived(zone.civilDay(nowMs));
const lastSoldDay = $derived(status?.day?.date ?? today);

export const market = {
  /** Of the last day on which something was sold; undefined before the first answer. */
  get status() {
    return status;
  },
  get problem() {
    return problem;
  },
  /** When `status` was read, by this browser's clock. */
  get readAtMs() {
    return readAtMs;
  },
  /** The market's clock, as the platform says it. */
  get nowMs() {
    return nowMs;
  },
  get zone() {
    return zone;
  },
  get today() {
    return today;
  },
  /** The last day on which something was sold, else today. */
  get lastSoldDay() {
    return lastSoldDay;
  },
  /** By how much this browser's clock is ahead, where that matters; else 0. */
  get skewMs() {
    return Math.abs(skewMs) >= SKEW_TOLD_MS ? skewMs : 0;
  },
  get gate() {
    return gate;
  },
};

/** Begins with what the server has read already. */
export function beginWith({ today, days }: FirstView): void {
  status = today;
  nowMs = today.nowMs;
  readAtMs = Date.now();
  showGates(days.flatMap((day) => day?.sessions ?? []));
}

/** Asks for as long as the page is open. */
export function followMarket(): void {
  void readStatus().then(readGate);
  setInterval(() => (nowMs = Date.now() - skewMs), 1_000);
  setInterval(() => {
    if (!document.hidden) void readStatus();
  }, EVERY_MS);
  setInterval(() => void readGate(), GATES_EVERY_MS);
}

/** Asks at once. */
export const readStatus = async (): Promise<void> => {
  try {
    status = await take(api.GET('/api/v1/status', {}));
    // An answer is on its way for a while, so that a second's difference says nothing.
    const aheadMs = Date.now() - status.nowMs;
    skewMs = Math.abs(aheadMs) < 2_000 ? 0 : aheadMs;
    nowMs = Date.now() - skewMs;
    readAtMs = Date.now();
    problem = undefined;
  } catch (error) {
    problem = asProblem(error);
  }
};

async function readGate(): Promise<void> {
  const days = [0, 1].map((ahead) => dayAfter(market.today, ahead));
  try {
    const sessions: Schemas['SessionStatus'][] = [];
    for (const day of days) {
      const { day: found } = await take(api.GET('/api/v1/status', { params: { query: { day } } }));
      sessions.push(...(found?.sessions ?? []));
    }
    showGates(sessions);
  } catch {
    // The frame tells already that the platform does not answer.
  }
}

function showGates(sessions: readonly Schemas['SessionStatus'][]): void {
  const gates = sessions.flatMap((session) => gatesOf(session, nowMs));
  gate = gates.sort((a, b) => a.atMs - b.atMs)[0];
}

function gatesOf(session: Schemas['SessionStatus'], now: number): NextGate[] {
  if (session.status === 'cancelled') return [];
  const { sessionId, kind, requests, offers } = session;
  const deliveryStartMs = Date.parse(session.deliveryStart);
  const deliveryEndMs = deliveryStartMs + session.mtuCount * 900_000;
  const times = [
    ['opens', Date.parse(session.gateOpensAt)],
    ['closes', Date.parse(session.gateClosesAt)],
  ] as const;
  const next = times.find(([, atMs]) => atMs > now);
  if (!next) return [];
  const [what, atMs] = next;
  return [{ sessionId, kind, deliveryStartMs, deliveryEndMs, what, atMs, requests, offers }];
}
