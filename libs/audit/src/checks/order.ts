/**
 * The log's order: positions that rise, stream revisions without a gap, ids given once, and nothing
 * recorded before it happened. Positions may leave numbers out; that no event is missing between two of
 * them is what the Merkle tree shows. `recordedAt` may go back from one event to the next: a simulated day
 * that was continued on the machine's clock does so at the seam, and the machine's clock may be set
 * back; the order of the log is that of its positions, which the Merkle tree fixes.
 */
import type { Sha256, StoredRow } from '@flexledger/domain';
import { createEventIds } from '../event-ids';
import { isInstant, msFromIso } from '../instant';
import type { Findings, Subject } from '../report';

/** Is shown every row, in the order in which the file has them. */
export interface OrderCheck {
  see(row: StoredRow): void;
  /** A row in whose times nothing was found (`timeFault`). */
  seeTimed(row: Subject & Pick<StoredRow, 'revision'>): void;
}

/** How far a clock may have been set back between an event and its recording. */
const CLOCK_STEP_MS = 60_000;

/** Follows positions, revisions, ids and times; remembers one entry a stream and 16 bytes an id. */
export function createOrderCheck(sha256: Sha256, findings: Findings): OrderCheck {
  const lastRevision = new Map<string, number>();
  const ids = createEventIds(sha256);
  let lastPosition = -1;

  function seeTimed(row: Subject & Pick<StoredRow, 'revision'>): void {
    findings.checked();
    const { position, streamId, revision, id } = row;
    if (!(position > lastPosition)) {
      findings.fail(row, `position ${position} stands after ${lastPosition}`);
    }
    lastPosition = position;
    const expected = (lastRevision.get(streamId) ?? -1) + 1;
    if (revision !== expected) {
      findings.fail(row, `in its stream: ${gap(expected, revision)}`);
    }
    lastRevision.set(streamId, revision);
    if (!ids.add(id)) findings.fail(row, 'its id stands in the log twice');
  }

  return {
    seeTimed,
    see(row) {
      seeTimed(row);
      const fault = timeFault(row);
      if (fault) findings.fail(row, fault);
    },
  };
}

function gap(expected: number, found: number): string {
  if (!(found > expected)) return `revision ${found} stands where ${expected} should`;
  const before = found - 1 > expected ? `${expected} to ${found - 1} are` : `${expected} is`;
  return `revision ${before} missing before it`;
}

/** What is wrong with the times of a row. */
export function timeFault({
  occurredAt,
  recordedAt,
}: Pick<StoredRow, 'occurredAt' | 'recordedAt'>): string | undefined {
  if (!isInstant(occurredAt)) return `its occurredAt "${occurredAt}" is no instant`;
  if (!isInstant(recordedAt)) return `its recordedAt "${recordedAt}" is no instant`;
  const aheadMs = msFromIso(occurredAt) - msFromIso(recordedAt);
  return aheadMs > CLOCK_STEP_MS ? `it was recorded ${aheadMs} ms before it occurred` : undefined;
}
