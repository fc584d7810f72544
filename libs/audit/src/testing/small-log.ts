/**
 * Small logs for tests: rows that are stored as the event log would store them. Pure like the rest, so
 * that the tests of whoever opens a log can use them.
 */
import {
  type Sha256,
  type StoredRow,
  canonicalJson,
  currentVersionOf,
  decodeEvent,
  eventHash,
  rowChecksum,
} from '@flexledger/domain';
import type { ChainSnapshot } from '../chain-snapshot';
import type { EventCheck, LoggedEvent } from '../logged-event';
import type { CheckFailure } from '../report';

/** What a test says of an event; the rest follows. */
export interface SmallEvent {
  readonly streamId: string;
  readonly type: LoggedEvent['type'];
  readonly data: object;
  readonly occurredAt?: string;
  /** The current one of its type when absent. */
  readonly schemaVersion?: number;
}

const INSTANT = '2026-03-16T10:00:00.000Z';

/** The row with hash and checksum of what it holds now. */
export function rehashed(sha256: Sha256, row: StoredRow): StoredRow {
  const hash = eventHash(sha256, { ...row, dataJson: row.data });
  return { ...row, hash, checksum: rowChecksum(sha256, { ...row, hash }) };
}

/** A chain that holds nothing but what is given. */
export function smallChain(holds: Partial<ChainSnapshot>): ChainSnapshot {
  const nothing = {
    anchors: new Map(),
    tokens: new Map(),
    agreements: new Map(),
    access: new Map(),
  };
  return {
    chainId: 1,
    genesisHash: `0x${'0'.repeat(64)}`,
    contracts: new Map(),
    ...nothing,
    ...holds,
  };
}

/** The rows of a log of these events. */
export function storedRowsOf(sha256: Sha256, events: readonly SmallEvent[]): StoredRow[] {
  const revisions = new Map<string, number>();
  return events.map((event, position) => {
    const { streamId, type, data, occurredAt = INSTANT } = event;
    const { schemaVersion = currentVersionOf(type) } = event;
    const revision = (revisions.get(streamId) ?? -1) + 1;
    revisions.set(streamId, revision);
    const id = `event/${position}`;
    const ids = { id, correlationId: 'correlation', causationId: id };
    const times = { occurredAt, recordedAt: occurredAt };
    const stored = { data: canonicalJson(data), hash: '', checksum: '' };
    const place = { position, streamId, revision };
    return rehashed(sha256, {
      ...place,
      ...ids,
      ...times,
      type,
      schemaVersion,
      actor: 'test',
      ...stored,
    });
  });
}

/** The event in a row, as it reads today. */
export function eventIn(row: StoredRow): LoggedEvent {
  return decodeEvent({ ...row, data: JSON.parse(row.data) as object }) as unknown as LoggedEvent;
}

/** Shows a check its events and returns what it found. */
export async function failuresOf(
  check: EventCheck,
  rows: readonly StoredRow[],
  afterEach: (event: LoggedEvent) => void = () => {},
): Promise<readonly CheckFailure[]> {
  for (const row of rows) {
    const event = eventIn(row);
    if (check.types.includes(event.type)) await check.see(event, row);
    afterEach(event);
  }
  await check.end?.();
  return check.findings.report().failures;
}
