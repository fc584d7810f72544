import type { MirrorAlarm, MirroredEvent } from './events';

/** What is held of a place of the other log. */
export type KnownPlace = Pick<MirroredEvent, 'position' | 'eventId' | 'hash' | 'type'>;

/** What is shown at a place now. */
export interface ShownPlace extends KnownPlace {
  /** Word for word. */
  readonly text: string;
}

/**
 * What a stretch of the other log says against what it said before. Both lists are of the same stretch,
 * whole, positions rising.
 */
export function differencesOf(
  known: readonly KnownPlace[],
  shown: readonly ShownPlace[],
): MirrorAlarm[] {
  const before = new Map(known.map((place) => [place.position, place]));
  const now = new Set(shown.map(({ position }) => position));
  const ofShown = shown.flatMap((place) => differenceAt(before.get(place.position), place) ?? []);
  const vanished = known.filter(({ position }) => !now.has(position));
  const alarms = vanished.length === 0 ? ofShown : [...ofShown, vanishedOf(vanished)];
  return alarms.sort((one, other) => one.position - other.position);
}

/** What one place says against what was known of it; undefined when it is as it was. */
export function differenceAt(
  known: KnownPlace | undefined,
  { position, eventId, hash, type, text }: ShownPlace,
): MirrorAlarm | undefined {
  if (!known) {
    const reason =
      `${type} ${eventId} is shown at position ${position}, which was passed before without it; ` +
      'it is kept here and not taken';
    return { kind: 'late', position, reason, known: null, shown: text };
  }
  if (known.eventId === eventId && known.hash === hash) return undefined;
  const reason =
    `at position ${position} stood ${known.type} ${known.eventId} with hash ${known.hash}; now ` +
    `${type} ${eventId} with hash ${hash} does; the first stays, both are kept here`;
  const { eventId: knownId, hash: knownHash } = known;
  return {
    kind: 'changed',
    position,
    reason,
    known: { eventId: knownId, hash: knownHash },
    shown: text,
  };
}

/** One alarm for all, since a log that was restored from last week lacks a week of them. */
function vanishedOf(places: readonly KnownPlace[]): MirrorAlarm {
  const { position, eventId, hash, type } = places[0]!;
  const more = places.length - 1;
  const others = more === 0 ? '' : `, and ${more} more up to position ${places.at(-1)!.position}`;
  const reason =
    `${type} ${eventId} was shown at position ${position} and is shown no more${others}; what was shown ` +
    'stays here';
  return { kind: 'vanished', position, reason, known: { eventId, hash }, shown: null };
}
