/** What the market will decide next, in the order of time. */
import { t } from '../language/texts';
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
      const book = `${plural(session.requests, t('request'), t('requests'))}, ${plural(session.offers, t('offer'), t('offers'))}`;
      const of = { kind, ofMs, endMs };
      return [
        {
          ...of,
          key: `${sessionId}/opens`,
          atMs: Date.parse(session.gateOpensAt),
          what: t('gate opens'),
          state: t('to come'),
        },
        {
          ...of,
          key: `${sessionId}/closes`,
          atMs: Date.parse(session.gateClosesAt),
          what: t('gate closes'),
          state: book,
        },
        {
          ...of,
          key: `${sessionId}/delivers`,
          atMs: ofMs,
          what: t('delivery begins'),
          state:
            session.acceptedWh === null
              ? t('not decided')
              : session.acceptedWh > 0
                ? t('sold')
                : t('nothing sold'),
        },
      ];
    })
    .filter(({ atMs }) => atMs > nowMs)
    .sort((a, b) => a.atMs - b.atMs)
    .slice(0, MOST);
}
