/** Small logs for tests: rows that are stored as the event log would store them. */
import type { StoredRow } from '@flexledger/event-store';
import { rowChecksum } from '@flexledger/event-store';
import { canonicalJson, eventHash, uuidFrom } from '@flexledger/identity';
import type { EventCheck, LoggedEvent } from '../logged-event';
import type { CheckFailure } from '../report';

/** What a test says of an event; the rest follows. */
export interface SmallEvent {
  readonly streamId: string;
  readonly type: LoggedEvent['type'];
  readonly data: object;
  readonly occurredAt?: string;
}

const INSTANT = '2026-03-16T10:00:00.000Z';

/** The row with hash and checksum of what it holds now. */
export function rehashed(row: StoredRow): StoredRow {
  const hash = eventHash({ ...row, dataJson: row.data });
  return { ...row, hash, checksum: rowChecksum({ ...row, hash }) };
}

export function smallLog(events: readonly SmallEvent[]): StoredRow[] {
  const revisions = new Map<string, number>();
  return events.map(({ streamId, type, data, occurredAt = INSTANT }, position) => {
    const revision = (revisions.get(streamId) ?? -1) + 1;
    revisions.set(streamId, revision);
    const id = uuidFrom(`event/${position}`);
    const ids = { id, correlationId: uuidFrom('correlation'), causationId: id };
    const times = { occurredAt, recordedAt: occurredAt };
    const stored = { data: canonicalJson(data), hash: '', checksum: '' };
    const place = { position, streamId, revision };
    return rehashed({
      ...place,
      ...ids,
      ...times,
      type,
      schemaVersion: 1,
      actor: 'test',
      ...stored,
    });
  });
}

/** The event in a row. */
export function eventIn(row: StoredRow): LoggedEvent {
  return { ...row, data: JSON.parse(row.data) as object } as unknown as LoggedEvent;
}

/** Shows a check its events and returns what it found. */
export async function failuresOf(
  check: EventCheck,
  rows: readonly StoredRow[],
  afterEach: (event: LoggedEvent) => void = () => {},
): Promise<readonly CheckFailure[]> {
  for (const event of rows.map(eventIn)) {
    if (check.types.includes(event.type)) await check.see(event);
    afterEach(event);
  }
  await check.end?.();
  return check.findings.report().failures;
}
