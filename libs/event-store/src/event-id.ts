/**
 * Ids of events that follow from a command: a UUID of version 8 (RFC 9562) in which the command is
 * recognised, so that a command that comes again is found in a stream by the ids that stand there.
 *
 * | bits     | what                                                                              |
 * | -------- | --------------------------------------------------------------------------------- |
 * | 0..47    | the command: first 48 bits of SHA-256 over its id                                 |
 * | 48..51   | version 8                                                                         |
 * | 52..63   | the command: the next 12 bits                                                     |
 * | 64..65   | variant, binary 10                                                                |
 * | 66       | 1 in the last event of the command                                                |
 * | 67..127  | 61 bits of SHA-256 over the command's id, the event's index in it and its content |
 *
 * Two commands are taken for one with a chance of 2^-60 in a stream. Ids that were given otherwise (by
 * release 0.1.0, by hand) look like those of commands that nobody gives.
 *
 * A command that may recur is not looked for, so the ids of its events begin with their instant instead (bits 0..47:
 * milliseconds since 1970, as in version 7), and 73 bits of SHA-256 follow. So an index of ids grows at its end:
 * where ids have no order each packet of a meter writes a page of it for itself, and reads it first in a log larger
 * than the memory.
 */
import { sha256Hex } from '@flexledger/identity';
import { msFromIso } from '@flexledger/runtime';

/** Of the command that an event's id follows from. */
export interface CommandOfEvent {
  readonly commandId: string;
  /** Digest of what was asked from outside; absent where the id says it all. */
  readonly content?: string | undefined;
}

/** The first 60 bits that the ids of all events of one command share, as 15 hex characters. */
export function commandMark(commandId: string): string {
  return sha256Hex(commandId).slice(0, MARK_LENGTH);
}

/** The mark of the command that an event's id follows from. */
export function markOf(eventId: string): string {
  return eventId.slice(0, 8) + eventId.slice(9, 13) + eventId.slice(15, 18);
}

/** Whether the event is the last of its command. */
export function isLastOfCommand(eventId: string): boolean {
  return (parseInt(eventId[19]!, 16) & 0b0010) !== 0;
}

/** The id of the event at `index` (from 0) of a command. */
export function eventIdOf(command: CommandOfEvent, index: number, isLast: boolean): string {
  const mark = commandMark(command.commandId);
  // The length parts the id from the content, whatever characters they are made of.
  const { commandId, content = '' } = command;
  const rest = sha256Hex(`${commandId.length}/${commandId}/${index}/${content}`);
  return `${mark.slice(0, 8)}-${mark.slice(8, 12)}-8${mark.slice(12)}-${lowerHalf(rest, isLast)}`;
}

/** Bits 64..127, of 61 bits of a hash. */
function lowerHalf(hash: string, isLast: boolean): string {
  const first = 0b1000 | (isLast ? 0b0010 : 0) | (parseInt(hash[0]!, 16) & 0b0001);
  return `${first.toString(16)}${hash.slice(1, 4)}-${hash.slice(4, 16)}`;
}

/** What the ids of a command's events follow from where it may recur: each time another. */
export function recurringId(commandId: string, revision: number): string {
  return `${commandId}/${revision + 1}`;
}

/** An event of a command that may recur. */
export interface RecurringEvent {
  /** By `recurringId`. */
  readonly recurringId: string;
  /** From 0, among the events of the command. */
  readonly index: number;
  readonly isLast: boolean;
  /** ISO 8601 UTC. */
  readonly occurredAt: string;
}

/** The id of such an event. */
export function recurringEventId({ occurredAt, isLast, ...event }: RecurringEvent): string {
  const instant = msFromIso(occurredAt).toString(16).padStart(INSTANT_LENGTH, '0');
  const rest = sha256Hex(`${event.recurringId.length}/${event.recurringId}/${event.index}/`);
  const time = `${instant.slice(0, 8)}-${instant.slice(8)}`;
  return `${time}-8${rest.slice(16, 19)}-${lowerHalf(rest, isLast)}`;
}

/** Whether an event is the first of a command with this content; the ids' marks are equal already. */
export function isFirstOf(command: CommandOfEvent, eventId: string): boolean {
  return eventIdOf(command, 0, isLastOfCommand(eventId)) === eventId;
}

const MARK_LENGTH = 15;
/** Hex characters of 48 bits. */
const INSTANT_LENGTH = 12;
