/** A delivery day laid out: its sessions and gates as shares of the day, and what each is at. */
import { t } from '../language/texts';
import type { Schemas } from '@flexledger/api-client';
import type { Zone } from '../parts/words';

export type BarLook =
  | 'paid'
  | 'measuring'
  | 'running'
  | 'sold'
  | 'nothing'
  | 'coming'
  | 'cancelled'
  | 'gate'
  | 'gate-open'
  | 'gate-coming';

export interface StripBar {
  readonly key: string;
  readonly sessionId: string;
  readonly title: string;
  readonly words: string;
  readonly look: BarLook;
  readonly startMs: number;
  readonly endMs: number;
  /** Shares of the day, 0 to 1. */
  readonly from: number;
  readonly to: number;
}

export interface DayStripLayout {
  readonly lanes: readonly { readonly name: string; readonly bars: readonly StripBar[] }[];
  readonly hours: readonly {
    readonly atMs: number;
    readonly share: number;
    readonly label: string;
    readonly isOdd: boolean;
  }[];
  /** Where in the day it is now; undefined on another day. */
  readonly now: number | undefined;
}

const MTU_MS = 900_000;
const HOUR_MS = 3_600_000;
const LABEL_EVERY_H = 4;

/** Lays a day out; days of 23 and 25 hours are as long as they are. */
export function dayStrip(
  { sessions, power }: Pick<Schemas['DayStatus'], 'sessions' | 'power'>,
  nowMs: number,
  zone: Zone,
): DayStripLayout {
  const { startMs } = power;
  const endMs = startMs + power.acceptedW.length * MTU_MS;
  const share = (atMs: number): number => (atMs - startMs) / (endMs - startMs);
  const bar = (
    session: Schemas['SessionStatus'],
    fromMs: number,
    toMs: number,
    what: { readonly look: BarLook; readonly words: string },
  ): StripBar => ({
    key: `${session.sessionId}/${what.look}`,
    sessionId: session.sessionId,
    title: session.kind === 'dayAhead' ? t('Day-ahead') : t('Real-time'),
    ...what,
    startMs: fromMs,
    endMs: toMs,
    from: Math.max(0, share(fromMs)),
    to: Math.min(1, share(toMs)),
  });
  const windows = (kind: Schemas['SessionKind']): StripBar[] =>
    sessions
      .filter((session) => session.kind === kind)
      .map((session) => {
        const fromMs = Date.parse(session.deliveryStart);
        const toMs = fromMs + session.mtuCount * MTU_MS;
        return bar(session, fromMs, toMs, stateOf(session, toMs, nowMs));
      });
  const gates = sessions
    .map((session) => {
      const opensMs = Date.parse(session.gateOpensAt);
      const closesMs = Date.parse(session.gateClosesAt);
      return bar(session, opensMs, closesMs, gateOf(opensMs, closesMs, nowMs));
    })
    .filter(({ from, to }) => from < 1 && to > 0);
  const hours = Array.from({ length: Math.round((endMs - startMs) / HOUR_MS) + 1 }, (_, hour) => ({
    atMs: startMs + hour * HOUR_MS,
    label: startMs + hour * HOUR_MS === endMs ? '24:00' : zone.time(startMs + hour * HOUR_MS),
  }))
    .filter(({ label }) => Number(label.slice(0, 2)) % LABEL_EVERY_H === 0)
    .map((mark, index) => ({ ...mark, share: share(mark.atMs), isOdd: index % 2 === 1 }));
  return {
    lanes: [
      { name: 'day-ahead', bars: windows('dayAhead') },
      { name: 'real-time', bars: windows('realTime') },
      { name: 'gates', bars: gates },
    ],
    hours,
    now: nowMs >= startMs && nowMs < endMs ? share(nowMs) : undefined,
  };
}

function stateOf(
  { status, deliveryStart, acceptedWh, settledMicroEur }: Schemas['SessionStatus'],
  endMs: number,
  nowMs: number,
): { look: BarLook; words: string } {
  if (status === 'cancelled') return { look: 'cancelled', words: t('cancelled') };
  if (settledMicroEur !== null) return { look: 'paid', words: t('paid') };
  if (status !== 'published') {
    const words = {
      scheduled: t('to come'),
      open: t('gate open'),
      closed: t('clearing'),
      cleared: t('cleared'),
      validating: t('validating'),
      validated: t('validated'),
    }[status];
    return { look: 'coming', words };
  }
  if (acceptedWh === 0) return { look: 'nothing', words: t('nothing sold') };
  if (nowMs >= endMs) return { look: 'measuring', words: t('measuring') };
  if (nowMs >= Date.parse(deliveryStart)) return { look: 'running', words: t('in delivery') };
  return { look: 'sold', words: t('sold') };
}

function gateOf(
  opensMs: number,
  closesMs: number,
  nowMs: number,
): { look: BarLook; words: string } {
  if (nowMs >= closesMs) return { look: 'gate', words: t('gate, closed') };
  if (nowMs >= opensMs) return { look: 'gate-open', words: t('gate, open') };
  return { look: 'gate-coming', words: t('gate, to come') };
}
