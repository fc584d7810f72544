/** What another log showed once, against what it shows now, page by page. */
import {
  type MirrorAlarm,
  type MirroredEvent,
  type ShownEvent,
  differencesOf,
  isOfMirror,
  wellFormed,
} from '@flexledger/domain';
import { documentDigest, sha256Hex } from '@flexledger/identity';
import type { PlatformClient } from '@flexledger/ports';
import { type ForeignEvent, readShown } from './shown-event';

/** What was recorded of a stretch of the other log. */
export interface RecordedStretch {
  /** Positions rise; others than those of the stretch are passed over. */
  readonly events: AsyncIterable<MirroredEvent> | Iterable<MirroredEvent>;
  /** The stretch begins behind this position, which the other log handed out, and ends with `upTo`. */
  readonly after: number;
  readonly upTo: number;
}

const PAGE = 1_000;
/** Of a log with more differences no more are kept: it is another one. */
const ALARMS_AT_MOST = 100;
/** Of what was shown, so much is kept in an alarm: as it is written there, which an append has to take. */
const TEXT_BYTES = 700_000;
const TEXT_CHARACTERS = 400_000;
/** Of a reason: a summary of the record holds five hundred. */
const REASON_CHARACTERS = 500;

/**
 * Reads a stretch again and compares.
 *
 * @throws PlatformUnavailable, DomainError, Error when the other side gives no pages
 */
export async function compareHistory(
  call: PlatformClient,
  { events, after, upTo }: RecordedStretch,
): Promise<readonly MirrorAlarm[]> {
  const alarms: MirrorAlarm[] = [];
  const records = each(events);
  let record = await records.next();
  for (let from: number | null = after; from !== null && from < upTo;) {
    const page: EventPage = await pageAfter(call, from);
    const through = Math.min(page.next ?? Infinity, upTo);
    const known: MirroredEvent[] = [];
    for (; !record.done && record.value.position <= through; record = await records.next()) {
      if (record.value.position > after) known.push(record.value);
    }
    const shown: ShownEvent[] = [];
    for (const item of page.items) {
      const read = readShown(JSON.stringify(item));
      if (typeof read === 'string') alarms.push(unsound(through, read, JSON.stringify(item)));
      else if (read.event.position <= through && !isOfMirror(read.event)) {
        shown.push(asShown(read, 'named'));
      }
    }
    alarms.push(...differencesOf(known, shown));
    if (alarms.length >= ALARMS_AT_MOST) return alarms.slice(0, ALARMS_AT_MOST);
    from = page.next;
  }
  return alarms;
}

interface EventPage {
  readonly items: readonly unknown[];
  readonly next: number | null;
}

async function pageAfter(call: PlatformClient, after: number): Promise<EventPage> {
  const path = `/api/v1/events?after=${after}&limit=${PAGE}`;
  const { items, next } =
    (await call<Partial<EventPage> | undefined>({ method: 'GET', path })) ?? {};
  const goesOn = next === null || (Number.isSafeInteger(next) && next! > after);
  if (Array.isArray(items) && goesOn) return { items, next: next! };
  throw new Error(`there is no page of events at ${path}`);
}

async function* each<Item>(items: AsyncIterable<Item> | Iterable<Item>): AsyncGenerator<Item> {
  for await (const item of items) yield item;
}

/** An event as the record has it. */
export function asShown(
  { event, isPartial, text }: ForeignEvent,
  became: MirroredEvent['became'],
): ShownEvent {
  const { position, id: eventId, type, streamId, revision, recordedAt, hash, data } = event;
  return {
    position,
    eventId,
    type,
    streamId,
    revision,
    recordedAt,
    hash,
    ...(isPartial ? { shownDigest: digestOf(data, text) } : {}),
    became,
    text: evidenceOf(text),
  };
}

/** Of data that has no canonical form it is that of the text. */
function digestOf(data: object, text: string): string {
  try {
    return documentDigest(data);
  } catch {
    return sha256Hex(text);
  }
}

/** What is kept of a text: nothing that no log takes, whoever has sent it. */
function evidenceOf(text: string): string {
  let kept = wellFormed(text.slice(0, TEXT_CHARACTERS));
  while (Buffer.byteLength(JSON.stringify(kept)) > TEXT_BYTES) {
    kept = wellFormed(kept.slice(0, kept.length >> 1));
  }
  return kept;
}

/** That something was shown which is no sound event. */
export function unsound(position: number, reason: string, text: string): MirrorAlarm {
  const said = wellFormed(reason.slice(0, REASON_CHARACTERS)).replace(/\p{Cc}/gu, '\ufffd');
  return { kind: 'unsound', position, reason: said, known: null, shown: evidenceOf(text) };
}
