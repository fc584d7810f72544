/**
 * Old events for ever: whoever reads what events mean (the fold of a command handler, processors, views,
 * the recomputation of an audit) decodes them first and then knows the current shapes only. Stored
 * bytes and hashes are of the event as it was written; whoever checks those does not decode.
 */
import type { RecordedEvent } from './envelope';
import { eventVersions } from './event-versions';
import { type Upcaster, upcasters } from './upcasters';

/** An event that this release cannot read. It says nothing against the event: a newer release wrote it. */
export class UnknownEventVersion extends Error {
  constructor(
    readonly type: string,
    readonly version: number,
    /** The newest version that this release reads; `undefined` when it does not know the type. */
    readonly newest: number | undefined,
    event: Pick<RecordedEvent, 'id' | 'position'>,
  ) {
    const known =
      newest === undefined
        ? 'this release knows no event of that type'
        : `this release reads it up to version ${newest}`;
    super(
      `The ${type} at position ${event.position} (id ${event.id}) is of version ${version}; ${known}. ` +
        'Use the newer release that wrote it.',
    );
    this.name = 'UnknownEventVersion';
  }
}

/**
 * The event with its `data` as the current version of its type has it, and that version as its
 * `schemaVersion`; all else, `hash` included, is as recorded. An event of the current version is given
 * back as it is.
 *
 * @throws UnknownEventVersion for a version or a type that this release does not know; call it for
 *   events of wanted types only
 */
export type EventDecoder = (event: RecordedEvent) => RecordedEvent;

/** What a release knows of events. */
export interface KnownEvents {
  /** The current version of each type. */
  readonly versions: Readonly<Record<string, number>>;
  readonly upcasters: readonly Upcaster[];
}

/** @throws RangeError when a version has no upcaster to the next, or two, or one leads nowhere */
export function createEventDecoder({ versions, upcasters: steps }: KnownEvents): EventDecoder {
  const stepsOf = new Map(Object.keys(versions).map((type) => [type, ladderOf(type)] as const));

  /** The upcasters of a type, by the version each reads. */
  function ladderOf(type: string): ReadonlyMap<number, Upcaster> {
    const ladder = new Map<number, Upcaster>();
    for (const step of steps) {
      if (step.type !== type) continue;
      if (ladder.has(step.from))
        throw new RangeError(`${type} has two upcasters from ${step.from}.`);
      ladder.set(step.from, step);
    }
    const newest = versions[type]!;
    for (let from = 1; from < newest; from += 1) {
      if (!ladder.has(from)) throw new RangeError(`${type} has no upcaster from version ${from}.`);
    }
    // As many as there are versions before the newest, or one stands before the first or after the last.
    if (ladder.size > newest - 1) {
      throw new RangeError(`${type} is in version ${newest}, an upcaster leads past it.`);
    }
    return ladder;
  }

  return (event) => {
    const { type, schemaVersion } = event;
    const ladder = stepsOf.get(type);
    const newest = ladder && versions[type];
    if (schemaVersion === newest) return event;
    if (newest === undefined || !ladder?.has(schemaVersion)) {
      throw new UnknownEventVersion(type, schemaVersion, newest, event);
    }
    let { data } = event;
    for (let from = schemaVersion; from < newest; from += 1) data = ladder.get(from)!.up(data);
    return { ...event, schemaVersion: newest, data };
  };
}

/** Decodes with all that this release knows. */
export const decodeEvent: EventDecoder = createEventDecoder({ versions: eventVersions, upcasters });
