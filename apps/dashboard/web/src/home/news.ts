/** What a customer is notified of, in a sentence each. */
import type { Schemas } from '@flexledger/api-client';
import { t } from '../language/texts';
import { type Zone, euro, kWh } from '../parts/words';

type Notification = Schemas['Notification'];

/** One thing that a customer is told. */
export interface News {
  readonly key: string;
  readonly atMs: number;
  readonly what: string;
  readonly isRead: boolean;
}

/** The newest first, as the platform lists them. */
export function newsOf(items: readonly Notification[], zone: Zone): readonly News[] {
  return items.map((one) => ({
    key: `${one.kind}/${one.at}/${'setpointId' in one ? one.setpointId : one.sessionId}`,
    atMs: Date.parse(one.at),
    what: sentenceOf(one, zone),
    isRead: one.read,
  }));
}

/** What a customer can be told of. */
export const kindNames = (): Readonly<Record<Notification['kind'], string>> => ({
  offerAccepted: t('what is sold of my home'),
  activationBegun: t('when my home begins to give'),
  economicResult: t('what I earn'),
});

function sentenceOf(one: Notification, zone: Zone): string {
  if (one.kind === 'offerAccepted') {
    return t('{kWh} kWh of your home were sold: {dayAndTime} to {time}.', {
      kWh: kWh(one.acceptedWh),
      dayAndTime: zone.dayAndTime(Date.parse(one.from)),
      time: zone.time(Date.parse(one.until)),
    });
  }
  if (one.kind === 'activationBegun') {
    return t('Your home gives flexibility from {dayAndTime}.', {
      dayAndTime: zone.dayAndTime(Date.parse(one.windowStart)),
    });
  }
  return one.correction > 0
    ? t('Corrected: {euro}, before it is shared with your aggregator.', {
        euro: euro(one.netMicroEur),
      })
    : t('Settled: {euro}, before it is shared with your aggregator.', {
        euro: euro(one.netMicroEur),
      });
}

/** What came since it was looked at last; nothing of the first look, which all is new to. */
export function newSince(
  before: readonly News[] | undefined,
  now: readonly News[],
): readonly News[] {
  if (before === undefined) return [];
  const known = new Set(before.map(({ key }) => key));
  return now.filter(({ key, isRead }) => !isRead && !known.has(key));
}
