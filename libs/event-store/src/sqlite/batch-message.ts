/** A batch and what became of it as they go between two threads: flat lists, which are copied far quicker than objects. */
import { EventIdTaken, LogDamaged, RevisionConflict } from '../errors';
import type { ExpectedRevision } from '../port';
import type { PreparedAppend, PreparedEvent } from '../prepare-append';
import type { AppendOutcome, BatchWritten } from './append-batch';

/** Appends, and the members of all their events one after another. */
export interface BatchMessage {
  readonly appends: readonly (readonly [
    streamId: string,
    expected: ExpectedRevision,
    events: number,
    bytes: number,
  ])[];
  /** Of each event `TEXTS`, in their order. */
  readonly texts: readonly string[];
  readonly schemaVersions: readonly number[];
}

/** What became of a batch; `undefined` where another process held the file. */
export interface WrittenMessage {
  readonly outcomes: readonly OutcomeMessage[];
  readonly othersWrote: boolean;
}

type OutcomeMessage =
  | readonly ['appended', revision: number, position: number, isRepeated: boolean]
  | readonly ['conflict', streamId: string, expected: ExpectedRevision, actual: number]
  | readonly ['taken', eventId: string, streamId: string, revision: number]
  | readonly ['damaged', path: string, reason: string];

const TEXTS = 7;

export function batchMessage(batch: readonly PreparedAppend[]): BatchMessage {
  const texts: string[] = [];
  const schemaVersions: number[] = [];
  const appends = batch.map(({ streamId, expected, events, bytes }) => {
    for (const event of events) {
      const { id, type, occurredAt, correlationId, causationId, actor, dataJson } = event;
      texts.push(id, type, occurredAt, correlationId, causationId, actor, dataJson);
      schemaVersions.push(event.schemaVersion);
    }
    return [streamId, expected, events.length, bytes] as const;
  });
  return { appends, texts, schemaVersions };
}

export function batchOf({ appends, texts, schemaVersions }: BatchMessage): PreparedAppend[] {
  let at = 0;
  const next = (): PreparedEvent => {
    const from = TEXTS * at;
    const event: PreparedEvent = {
      id: texts[from]!,
      type: texts[from + 1]!,
      schemaVersion: schemaVersions[at]!,
      occurredAt: texts[from + 2]!,
      correlationId: texts[from + 3]!,
      causationId: texts[from + 4]!,
      actor: texts[from + 5]!,
      dataJson: texts[from + 6]!,
    };
    at += 1;
    return event;
  };
  return appends.map(([streamId, expected, count, bytes]) => ({
    streamId,
    expected,
    events: Array.from({ length: count }, next),
    bytes,
  }));
}

export function writtenMessage({ outcomes, othersWrote }: BatchWritten): WrittenMessage {
  return { outcomes: outcomes.map(outcomeMessage), othersWrote };
}

export function writtenOf({ outcomes, othersWrote }: WrittenMessage): BatchWritten {
  return { outcomes: outcomes.map(outcomeOf), othersWrote };
}

function outcomeMessage(outcome: AppendOutcome): OutcomeMessage {
  if (outcome instanceof RevisionConflict) {
    return ['conflict', outcome.streamId, outcome.expected, outcome.actual];
  }
  if (outcome instanceof EventIdTaken) {
    return ['taken', outcome.eventId, outcome.streamId, outcome.revision];
  }
  if (outcome instanceof LogDamaged) return ['damaged', outcome.path, outcome.reason];
  return ['appended', outcome.revision, outcome.position, outcome.repeated === true];
}

function outcomeOf(outcome: OutcomeMessage): AppendOutcome {
  switch (outcome[0]) {
    case 'appended': {
      const [, revision, position, isRepeated] = outcome;
      return { revision, position, ...(isRepeated && { repeated: true }) };
    }
    case 'conflict':
      return new RevisionConflict(outcome[1], outcome[2], outcome[3]);
    case 'taken':
      return new EventIdTaken(outcome[1], outcome[2], outcome[3]);
    case 'damaged':
      return new LogDamaged(outcome[1], outcome[2]);
  }
}
