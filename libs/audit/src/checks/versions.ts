/**
 * Every event is one that this release can read: of a type it knows, in a version up to its own. An
 * event of a newer release is no fault of the log; which release is needed to judge it is what is said.
 * Older versions are read in the shape of today.
 */
import { type StoredRow, UnknownEventVersion, decodeEvent } from '@flexledger/domain';
import type { LoggedEvent } from '../logged-event';
import type { Findings } from '../report';
import type { ExaminedRow } from './hashes';

/** Reads rows. */
export interface VersionCheck {
  /**
   * The event in a row, as it reads today; `newer` when a newer release wrote it; undefined when the row
   * holds none that can be read and does not hold itself, which the hashes tell.
   */
  read(row: StoredRow, examined: ExaminedRow): LoggedEvent | 'newer' | undefined;
}

/** Names each event that is of a newer release. */
export function createVersionCheck(findings: Findings): VersionCheck {
  return {
    read(row, { data, fault }) {
      findings.checked();
      if (!data) return undefined;
      try {
        return decodeEvent({ ...row, data }) as unknown as LoggedEvent;
      } catch (error) {
        if (fault !== undefined) return undefined;
        if (!(error instanceof UnknownEventVersion)) {
          findings.fail(row, `it cannot be read as version ${row.schemaVersion}: ${String(error)}`);
          return undefined;
        }
        findings.fail(row, error.message);
        return 'newer';
      }
    },
  };
}
