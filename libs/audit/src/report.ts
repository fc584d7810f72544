/** What an audit found: one entry a check, its failures by event. */
import type { RecordedEvent } from '@flexledger/domain';
import type { ContractsOfLog, LogKeys, SeenCheckpoint } from './trust-policy';

/** The checks in the order in which they are told. */
export const CHECK_NAMES = [
  'hashes',
  'versions',
  'order',
  'gates',
  'signatures',
  'checkpoints',
  'inclusion',
  'anchors',
  'times',
  'trust',
  'clearing',
  'validation',
  'settlement',
  'agreements',
  'access',
  'tokens',
] as const;

/** One of `CHECK_NAMES`. */
export type CheckName = (typeof CHECK_NAMES)[number];

/** Something that does not hold, with the event it was found at where there is one. */
export interface CheckFailure {
  readonly position?: number;
  readonly eventId?: string;
  readonly streamId?: string;
  readonly type?: string;
  readonly reason: string;
}

/** What one check did and found. */
export interface CheckReport {
  readonly name: CheckName;
  readonly ok: boolean;
  /** How many things were checked: rows, signatures, proofs, clearings... */
  readonly count: number;
  /** How many of them failed, and what kept the check from running. */
  readonly failed: number;
  /** The first `FAILURES_KEPT`, by position; what is of no one event comes last. */
  readonly failures: readonly CheckFailure[];
  /** What was left out, and why that is no failure. */
  readonly note?: string;
}

/** All checks; `ok` when each of them is. */
export interface AuditReport {
  readonly ok: boolean;
  readonly checks: readonly CheckReport[];
  /** What could be otherwise although every check is ok, in words for people. */
  readonly notExcluded: readonly string[];
  /** The last checkpoint of the log, for the trust file to remember when all is ok. */
  readonly lastCheckpoint: SeenCheckpoint | null;
  /** The keys that have signed the log, for the trust file to follow when all is ok; null where it names none. */
  readonly logKeys: LogKeys | null;
  /** Contracts that the log went on to since those of the trust file, for it to follow when all is ok; null where none. */
  readonly contracts: ContractsOfLog | null;
}

/** How a check begins to say that it could not be done; then comes the reason. */
export const NOT_RUN = 'not run: ';

/** Failures told one by one; further ones are counted. */
export const FAILURES_KEPT = 20;

/** The event a failure is found at. */
export type Subject = Pick<RecordedEvent, 'position' | 'id' | 'streamId' | 'type'>;

/** Where one check writes down what it does. */
export interface Findings {
  /** So many more things were checked. */
  checked(count?: number): void;
  fail(subject: Subject | undefined, reason: string): void;
  note(text: string): void;
  report(): CheckReport;
}

/** Empty findings of a check. */
export function createFindings(name: CheckName): Findings {
  const failures: CheckFailure[] = [];
  const notes: string[] = [];
  let count = 0;
  let failed = 0;
  return {
    checked(more = 1) {
      count += more;
    },
    fail(subject, reason) {
      failed += 1;
      if (failures.length < FAILURES_KEPT) failures.push({ ...namesOf(subject), reason });
    },
    note: (text) => void notes.push(text),
    report: () => ({
      name,
      ok: failed === 0,
      count,
      failed,
      failures: failures.sort((a, b) => (a.position ?? Infinity) - (b.position ?? Infinity) || 0),
      ...(notes.length > 0 ? { note: notes.join('; ') } : {}),
    }),
  };
}

function namesOf(subject: Subject | undefined): Omit<CheckFailure, 'reason'> {
  if (!subject) return {};
  const { position, id: eventId, streamId, type } = subject;
  return { position, eventId, streamId, type };
}
