/** Sessions and their states as people say them. */
import { type PlainText, named, t } from '../language/texts';
import type { Schemas } from '@flexledger/api-client';
import type { Zone } from '../parts/words';

type Session = Pick<Schemas['PublicSession'], 'kind' | 'deliveryStart' | 'mtuCount' | 'sessionId'>;

/** `Real-time 16:00–20:00, Tue 17 Mar` */
export function sessionName({ kind, deliveryStart, mtuCount }: Session, zone: Zone): string {
  const startMs = Date.parse(deliveryStart);
  if (kind === 'dayAhead') return t('Day-ahead for {day}', { day: zone.day(startMs) });
  const endMs = startMs + mtuCount * 900_000;
  return t('Real-time {time}–{time2}, {day}', {
    time: zone.time(startMs),
    time2: zone.time(endMs),
    day: zone.day(startMs),
  });
}

const SOLD_NOTHING: Readonly<Record<string, PlainText>> = {
  noRequests: 'nobody asked for flexibility',
  noOffers: 'nobody offered any',
  nothingMatched: 'no offer fitted a request',
  notValidated: 'the outcome was not validated',
  nothingPermitted: 'the grid permitted nothing of it',
  nodesSilent: 'no node of what was sold has measured',
};

/** Why nothing was sold, in words; empty where something was. */
export const soldNothing = (reason: string | null): string =>
  reason === null ? '' : named(SOLD_NOTHING[reason] ?? reason);

/** What one may do in a session now. */
export const isOpen = (status: Schemas['MarketSessionStatus']): boolean => status === 'open';
export const mayBeCancelled = (status: Schemas['MarketSessionStatus']): boolean =>
  status !== 'published' && status !== 'cancelled';
