/** What the market will decide next, in the order of time. */
import type { Schemas } from '@flexledger/api-client';
import { plural } from '../parts/words';

export interface Decision {
  readonly key: string;
  readonly atMs: number;
  readonly what: string;
  readonly state: string;
  readonly kind: Schemas['SessionKind'];
  /** Delivery of the session. */
  readonly ofMs: number;
  readonly endMs: number;
}

const MOST = 7;
const MTU_MS = 900_000;

/** Gates that open and close, and deliveries that begin, after `nowMs`. */
export function decisionsOf(
  sessions: readonly Schemas['SessionStatus'][],
  nowMs: number,
): readonly Decision[] {
  return sessions
    .filter(({ status }) => status !== 'cancelled')
    .flatMap(({ sessionId, kind, ...session }): Decision[] => {
      const ofMs = Date.parse(session.deliveryStart);
      const endMs = ofMs + session.mtuCount * MTU_MS;
      const book = `${plural(session.requests, 'request')}, ${plural(session.offers, 'offer')}`;
      const of = { kind, ofMs, endMs };
      return [
        {
          ...of,
          key: `${sessionId}/opens`,
          atMs: Date.parse(session.gateOpensAt),
          what: 'gate opens',
          state: 'to come',
        },
        {
          ...of,
          key: `${sessionId}/closes`,
          atMs: Date.parse(session.gateClosesAt),
          what: 'gate closes',
          state: book,
        },
        {
          ...of,
          key: `${sessionId}/delivers`,
          atMs: ofMs,
          what: 'delivery begins',
          state:
            session.acceptedWh === null
              ? 'not decided'
              : session.acceptedWh > 0
                ? 'sold'
                : 'nothing sold',
        },
      ];
    })
    .filter(({ atMs }) => atMs > nowMs)
    .sort((a, b) => a.atMs - b.atMs)
    .slice(0, MOST);
}
