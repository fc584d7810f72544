/** What two logs do not say alike, put into words. */
import type { RecordedEvent } from '@flexledger/domain';
import { flowOf } from './flow-of';
import type { HeardEvent, MirrorRecord } from './mirror-record';
import { type KeyOfLog, noteOver } from './signed-words';

/**
 * `neverSaid`: one recorded to have been shown what the other's log does not have. `saidOtherwise`: the
 * other's log has something else there. `neverHeard`: the other's log has what it had to show, and the one
 * never recorded it. `otherTime`: the one recorded another time at which the other stored it than the other's log
 * says, by which who was late is told otherwise. `otherRows`: the one recorded other own rows than those of the other's log. `copyAltered`,
 * `copyLost`: what the one took does not stand in its log as it recorded it. `contentAltered`: an event
 * of the other's log does not have its hash. `disowned`: a checkpoint that the other signed is not of its
 * log. `unsigned`: one that it is said to have signed is not signed by it. `alarm`: noticed by the one itself.
 */
export type LogFindingKind =
  | 'neverSaid'
  | 'saidOtherwise'
  | 'neverHeard'
  | 'otherTime'
  | 'otherRows'
  | 'copyAltered'
  | 'copyLost'
  | 'contentAltered'
  | 'disowned'
  | 'unsigned'
  | 'alarm';

/** Something that two logs do not say alike. */
export interface LogFinding {
  readonly kind: LogFindingKind;
  /** In the other's log; null where it is of no one event. */
  readonly position: number | null;
  readonly reason: string;
  /** The side whose own words or signature prove it wrong; null where it is word against word. */
  readonly speaksAgainst: string | null;
  /** What the other's log says, word for word; null when nothing. */
  readonly said: unknown;
  /** What the one's log says of it; null when nothing. */
  readonly heard: unknown;
  /** The signed checkpoint under which it was shown, where the one holds it. */
  readonly signedNote: string | null;
}

const FINDINGS_KEPT = 1_000;

/** Takes findings in. */
export type Findings = ReturnType<typeof createFindings>;

/**
 * Begins with what the one noticed itself.
 *
 * @param keys of the other log; none where it certifies nothing
 */
export function createFindings(
  mirror: string,
  { source, alarms, checkpoints }: MirrorRecord,
  keys: readonly KeyOfLog[],
) {
  const { party } = source;
  const kept: LogFinding[] = [];
  let found = 0;

  function add(finding: LogFinding): void {
    found += 1;
    if (kept.length < FINDINGS_KEPT) kept.push(finding);
  }
  /** What the one heard and the other denies: the other's signature decides, where there is one. */
  function denied(
    kind: LogFindingKind,
    heard: HeardEvent,
    event: RecordedEvent | null,
    has: string,
  ): void {
    // A signature is over the whole event and says nothing of the rows that were shown of it.
    const note = kind === 'otherRows' ? undefined : noteOver(heard, checkpoints, keys);
    const proof = note
      ? `, though ${mirror} has signed a checkpoint that holds what ${party} recorded`
      : '';
    add({
      kind,
      position: heard.position,
      reason: `${party} recorded at ${heard.heardAt} that ${mirror} showed it ${named(heard)}; ${has}${proof}`,
      speaksAgainst: note ? mirror : null,
      said: event,
      heard,
      signedNote: note ?? null,
    });
  }
  /** What the one did with its own copy, against its own record. */
  function ofCopy(
    kind: LogFindingKind,
    event: RecordedEvent,
    heard: HeardEvent,
    what: string,
    copy: object | null,
  ): void {
    const reason =
      `${party} recorded at ${heard.heardAt} that it took ${named(heard)} from ${mirror}, whose log has it ` +
      `as recorded; ${what}`;
    add({
      kind,
      position: event.position,
      reason,
      speaksAgainst: party,
      said: event,
      heard: { ...heard, copy },
      signedNote: noteOver(heard, checkpoints, keys) ?? null,
    });
  }

  for (const alarm of alarms) {
    add({
      kind: 'alarm',
      position: alarm.position,
      reason: `${party} noticed itself of ${mirror} (${alarm.kind}): ${alarm.reason}`,
      speaksAgainst: null,
      said: alarm.shown,
      heard: alarm.known,
      signedNote: null,
    });
  }
  return {
    add,
    keys,
    neverSaid: (heard: HeardEvent) =>
      denied('neverSaid', heard, null, `the log of ${mirror} has no event there`),
    saidOtherwise: (event: RecordedEvent, heard: HeardEvent) =>
      denied(
        'saidOtherwise',
        heard,
        event,
        `the log of ${mirror} has ${event.type} ${event.id} with hash ${event.hash} there`,
      ),
    // A signature is over the content, of which the time of storing is no part.
    otherTime: (event: RecordedEvent, heard: HeardEvent) =>
      add({
        kind: 'otherTime',
        position: event.position,
        reason:
          `${party} recorded at ${heard.heardAt} that ${mirror} showed it ${named(heard)} as stored at ` +
          `${heard.recordedAt}; the log of ${mirror} says ${event.recordedAt}`,
        speaksAgainst: null,
        said: event,
        heard,
        signedNote: noteOver(heard, checkpoints, keys) ?? null,
      }),
    otherRows: (event: RecordedEvent, heard: HeardEvent) =>
      denied(
        'otherRows',
        heard,
        event,
        `of that event the log of ${mirror} has other rows for ${party} than those recorded`,
      ),
    contentAltered: (event: RecordedEvent, heard: HeardEvent) =>
      add({
        kind: 'contentAltered',
        position: event.position,
        reason:
          `the ${event.type} ${event.id} at position ${event.position} of ${mirror} does not have the hash that ` +
          `it names; ${party} recorded ${named(heard)}`,
        speaksAgainst: mirror,
        said: event,
        heard,
        signedNote: noteOver(heard, checkpoints, keys) ?? null,
      }),
    neverHeard: (event: RecordedEvent) =>
      add({
        kind: 'neverHeard',
        position: event.position,
        reason:
          `${mirror} says that it showed ${party} ${named({ ...event, eventId: event.id })} from ` +
          `${event.recordedAt} on; ${party} never had it`,
        speaksAgainst: null,
        said: event,
        heard: null,
        signedNote: null,
      }),
    copyLost: (event: RecordedEvent, heard: HeardEvent) =>
      ofCopy('copyLost', event, heard, `it stands in the log of ${party} no more`, null),
    copyAltered: (event: RecordedEvent, heard: HeardEvent, copy: object) =>
      ofCopy('copyAltered', event, heard, `in the log of ${party} stands something else`, copy),
    sum: () => ({ findings: kept, found }),
  };
}

/** `flow 3 (OutcomeSentForValidation ...)`, as far as it is one. */
function named(event: Pick<HeardEvent, 'type' | 'eventId' | 'position' | 'hash'>): string {
  const flow = flowOf(event.type);
  const what = `${event.type} ${event.eventId} at position ${event.position}, hash ${event.hash}`;
  return flow === undefined ? what : `flow ${flow} (${what})`;
}
