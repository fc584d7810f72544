import { createEventDecoder } from '@flexledger/domain';
import type { View } from '../view';
import type { LoggedEvent } from './recorded-log';

export interface Tally {
  readonly who: string;
  readonly sum: number;
  readonly events: number;
}

/** Counts what each name was given; an event twice, or not at all, would show. */
export const tallies: View<Tally> = {
  name: 'tallies',
  version: 1,
  types: ['Given'],
  indexes: ['who'],
  keysOf: ({ data }) => Object.keys(data),
  evolve(doc, { data }, key) {
    const amount = (data as Record<string, number>)[key]!;
    if (amount === 0) return undefined;
    return { who: key, sum: (doc?.sum ?? 0) + amount, events: (doc?.events ?? 0) + 1 };
  },
};

/** A gift to each name; a gift of 0 takes the name off the list. */
export const given = (data: Record<string, number>): LoggedEvent => ({
  streamId: 'gifts',
  type: 'Given',
  data,
});
/** An event no view wants. */
export const noise: LoggedEvent = { streamId: 'noise', type: 'Heard', data: {} };

/** Knows gifts and noise, which are no events of the domain. */
export const decodeGift = createEventDecoder({ versions: { Given: 1, Heard: 1 }, upcasters: [] });
